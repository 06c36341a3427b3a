/** What long-term storage and remote write of a large fleet cost. */
import { spawnSync } from "node:child_process";
import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { remoteWriteQueue } from "../components/kube-prometheus/remote-write-queue.ts";
import { parseQuantity } from "../components/support/quantity.ts";
import { dashboards } from "../dashboards/index.ts";
import { fillIn, variableValues } from "../local/dashboards/data.ts";
import { previewBoard } from "../local/dashboards/model.ts";
import { toolPath } from "../local/toolchain/tools.ts";
import { at } from "../test/support/mocks.ts";
import { startPrometheus, type PrometheusProgram } from "../test/support/programs.ts";
import {
  generate,
  ObjectStore,
  objectStoreFileOf,
  queryRange,
  Runner,
  storageArgs,
  workload,
  type RunningProgram,
} from "../test/support/thanos.ts";
import { LARGE_FLEET, seriesPerReplica, startFleet, told } from "./fleet-data.ts";
import { rulesOf, settingsOf } from "./fleet-rules.ts";
import type { Measurement } from "./report.ts";

const size = LARGE_FLEET;
const FLEET_SECONDS = 900;
/** Blocks of one replica's two weeks: twelve of a day and two hours each, then merged ones. */
const BLOCKS = 12;
/** Share of a container's limit that Thanos gives Go (--enable-auto-gomemlimit). */
const GO_SHARE = 0.9;
/** Seconds that Prometheus may be behind its receiver: two requests of 15 s' samples. */
const MOST_BEHIND = 30;
const GIBIBYTE = 1024 ** 3;

/** The greatest memory of a program while something is done. */
async function peakOf<T>(url: string, work: () => Promise<T>): Promise<{ result: T; peak: number }> {
  const watched = { over: false, peak: 0 };
  const watching = (async () => {
    while (!watched.over) {
      watched.peak = Math.max(watched.peak, await told(url, "process_resident_memory_bytes"));
      await sleep(250);
    }
  })();
  try {
    return { result: await work(), peak: watched.peak };
  } finally {
    watched.over = true;
    await watching;
  }
}

/** The same block once more, as another cluster's: hard links, a name and labels of its own. */
function copyBlock(block: string, folder: string, copy: number): void {
  const ulid = `${path.basename(block).slice(0, -2)}${String(copy).padStart(2, "0")}`;
  const target = path.join(folder, `cluster-${String(copy)}`, ulid);
  mkdirSync(path.join(target, "chunks"), { recursive: true });
  for (const name of readdirSync(path.join(block, "chunks")))
    linkSync(path.join(block, "chunks", name), path.join(target, "chunks", name));
  linkSync(path.join(block, "index"), path.join(target, "index"));
  copyFileSync(path.join(block, "tombstones"), path.join(target, "tombstones"));
  const meta = JSON.parse(readFileSync(path.join(block, "meta.json"), "utf8")) as Record<string, unknown>;
  writeFileSync(path.join(target, "meta.json"), JSON.stringify({ ...meta, ulid }));
}

