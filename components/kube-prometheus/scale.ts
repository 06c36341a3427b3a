/**
 * How many series a fleet has, and what Prometheus needs for them. Pure; docs/scale.md is made of it:
 *
 *     node components/kube-prometheus/scale.ts
 */
import { readFileSync, writeFileSync } from "node:fs";

/** Series of one replica with one engine under load: measured, vLLM 0.32.0 (test/fixtures/vllm/0.32.0-single-loaded.prom). */
export const SERIES_OF_REPLICA = 425;
/** Series that each further engine of the replica adds: measured, two data-parallel engines (0.32.0-dp2-loaded.prom). */
export const SERIES_OF_FURTHER_ENGINE = 258;
/** Series of one GPU: the counters of components/dcgm/counters.ts that aren't labels. */
export const SERIES_OF_GPU = 44;
/** Series of one node: node-exporter on 192 CPUs (about 8 for each CPU and 400 besides) and its kubelet. An estimate. */
export const SERIES_OF_NODE = 2_200;
/** Series of one pod: cAdvisor and kube-state-metrics. An estimate; pods with many containers have more. */
export const SERIES_OF_POD = 110;
/** Pods of a node that are not replicas: agents, exporters, system. */
const PODS_OF_NODE = 12;
/** Series that rules record for one model. An estimate, which a test holds against the rules. */
export const SERIES_OF_MODEL = 250;

/**
 * Memory of one series in the head block, with its share of index, chunks and the queries on them: 3 to 4 KiB in upstream's
 * experience, doubled, because pods that come and go leave their series there until the block is cut.
 */
const BYTES_OF_SERIES = 8 * 1024;
/** Of a sample on disk, with index; upstream says 1 to 2. */
const BYTES_OF_SAMPLE = 1.7;
/** Series that one Prometheus should hold: 16 GB of memory, and a restart that reads its log within minutes. */
export const SERIES_OF_SHARD = 2_000_000;

/** A fleet, as far as its series go. */
export interface Fleet {
  gpus: number;
  gpusPerNode: number;
  /** GPUs of one replica. */
  gpusPerReplica: number;
  /** Data-parallel engines of one replica. Default 1. */
  enginesPerReplica?: number;
  models: number;
}

/** What the monitoring of a fleet needs. */
export interface Scale {
  nodes: number;
  replicas: number;
  /** Series by what has them. */
  series: { engines: number; gpus: number; nodes: number; pods: number; rules: number };
  total: number;
  samplesPerSecond: number;
  /** Prometheus servers among which the targets are divided, each of which may have replicas. */
  shards: number;
  /** Of one shard, in GiB. */
  memoryPerShard: number;
  /** Of one shard, in GiB, for the days that are kept. */
  storagePerShard: number;
}

/**
 * @param scrapeInterval seconds between two samples of a series; this project's default is 15
 * @param retentionDays days that Prometheus keeps itself; with Thanos a few are enough
 * @throws when a number is not positive
 */
export function scaleOf(fleet: Fleet, scrapeInterval = 15, retentionDays = 3): Scale {
  const { gpus, gpusPerNode, gpusPerReplica, enginesPerReplica = 1, models } = fleet;
  const all = { gpus, gpusPerNode, gpusPerReplica, enginesPerReplica, models, scrapeInterval, retentionDays };
  for (const [name, value] of Object.entries(all))
    if (!(value > 0)) throw new Error(`${name}: got ${value}; expected a number above 0; correct it`);
  const nodes = Math.ceil(gpus / gpusPerNode);
  const replicas = Math.floor(gpus / gpusPerReplica);
  const series = {
    engines: replicas * (SERIES_OF_REPLICA + SERIES_OF_FURTHER_ENGINE * (enginesPerReplica - 1)),
    gpus: gpus * SERIES_OF_GPU,
    nodes: nodes * SERIES_OF_NODE,
    pods: (replicas + nodes * PODS_OF_NODE) * SERIES_OF_POD,
    rules: models * SERIES_OF_MODEL,
  };
  const total = Object.values(series).reduce((sum, count) => sum + count, 0);
  const shards = Math.ceil(total / SERIES_OF_SHARD);
  const samplesPerSecond = total / scrapeInterval;
  return {
    nodes,
    replicas,
    series,
    total,
    samplesPerSecond,
    shards,
    memoryPerShard: 0.5 + (total / shards) * (BYTES_OF_SERIES / 1024 ** 3),
    storagePerShard: (samplesPerSecond / shards) * BYTES_OF_SAMPLE * ((retentionDays * 86_400) / 1024 ** 3),
  };
}

/** The fleets of docs/scale.md. */
export const FLEETS: Readonly<Record<string, Fleet>> = {
  "1 node, 8 GPUs, a model on each": { gpus: 8, gpusPerNode: 8, gpusPerReplica: 1, models: 8 },
  "100 GPUs": { gpus: 100, gpusPerNode: 4, gpusPerReplica: 2, models: 10 },
  "1,000 GPUs": { gpus: 1_000, gpusPerNode: 8, gpusPerReplica: 4, models: 40 },
  "10,000 GPUs, large models": { gpus: 10_000, gpusPerNode: 8, gpusPerReplica: 8, models: 100 },
  "10,000 GPUs, small models": { gpus: 10_000, gpusPerNode: 8, gpusPerReplica: 1, models: 300 },
};

/** The table of docs/scale.md. */
export function scaleTable(): string {
  const count = (value: number): string => Math.round(value).toLocaleString("en-US");
  const gib = (value: number): string => `${value < 10 ? value.toFixed(1) : count(value)} GiB`;
  const rows = Object.entries(FLEETS).map(([name, fleet]) => {
    const { nodes, replicas, series, total, samplesPerSecond, shards, memoryPerShard, storagePerShard } =
      scaleOf(fleet);
    return [
      name,
      count(nodes),
      count(replicas),
      count(series.engines),
      count(series.gpus),
      count(series.nodes + series.pods),
      count(total),
      count(samplesPerSecond),
      count(shards),
      gib(memoryPerShard),
      gib(storagePerShard),
    ];
  });
  const head = [
    "fleet",
    "nodes",
    "replicas",
    "series of engines",
    "of GPUs",
    "of nodes and pods",
    "in all",
    "samples/s",
    "shards",
    "memory each",
    "disk each, 3 days",
  ];
  return [head, head.map((_, index) => (index === 0 ? "---" : "--:")), ...rows]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

/** The document with its table as it is today. @throws when the document lacks the markers */
export function withTable(document: string): string {
  const pattern = /<!-- table -->[^]*<!-- \/table -->/;
  if (!pattern.test(document))
    throw new Error("docs/scale.md: no <!-- table --> … <!-- /table --> in it; put them back");
  return document.replace(pattern, `<!-- table -->\n\n${scaleTable()}\n\n<!-- /table -->`);
}

if (import.meta.main) {
  const file = new URL("../../docs/scale.md", import.meta.url);
  writeFileSync(file, withTable(readFileSync(file, "utf8")));
}
