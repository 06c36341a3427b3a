/**
 * The compactor on five weeks of blocks: it merges, downsamples, and deletes what is too old and nothing else, with the
 * rights of its role in force. The blocks are made from a file; the S3 server and the programs are real.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import * as path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { ThanosProgram } from "../../../components/object-store/policies.ts";
import { toolPath } from "../../../local/toolchain/tools.ts";
import { Decision } from "../../support/iam.ts";
import { until } from "../../support/programs.ts";
import {
  generate,
  ObjectStore,
  objectStoreFileOf,
  PREFIX,
  Process,
  queryRange,
  Runner,
  storageArgs,
  workload,
  BUCKET,
  type RunningProgram,
} from "../../support/thanos.ts";

const DAY = 86_400_000;
/** Two weeks, to which the compactor aligns its largest blocks. */
const WINDOW = 14 * DAY;
const RAW = 0;
const FIVE_MINUTES = 300_000;
const ONE_HOUR = 3_600_000;
/** Days of history before now, and of it that are kept: the least that downsampling can live with, and a little more. */
const DAYS = 34;
const RAW_DAYS = 10;
const FIVE_MINUTE_DAYS = 20;
/** Seconds between samples. */
const STEP = 900;
const SERIES = 3;

const store = new ObjectStore();
const runner = new Runner();
const now = Date.now();
let compactor: RunningProgram;

async function objectStoreOf(name: string, program: ThanosProgram): Promise<string> {
  const proxy = await store.proxyOf(name, program);
  return objectStoreFileOf(await generate(storageArgs(proxy.address)));
}

/** Counters that grow by one a second, as OpenMetrics. */
function openMetrics(from: number, to: number): string {
  const lines = ["# TYPE demo_requests counter"];
  for (let series = 0; series < SERIES; series += 1)
    for (let time = from; time < to; time += STEP * 1000)
      lines.push(
        `demo_requests_total{series="${String(series)}"} ${String((time - first) / 1000)} ${String(time / 1000)}`,
      );
  return `${lines.join("\n")}\n# EOF\n`;
}

const first = Math.ceil((now - DAYS * DAY) / (2 * DAY)) * 2 * DAY;
const last = Math.floor((now - DAY / 2) / (2 * DAY)) * 2 * DAY;

beforeAll(async () => {
  await store.start();
  const blocks = path.join(runner.folder, "blocks");
  mkdirSync(blocks);
  // Blocks of six hours, which meet at every boundary of two days and two weeks, as those of Prometheus do. promtool reads
  // its whole input once for each block.
  for (let from = first; from < last; from += 2 * DAY) {
    const file = runner.file("history.om", openMetrics(from, from + 2 * DAY));
    const made = spawnSync(
      toolPath("promtool"),
      ["tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=6h", "--quiet", file, blocks],
      { encoding: "utf8" },
    );
    expect(made.status, made.stderr).toBe(0);
  }
  const objectStore = runner.file("upload/objstore.yml", await objectStoreOf("upload", "sidecar"));
  const uploaded = spawnUpload(objectStore, blocks);
  expect(await uploaded.ended(), uploaded.log).toBe(0);
}, 600_000);

/** As a sidecar does, with its rights. */
function spawnUpload(objectStore: string, blocks: string): Process {
  return runner.track(
    new Process("thanos", [
      "tools",
      "bucket",
      "upload-blocks",
      `--objstore.config-file=${objectStore}`,
      `--path=${blocks}`,
      '--label=cluster="test"',
      '--label=prometheus_replica="a"',
    ]),
  );
}

afterAll(async () => {
  await runner.stop();
  await store.stop();
}, 120_000);

const live = () => {
  const marked = new Set(store.marked());
  return store.blocks().filter(({ ulid }) => !marked.has(ulid));
};
const ofResolution = (resolution: number) =>
  live()
    .filter(({ thanos }) => thanos.downsample.resolution === resolution)
    .sort((a, b) => a.minTime - b.minTime);