function upload(folder: string, objectStore: string, cluster: string): void {
  const { status, stderr } = spawnSync(
    toolPath("thanos"),
    [
      "tools",
      "bucket",
      "upload-blocks",
      `--path=${folder}`,
      `--objstore.config-file=${objectStore}`,
      `--label=cluster="${cluster}"`,
      `--label=prometheus_replica="a"`,
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`upload of ${folder}: ${stderr.slice(-2000)}`);
}

/** Puts what a Prometheus holds into the store, as often as a history of two weeks has blocks. */
async function fillStore(prometheus: PrometheusProgram, store: ObjectStore, runner: Runner): Promise<number> {
  const { name } = (await prometheus.api("admin/tsdb/snapshot", {})) as { name: string };
  const snapshot = path.join(prometheus.folder, "data", "snapshots", name);
  const manifests = await generate(storageArgs(store.address));
  const objectStore = runner.file("upload.yml", objectStoreFileOf(manifests));
  const blocks = readdirSync(snapshot).filter((entry) => /^[0-9A-Z]{26}$/.test(entry));
  for (let copy = 0; copy < BLOCKS; copy++) {
    for (const block of blocks) copyBlock(path.join(snapshot, block), runner.folder, copy);
    upload(path.join(runner.folder, `cluster-${String(copy)}`), objectStore, `cluster-${String(copy)}`);
  }
  return store.blocks().length;
}

interface Answers {
  readonly cold: number;
  readonly warm: number;
  readonly slowest: number;
  readonly count: number;
}

/** Milliseconds for the overview through the query-frontend, once with empty caches and once again. */
async function overview(frontend: RunningProgram, end: number, range: number): Promise<Answers> {
  const board = dashboards()
    .map(({ dashboard }) => previewBoard(dashboard))
    .find(({ uid }) => uid.includes("overview"));
  if (board === undefined) throw new Error("there is no overview");
  const options = { url: frontend.http, end, range, scrapeInterval: 15 };
  const values = await variableValues(board.variables, frontend.http);
  const queries = board.sections
    .flatMap(({ panels }) => panels.flatMap((panel) => panel.queries))
    .map(({ expr }) => fillIn(expr, values, options))
    .filter((query) => query.includes("model:vllm_"));
  const once = async () => {
    const times: number[] = [];
    for (const query of queries) {
      const begun = performance.now();
      await queryRange(frontend.http, query, { start: end - range, end, step: 15 });
      times.push(performance.now() - begun);
    }
    return times;
  };
  const sum = (times: readonly number[]): number => times.reduce((all, time) => all + time, 0);
  const [cold, warm] = [await once(), await once()];
  return { cold: sum(cold), warm: sum(warm), slowest: Math.max(...cold), count: queries.length };
}

/** Series of every replica of every block, as a question that no rule has prepared. */
const RAW =
  "histogram_quantile(0.95, sum by (le, model_name) (rate(vllm:time_to_first_token_seconds_bucket[5m])))";

async function costOfHistory(
  prometheus: PrometheusProgram,
  progress: (line: string) => void,
): Promise<Measurement[]> {
  const store = new ObjectStore();
  const runner = new Runner();
  try {
    await store.start();
    const end = Math.floor(Date.now() / 15_000) * 15;
    const blocks = await fillStore(prometheus, store, runner);
    progress(`${String(blocks)} blocks are in the store`);
    await prometheus.stop();
    const series = size.replicas * seriesPerReplica();
    const manifests = await generate(storageArgs(store.address, { expectedSeries: series }));
    const gatewayWorkload = workload(manifests, "thanos-store");
    const limitText = at(
      gatewayWorkload,
      "spec.template.spec.containers[0].resources.limits.memory",
    ) as string;
    const limit = parseQuantity(limitText) ?? 0;
    const gateway = await runner.start(gatewayWorkload, {
      objectStore: objectStoreFileOf(manifests),
      env: { GOMEMLIMIT: String(Math.floor(limit * GO_SHARE)) },
    });
    const query = await runner.start(workload(manifests, "thanos-query"), { endpoints: [gateway.grpc] });
    const frontend = await runner.start(workload(manifests, "thanos-query-frontend"), {
      replace: { "http://thanos-query.monitoring.svc:10902": query.http },
    });
    const { result, peak } = await peakOf(gateway.http, async () => {
      const recorded = await overview(frontend, end, 600);
      progress(`overview: ${recorded.cold.toFixed(0)} ms, then ${recorded.warm.toFixed(0)} ms`);
      const begun = performance.now();
      const found = await queryRange(frontend.http, RAW, { start: end - 600, end, step: 15 });
      return { recorded, raw: performance.now() - begun, models: found.length };
    });
    const { recorded, raw, models } = result;
    return [
      {
        what: "store gateway: memory / its limit",
        value: peak / limit,
        unit: "×",
        limit: 1,
        details: `most while it answered, ${(peak / GIBIBYTE).toFixed(2)} GiB of ${(limit / GIBIBYTE).toFixed(2)} GiB; ${String(blocks)} blocks of ${String(series)} series, as many as two weeks of one replica`,
      },
      {
        what: "overview from the object store, caches empty",
        value: recorded.cold,
        unit: "ms",
        details: `${String(recorded.count)} queries on recorded series of all blocks, ten minutes; slowest ${recorded.slowest.toFixed(0)} ms; again ${recorded.warm.toFixed(0)} ms`,
      },
      {
        what: "the same from raw series, one quantile of all replicas",
        value: raw,
        unit: "ms",
        details: `${String(models)} models; why history is read from recorded series`,
      },
    ];
  } finally {
    await runner.stop();
    await store.stop();
  }
}

/** Remote write and history at 1,000 replicas. */
export async function costOfStorage(progress: (line: string) => void): Promise<Measurement[]> {
  const settings = settingsOf(size);
  const interval = Number.parseInt(settings.monitoring.scrapeInterval, 10);
  const series = size.replicas * seriesPerReplica();
  const queue = remoteWriteQueue({ series, scrapeIntervalSeconds: interval });
  const mostShards = Number(queue.maxShards);
  const receiver = await startPrometheus({}, {}, ["--web.enable-remote-write-receiver"]);
  try {
    const prometheus = await startFleet(size, interval, rulesOf(settings).text, {
      externalLabels: { cluster: "bench", prometheus_replica: "a" },
      flags: ["--web.enable-admin-api"],
      config: {
        remote_write: [
          {
            url: `${receiver.url}/api/v1/write`,
            queue_config: {
              min_shards: queue.minShards,
              max_shards: queue.maxShards,
              max_samples_per_send: queue.maxSamplesPerSend,
              capacity: queue.capacity,
            },
          },
        ],
      },
    });
    try {
      for (let waited = 0; waited < FLEET_SECONDS; waited += 60) {
        await sleep(60_000);
        const sent = await told(prometheus.url, "prometheus_remote_storage_samples_total");
        progress(`after ${String(waited + 60)} s: ${(sent / 1e6).toFixed(1)} million samples sent`);
      }
      const highest = await told(prometheus.url, "prometheus_remote_storage_queue_highest_timestamp_seconds");
      const reached = await told(
        prometheus.url,
        "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
      );
      const samples = await told(prometheus.url, "prometheus_remote_storage_samples_total");
      const lost = await told(prometheus.url, "prometheus_remote_storage_samples_failed_total");
      const shards = await told(prometheus.url, "prometheus_remote_storage_shards");
      const memory = await told(prometheus.url, "process_resident_memory_bytes");
      const remote: Measurement[] = [
        {
          what: "remote write: seconds behind",
          value: Math.max(0, highest - reached),
          unit: "s",
          limit: MOST_BEHIND,
          details: `${String(size.replicas)} replicas of ${String(seriesPerReplica())} series every ${String(interval)} s: ${(samples / FLEET_SECONDS).toFixed(0)} samples a second sent, ${String(lost)} lost, told in whole seconds; ${String(shards)} of at most ${String(mostShards)} shards`,
        },
        {
          what: "remote write: memory of the Prometheus that sends",
          value: memory / GIBIBYTE,
          unit: "GiB",
          details: `resident; at most ${String(mostShards * Number(queue.capacity))} samples in the queue`,
        },
      ];
      await receiver.stop();
      return [...remote, ...(await costOfHistory(prometheus, progress))];
    } finally {
      await prometheus.stop();
    }
  } finally {
    await receiver.stop();
  }
}
