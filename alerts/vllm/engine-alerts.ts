import { engine } from "../../metrics/engine/index.ts";
import { target } from "../../metrics/monitoring/index.ts";
import {
  by,
  changes,
  group,
  max,
  not,
  print,
  problems,
  resets,
  type ContextOptions,
} from "../../metrics/promql/index.ts";
import { Board } from "../boards.ts";
import { Severity, type AlertRule } from "../types.ts";
import { byModel, byReplica } from "./recording.ts";

/** Share of the KV cache in use that counts as full. */
export const FULL_CACHE = 0.9;
/** Preemptions per second of a replica that cost more than they save. */
export const MANY_PREEMPTIONS = 0.1;
/** Share of requests that may fail, or be refused. */
export const BAD_SHARE = 0.05;
/** Failed or refused requests per second that are more than an accident: five in five minutes. */
export const BAD_RATE = 5 / 300;
/** Starts of a container in an hour. */
export const RESTARTS = 2;
/** Hit share of the prefix cache a day ago from which on its loss matters, and what must be left of it. */
export const CACHE_SHARE_BEFORE = 0.2;
export const CACHE_SHARE_LEFT = 0.5;

const labels = { component: "engine" };
const replica = "{{ $labels.model_name }} in {{ $labels.namespace }}/{{ $labels.pod }}";

/** The cache is full, and requests are thrown out of the batch and computed again. Full alone is a well used cache. */
export const kvCachePressure: AlertRule = {
  alert: "KvCachePressure",
  expr:
    `${byReplica.cacheUsage.record} > ${String(FULL_CACHE)}\n` +
    `and ${byReplica.preemptions.record} > ${String(MANY_PREEMPTIONS)}`,
  for: "10m",
  severity: Severity.Warning,
  labels,
  dashboard: { uid: Board.queue, variables: ["namespace", "model_name", "pod"] },
  annotations: {
    summary: `The KV cache is {{ $value | humanizePercentage }} full and requests are preempted: ${replica}.`,
    description:
      "Preempted requests lose their place in the batch and their cache, and are computed again: throughput falls and " +
      "inter-token latency has gaps of seconds.",
  },
};

/** Requests wait and not one token is read or written: the engine hangs, which its health check does not see. */
export const engineStuck: AlertRule = {
  alert: "EngineStuck",
  expr:
    `${byReplica.waiting.record} > 0\n` +
    `and ${byReplica.promptTokens.record} + ${byReplica.generationTokens.record} == 0`,
  for: "5m",
  severity: Severity.Critical,
  labels,
  dashboard: { uid: Board.queue, variables: ["namespace", "model_name", "pod"] },
  annotations: {
    summary: `{{ $value | printf "%.0f" }} requests wait and nothing is computed: ${replica}.`,
    description:
      "For ten minutes the engine has neither finished a prompt nor written a token while requests wait. /health may " +
      "still answer 200, so nothing restarts it.",
  },
};

function share(part: string, whole: string): string {
  return `${part} / ${whole} > ${String(BAD_SHARE)}\nand ${part} >= ${BAD_RATE.toPrecision(3)}`;
}

/** Requests that end with an error of the engine. */
export const engineErrors: AlertRule = {
  alert: "EngineErrors",
  expr: share(byModel.failed.record, byModel.finished.record),
  for: "5m",
  severity: Severity.Critical,
  labels,
  dashboard: { uid: Board.model, variables: ["namespace", "model_name"] },
  annotations: {
    summary:
      "{{ $value | humanizePercentage }} of the requests for {{ $labels.model_name }} fail in the engine.",
    description:
      `More than ${String(BAD_SHARE * 100)} % of the requests that the model finishes end with an error, and there are at ` +
      "least five in five minutes.",
  },
};

