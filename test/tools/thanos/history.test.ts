/**
 * History end to end: real Prometheus servers, sidecars, store gateway, query, query-frontend and an S3 server, with the
 * arguments and files that the components generate, and the generated policies in force.
 */
import { rmSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { dashboards } from "../../../dashboards/index.ts";
import { readBoard } from "../../../local/dashboards/data.ts";
import { previewBoard } from "../../../local/dashboards/model.ts";
import { Decision } from "../../support/iam.ts";
import { freePort, get, serveExpositions, until, type Program } from "../../support/programs.ts";
import {
  endpointsOf,
  generate,
  ObjectStore,
  objectStoreFileOf,
  Process,
  queryRange,
  Runner,
  storageArgs,
  workload,
  type BlockMeta,
  type RunningProgram,
} from "../../support/thanos.ts";

/** Length of blocks: two hours in production. */
const BLOCK_SECONDS = 20;
/** How long the object store is away; docs/reliability.md tells what was seen of five minutes. */
const OUTAGE_SECONDS = Number(process.env["OUTAGE_SECONDS"] ?? 60);
const HOST = "127.0.0.1";
const REPLICAS = ["a", "b"] as const;

const store = new ObjectStore();
const runner = new Runner();
let target: Program;
let frontend: RunningProgram;
let query: RunningProgram;
const servers = new Map<string, { prometheus: Process; sidecar: Process; ports: Ports }>();

interface Ports {
  prometheus: number;
  http: number;
  grpc: number;
}

/** Generated object-store file of a program behind its own proxy. */
async function objectStoreOf(name: string, program: "sidecar" | "store" | "compactor"): Promise<string> {
  const proxy = await store.proxyOf(name, program);
  return objectStoreFileOf(await generate(storageArgs(proxy.address)));
}

/** Addresses of Thanos' programs, which come one after another, as Prometheus discovers them. */
const programs = new Map<string, string>();
function scraped(): string {
  const targets = [...programs].map(([pod, address]) => ({
    targets: [address.replace("http://", "")],
    labels: { namespace: "monitoring", pod },
  }));
  return runner.file("thanos.json", JSON.stringify(targets));
}

/** A Prometheus replica with its sidecar, as the operator starts them for short blocks. */
async function startReplica(replica: string, ports: Ports): Promise<void> {
  const data = path.join(runner.folder, `prometheus-${replica}`);
  const config = runner.file(
    `prometheus-${replica}.yml`,
    stringify({
      global: {
        scrape_interval: "1s",
        external_labels: { cluster: "test", prometheus_replica: replica },
      },
      scrape_configs: [
        { job_name: "target", static_configs: [{ targets: [target.address] }] },
        { job_name: "thanos", file_sd_configs: [{ files: [scraped()], refresh_interval: "1s" }] },
      ],
    }),
  );
  const prometheus = runner.track(
    new Process("prometheus", [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--storage.tsdb.min-block-duration=${String(BLOCK_SECONDS)}s`,
      `--storage.tsdb.max-block-duration=${String(BLOCK_SECONDS)}s`,
      `--web.listen-address=${HOST}:${String(ports.prometheus)}`,
      "--web.enable-lifecycle",
    ]),
  );
  await until(90, () => get(`http://${HOST}:${String(ports.prometheus)}/-/ready`));
  const objectStore = runner.file(
    `sidecar-${replica}/objstore.yml`,
    await objectStoreOf(`sidecar-${replica}`, "sidecar"),
  );
  const sidecar = runner.track(
    new Process("thanos", [
      "sidecar",
      `--prometheus.url=http://${HOST}:${String(ports.prometheus)}`,
      `--tsdb.path=${data}`,
      `--objstore.config-file=${objectStore}`,
      `--http-address=${HOST}:${String(ports.http)}`,
      `--grpc-address=${HOST}:${String(ports.grpc)}`,
    ]),
  );
  servers.set(replica, { prometheus, sidecar, ports });
  programs.set(`prometheus-${replica}`, `${HOST}:${String(ports.http)}`);
  await until(90, () => get(`http://${HOST}:${String(ports.http)}/-/ready`));
}

async function stopReplica(replica: string, signal: NodeJS.Signals): Promise<void> {
  const server = servers.get(replica);
  await Promise.all([server?.prometheus.stop(signal), server?.sidecar.stop(signal)]);
}

const blocksOf = (replica: string): BlockMeta[] =>
  store
    .blocks()
    .filter(({ thanos }) => thanos.labels["prometheus_replica"] === replica)
    .sort((a, b) => a.minTime - b.minTime);

/** End of what a replica has uploaded, in seconds. */
const uploadedUntil = (replica: string): number => (blocksOf(replica).at(-1)?.maxTime ?? 0) / 1000;

/** Waits until a replica's blocks reach a time. */
async function waitForUpload(replica: string, time: number, seconds = 300): Promise<void> {
  await until(seconds, () => {
    if (uploadedUntil(replica) >= time) return Promise.resolve();
    const log = servers.get(replica)?.sidecar.log.slice(-1500) ?? "";
    return Promise.reject(
      new Error(`${replica}: ${String(uploadedUntil(replica))} of ${String(time)}\n${log}`),
    );
  });
}

const now = (): number => Math.floor(Date.now() / 1000);

/**
 * Seconds of a range before which a merged query has no sample for a quarter of the minute that is lost.
 *
 * Where query goes from one replica to the other it leaves out what lies nearer than twice the distance of samples, and
 * at least five seconds, so that a counter is not counted twice: with a sample a second that would look like a gap.
 */
async function gaps(start: number, end: number): Promise<number[]> {
  const found = await queryRange(frontend.http, 'count_over_time(demo_requests_total{cluster="test"}[15s])', {
    start,
    end,
    step: 1,
  });
  expect(found.map(({ metric }) => metric["prometheus_replica"])).toEqual([undefined]);
  const there = new Set(found[0]?.values.map(([time]) => time));
  return Array.from({ length: end - start + 1 }, (_, index) => start + index).filter(
    (time) => !there.has(time),
  );
}

beforeAll(async () => {
  await store.start();
  target = await serveExpositions({ "/metrics": "demo_requests_total 1\n" });
  const ports: Ports[] = [];
  for (const replica of REPLICAS) {
    const own = { prometheus: await freePort(), http: await freePort(), grpc: await freePort() };
    ports.push(own);
    await startReplica(replica, own);
  }
  const proxy = await store.proxyOf("store", "store");
  const manifests = await generate(storageArgs(proxy.address, { store: { syncInterval: "5s" } }));
  const gateway = await runner.start(workload(manifests, "thanos-store"), {
    objectStore: objectStoreFileOf(manifests),
  });
  // The generated file names Services; here they are processes.
  expect(endpointsOf(manifests)).toEqual([
    "dnssrv+_grpc._tcp.prometheus-operated.monitoring.svc",
    "dnssrv+_grpc._tcp.thanos-store.monitoring.svc",
  ]);
  query = await runner.start(workload(manifests, "thanos-query"), {
    endpoints: [...ports.map(({ grpc }) => `${HOST}:${String(grpc)}`), gateway.grpc],
  });
  frontend = await runner.start(workload(manifests, "thanos-query-frontend"), {
    replace: { "http://thanos-query.monitoring.svc:10902": query.http },
  });
  programs.set("thanos-store-0", gateway.http).set("thanos-query-0", query.http);
  scraped();
}, 600_000);

afterAll(async () => {
  await runner.stop();
  await target.stop();
  await store.stop();
}, 120_000);

describe("history", () => {
  let begun = 0;
  let beforeLoss = 0;

  it("arrives in the object store as blocks of both replicas", async () => {
    await waitForUpload("a", 1);
    await waitForUpload("b", 1);
    // Whole seconds: the query-frontend aligns a range with its step.
    const starts = REPLICAS.map((replica) => (blocksOf(replica)[0]?.minTime ?? 0) / 1000);
    begun = Math.ceil(Math.max(...starts)) + 15;
    for (const block of store.blocks()) {
      expect(block.thanos.labels["cluster"]).toBe("test");
      expect(block.maxTime - block.minTime).toBeLessThanOrEqual(BLOCK_SECONDS * 1000);
      expect(block.stats.numSamples).toBeGreaterThan(0);
    }
  });

  it(
    "has no gap, and every series once, when a replica is killed and the store is down",
    async () => {
      const down = now();
      await stopReplica("a", "SIGKILL");
      await store.kill();
      await sleep(OUTAGE_SECONDS * 1000);
      await store.start();
      const ports = servers.get("a")?.ports;
      if (ports === undefined) throw new Error("replica a has been started");
      await startReplica("a", ports);
      const up = now();
      // What the other replica has scraped meanwhile comes after all, and what is scraped from now on.
      await waitForUpload("b", up);
      await waitForUpload("a", up + 5);
      const uploaded = blocksOf("b").filter(({ maxTime }) => maxTime / 1000 > down && maxTime / 1000 < up);
      expect(uploaded.length).toBeGreaterThan(1);
      expect(await gaps(begun, up)).toEqual([]);
      const apart = await queryRange(
        frontend.http,
        "demo_requests_total",
        { start: begun, end: up, step: 1 },
        { dedup: "false" },
      );
      expect(apart.map(({ metric }) => metric["prometheus_replica"]).sort()).toEqual([...REPLICAS]);
      beforeLoss = Math.floor(Math.min(...REPLICAS.map(uploadedUntil))) - 2;
    },
    (240 + OUTAGE_SECONDS) * 1000,
  );

  it("leaves no panel on Thanos empty", async () => {
    const proxy = await store.proxyOf("compactor", "compactor");
    const manifests = await generate(storageArgs(proxy.address));
    const compactor = await runner.start(workload(manifests, "thanos-compactor"), {
      objectStore: objectStoreFileOf(manifests),
    });
    programs.set("thanos-compactor-0", compactor.http);
    scraped();
    const board = previewBoard(dashboards().find(({ name }) => name === "monitoring")?.dashboard);
    const url = `http://${HOST}:${String(servers.get("a")?.ports.prometheus)}`;
    await until(60, async () => {
      const { sections } = await readBoard(board, { url, end: now(), range: 60, scrapeInterval: 1 });
      const thanos = sections.find(({ title }) => title.startsWith("Thanos"))?.panels ?? [];
      const states = thanos.map(({ panel, state, reason }) => `${panel.title}: ${state} ${reason}`.trim());
      expect(states).toEqual(thanos.map(({ panel }) => `${panel.title}: drawn`));
      expect(states.length).toBeGreaterThan(9);
    });
  });

  it("is answered through the query-frontend after the disks of Prometheus are gone", async () => {
    for (const replica of REPLICAS) {
      await stopReplica(replica, "SIGKILL");
      rmSync(path.join(runner.folder, `prometheus-${replica}`), { recursive: true, force: true });
    }
    // The store gateway looks for new blocks every five seconds here, and query for lost sidecars.
    await until(90, async () => {
      expect(await gaps(begun, beforeLoss)).toEqual([]);
    });
    // Nobody but the store gateway can have answered.
    for (const replica of REPLICAS) {
      const port = String(servers.get(replica)?.ports.prometheus);
      await expect(get(`http://${HOST}:${port}/-/ready`)).rejects.toThrow();
    }
  });

  it("was written and read with the rights of the roles alone, none of which lacked one", () => {
    const denied = [...store.proxies].flatMap(([name, { requests }]) =>
      requests
        .filter(({ decision }) => decision !== Decision.Allowed)
        .map(({ action, resource }) => `${name}: ${action} on ${resource}`),
    );
    expect([...new Set(denied)]).toEqual([]);
    const actions = (name: string) =>
      [...new Set(store.proxies.get(name)?.requests.map(({ action }) => action))].sort();
    expect(actions("store")).toEqual(["s3:GetObject", "s3:ListBucket"]);
    for (const replica of REPLICAS) {
      expect(actions(`sidecar-${replica}`)).toContain("s3:PutObject");
      expect(actions(`sidecar-${replica}`)).not.toContain("s3:DeleteObject");
    }
  });
});