describe("the compactor", () => {
  it("can do nothing with the rights of the store gateway", async () => {
    const proxy = await store.proxyOf("reader", "store");
    const manifests = await generate(storageArgs(proxy.address));
    const reader = await runner.start(workload(manifests, "thanos-compactor"), {
      objectStore: objectStoreFileOf(manifests),
      replace: { "--consistency-delay=30m": "--consistency-delay=1s" },
    });
    await until(180, () => {
      const refused = proxy.requests.some(
        ({ action, decision }) => action === "s3:PutObject" && decision === Decision.ImplicitlyDenied,
      );
      return refused ? Promise.resolve() : Promise.reject(new Error(reader.process.log.slice(-1500)));
    });
    await reader.process.stop();
    expect(store.marked()).toEqual([]);
    expect(live().every(({ thanos }) => thanos.downsample.resolution === RAW)).toBe(true);
  });

  it("merges, downsamples, and deletes by resolution", async () => {
    const before = live();
    expect(before.length).toBeGreaterThan(100);
    const proxy = await store.proxyOf("compactor", "compactor");
    const manifests = await generate(
      storageArgs(proxy.address, {
        compactor: {
          retention: {
            raw: `${String(RAW_DAYS)}d`,
            fiveMinutes: `${String(FIVE_MINUTE_DAYS)}d`,
            oneHour: "0d",
          },
          consistencyDelay: "1s",
          deleteDelay: "1s",
          waitInterval: "5s",
        },
      }),
    );
    compactor = await runner.start(workload(manifests, "thanos-compactor"), {
      objectStore: objectStoreFileOf(manifests),
    });
    await until(800, async () => {
      if (!compactor.process.isRunning) throw new Error(compactor.process.log.slice(-3000));
      const hourly = ofResolution(ONE_HOUR);
      const old = ofResolution(RAW).filter(({ maxTime }) => maxTime < now - RAW_DAYS * DAY);
      const oldFive = ofResolution(FIVE_MINUTES).filter(
        ({ maxTime }) => maxTime < now - FIVE_MINUTE_DAYS * DAY,
      );
      const done =
        hourly.length > 0 && old.length === 0 && oldFive.length === 0 && store.marked().length === 0;
      if (!done)
        throw new Error(
          `${String(hourly.length)} hourly, ${String(old.length)} raw and ${String(oldFive.length)} five-minute blocks too old, ${String(store.marked().length)} marked\n${compactor.process.log.slice(-1500)}`,
        );
      await Promise.resolve();
    });
    expect(live().some(({ maxTime, minTime }) => maxTime - minTime > 12 * DAY)).toBe(true);
    expect(live().some(({ compaction }) => compaction.level > 1)).toBe(true);
  }, 900_000);

  it("kept everything that is not too old", () => {
    // A block ends with its last point, which lies up to a step before the window's end.
    const slack = (resolution: number) => Math.max(resolution, STEP * 1000) + 1;
    /** Time that the blocks of a resolution reach from another time on without a hole. */
    const reach = (resolution: number, from: number): number =>
      ofResolution(resolution).reduce(
        (reached, { minTime, maxTime }) =>
          minTime <= reached + slack(resolution) ? Math.max(reached, maxTime) : reached,
        from,
      );
    const covers = (resolution: number, from: number, to: number) =>
      reach(resolution, from) >= to - slack(resolution);
    const windowOf = (time: number) => Math.ceil(time / WINDOW) * WINDOW;
    expect(covers(RAW, now - RAW_DAYS * DAY, last)).toBe(true);
    // Five-minute points exist for windows of two days that another one follows.
    expect(covers(FIVE_MINUTES, now - FIVE_MINUTE_DAYS * DAY, last - 2 * DAY)).toBe(true);
    // Hourly points exist for whole windows of two weeks.
    expect(covers(ONE_HOUR, windowOf(first), Math.floor(last / WINDOW) * WINDOW)).toBe(true);
  });

  it("answers for all of it through store gateway, query and query-frontend", async () => {
    const proxy = await store.proxyOf("store", "store");
    const manifests = await generate(storageArgs(proxy.address, { store: { syncInterval: "5s" } }));
    const gateway = await runner.start(workload(manifests, "thanos-store"), {
      objectStore: objectStoreFileOf(manifests),
    });
    const query = await runner.start(workload(manifests, "thanos-query"), { endpoints: [gateway.grpc] });
    const frontend = await runner.start(workload(manifests, "thanos-query-frontend"), {
      replace: { "http://thanos-query.monitoring.svc:10902": query.http },
    });
    const start = Math.ceil(first / WINDOW) * WINDOW;
    // A step of 6 hours is answered from hourly points, where there are some.
    await until(240, async () => {
      const found = await queryRange(frontend.http, "sum(rate(demo_requests_total[6h]))", {
        start: start / 1000 + 6 * 3600,
        end: last / 1000 - 6 * 3600,
        step: 6 * 3600,
      });
      expect(found).toHaveLength(1);
      const expected = Math.floor((last - start - 12 * 3_600_000) / (6 * 3_600_000)) + 1;
      expect(found[0]?.values.length).toBe(expected);
      for (const [, value] of found[0]?.values ?? []) expect(Number(value)).toBeCloseTo(SERIES, 0);
    });
  });

  it("had the rights that it needed, and used them within the prefix only", () => {
    const requests = store.proxies.get("compactor")?.requests ?? [];
    const denied = requests.filter(({ decision }) => decision !== Decision.Allowed);
    expect([...new Set(denied.map(({ action, resource }) => `${action} on ${resource}`))]).toEqual([]);
    const actions = new Set(requests.map(({ action }) => action));
    expect([...actions].sort()).toEqual(["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]);
    const uploads = store.proxies.get("upload")?.requests ?? [];
    expect(uploads.filter(({ decision }) => decision !== Decision.Allowed)).toEqual([]);
  });

  it("is the only one that can delete: an uploader is refused", async () => {
    const proxy = await store.proxyOf("upload", "sidecar");
    const [block] = live();
    const answer = await fetch(`http://${proxy.address}/${BUCKET}/${PREFIX}/${block?.ulid ?? ""}/meta.json`, {
      method: "DELETE",
    });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("AccessDenied");
    expect(live().map(({ ulid }) => ulid)).toContain(block?.ulid);
  });
});