/** Requests that are refused with 503 because the queue is full. */
export const requestsRejected: AlertRule = {
  alert: "RequestsRejected",
  expr: share(byModel.rejected.record, `(${byModel.finished.record} + ${byModel.rejected.record})`),
  for: "5m",
  severity: Severity.Warning,
  labels,
  dashboard: { uid: Board.queue, variables: ["namespace", "model_name"] },
  annotations: {
    summary: "{{ $value | humanizePercentage }} of the requests for {{ $labels.model_name }} are refused.",
    description: "Queues are at --max-num-queued-reqs or --max-num-queued-tokens: the model lacks capacity.",
  },
};

/** Hit share of the prefix cache over half an hour. */
function hitShare(offset = ""): string {
  const mean = (record: string) => `avg_over_time(${record}[30m]${offset})`;
  return `${mean(byModel.cacheHits.record)} / ${mean(byModel.cacheQueries.record)}`;
}

/** Prompts that used to be found in the cache are computed again. */
export const prefixCacheCollapse: AlertRule = {
  alert: "PrefixCacheCollapse",
  expr:
    `${hitShare()} < ${String(CACHE_SHARE_LEFT)} * (${hitShare(" offset 1d")})\n` +
    `and ${hitShare(" offset 1d")} > ${String(CACHE_SHARE_BEFORE)}`,
  for: "15m",
  severity: Severity.Warning,
  labels,
  dashboard: { uid: Board.model, variables: ["namespace", "model_name"] },
  annotations: {
    summary:
      "{{ $value | humanizePercentage }} of prompt tokens of {{ $labels.model_name }} come from the prefix cache, less than half of yesterday's share.",
    description:
      "What the cache does not hold is computed again, so time to first token and load rise with no more requests.",
  },
};

const ofReplica = by("namespace", "pod", "model", "team", "owner");
const ofModel = { model: not("") } as const;
const starts = max(changes(engine.processStartTime.where(ofModel), "1h"), ofReplica);
const restarts = max(resets(engine.generationTokens.where(ofModel), "1h"), ofReplica);

/**
 * A container that starts again and again. With several API servers, and under Ray, there is no start time, but the
 * counters begin anew.
 */
export const engineRestarting = (context: ContextOptions = {}): AlertRule => ({
  alert: "EngineRestarting",
  expr: [starts, restarts]
    .filter((expression) => problems(expression, context).length === 0)
    .map((expression) => `${print(expression, context)} >= ${String(RESTARTS)}`)
    .join("\nor "),
  severity: Severity.Warning,
  labels: { ...labels, model_name: "{{ $labels.model }}" },
  dashboard: { uid: Board.model, variables: ["namespace", "pod"] },
  annotations: {
    summary:
      "{{ $labels.model }} in {{ $labels.namespace }}/{{ $labels.pod }} restarted {{ $value }} times within an hour.",
    description: "Each start loads the weights again, and the replica serves nothing meanwhile.",
  },
});

/** Not the pods of a Ray cluster: they carry a model's name, and have metrics of another spelling, after the first request. */
const ofOwnServer = { ...ofModel, ray_io_cluster: "" } as const;
const answers = print(max(target.up.where(ofOwnServer), ofReplica));
const exposes = group(engine.generationTokens.where(ofModel), ofReplica);

/** A replica that is scraped, but has no metrics of the engine. */
export const engineMetricsAbsent = (context: ContextOptions = {}): AlertRule => ({
  alert: "EngineMetricsAbsent",
  expr: `${answers} == 1\nunless ${print(exposes, context)}`,
  for: "10m",
  severity: Severity.Warning,
  labels: { ...labels, model_name: "{{ $labels.model }}" },
  dashboard: { uid: Board.model, variables: ["namespace", "pod"] },
  annotations: {
    summary: "{{ $labels.namespace }}/{{ $labels.pod }} of {{ $labels.model }} exposes no engine metrics.",
    description:
      "Every alert and objective of the engine is blind for this replica, and reports nothing at all.",
  },
});
