/**
 * Recorded series of the engines: `replica:` per pod and model, `model:` per model. Numerators and denominators apart, so
 * that a quotient can be taken at any level.
 *
 * - The engines of a replica (label `engine`, data parallel) are added up; of the cache's usage the fullest counts.
 * - `model_name!=""` leaves out what the production-stack router re-exports of its replicas.
 * - Gauges that don't exist before the first request (several API servers, data parallel) are recorded as 0.
 */
import { engine } from "../../metrics/engine/index.ts";
import {
  by,
  group,
  max,
  not,
  orZeroFor,
  print,
  rate,
  recorded,
  sum,
  type RecordedSeries,
} from "../../metrics/promql/index.ts";
import type { RecordingRule } from "../types.ts";

const replica = by("namespace", "pod", "node", "model_name", "team", "owner");
const model = by("namespace", "model_name", "team", "owner");
const own = { model_name: not("") } as const;
/** There from the start in every mode. */
const present = group(engine.generationTokens.where(own), replica);
const running = sum(engine.numRequestsRunning.where(own), replica);
const waiting = sum(engine.numRequestsWaiting.where(own), replica);
const usage = max(engine.kvCacheUsage.where(own), replica);
const finished = sum(rate(engine.requestSuccess.where(own), "5m"), replica);
const failed = sum(rate(engine.requestSuccess.where({ ...own, finished_reason: "error" }), "5m"), replica);
const rejected = sum(rate(engine.admissionRejections.where(own), "5m"), replica);

/** Per replica. */
export const byReplica = {
  running: recorded("replica:vllm_requests_running:sum", orZeroFor(running, present)),
  waiting: recorded("replica:vllm_requests_waiting:sum", orZeroFor(waiting, present)),
  cacheUsage: recorded("replica:vllm_kv_cache_usage:max", orZeroFor(usage, present)),
  finished: recorded("replica:vllm_requests_finished:rate5m", finished),
  failed: recorded("replica:vllm_requests_failed:rate5m", orZeroFor(failed, finished)),
  rejected: recorded("replica:vllm_requests_rejected:rate5m", orZeroFor(rejected, finished)),
  promptTokens: recorded(
    "replica:vllm_prompt_tokens:rate5m",
    sum(rate(engine.promptTokens.where(own), "5m"), replica),
  ),
  generationTokens: recorded(
    "replica:vllm_generation_tokens:rate5m",
    sum(rate(engine.generationTokens.where(own), "5m"), replica),
  ),
  preemptions: recorded(
    "replica:vllm_preemptions:rate5m",
    sum(rate(engine.numPreemptions.where(own), "5m"), replica),
  ),
  cacheQueries: recorded(
    "replica:vllm_prefix_cache_queries:rate5m",
    sum(rate(engine.prefixCacheQueries.where(own), "5m"), replica),
  ),
  cacheHits: recorded(
    "replica:vllm_prefix_cache_hits:rate5m",
    sum(rate(engine.prefixCacheHits.where(own), "5m"), replica),
  ),
} as const;

/** Per model, from the series per replica. */
export const byModel = {
  running: recorded("model:vllm_requests_running:sum", sum(byReplica.running, model)),
  waiting: recorded("model:vllm_requests_waiting:sum", sum(byReplica.waiting, model)),
  cacheUsage: recorded("model:vllm_kv_cache_usage:max", max(byReplica.cacheUsage, model)),
  finished: recorded("model:vllm_requests_finished:rate5m", sum(byReplica.finished, model)),
  failed: recorded("model:vllm_requests_failed:rate5m", sum(byReplica.failed, model)),
  rejected: recorded("model:vllm_requests_rejected:rate5m", sum(byReplica.rejected, model)),
  promptTokens: recorded("model:vllm_prompt_tokens:rate5m", sum(byReplica.promptTokens, model)),
  generationTokens: recorded("model:vllm_generation_tokens:rate5m", sum(byReplica.generationTokens, model)),
  preemptions: recorded("model:vllm_preemptions:rate5m", sum(byReplica.preemptions, model)),
  cacheQueries: recorded("model:vllm_prefix_cache_queries:rate5m", sum(byReplica.cacheQueries, model)),
  cacheHits: recorded("model:vllm_prefix_cache_hits:rate5m", sum(byReplica.cacheHits, model)),
} as const;

const buckets = by("namespace", "model_name", "team", "owner", "le");

/** Latency distributions per model: `histogram_quantile` of them is a quantile over all requests of the model. */
export const latencyByModel = {
  timeToFirstToken: recorded(
    "model:vllm_time_to_first_token_seconds_bucket:rate5m",
    sum(rate(engine.timeToFirstToken.bucket.where(own), "5m"), buckets),
  ),
  interTokenLatency: recorded(
    "model:vllm_inter_token_latency_seconds_bucket:rate5m",
    sum(rate(engine.interTokenLatency.bucket.where(own), "5m"), buckets),
  ),
  endToEndLatency: recorded(
    "model:vllm_e2e_request_latency_seconds_bucket:rate5m",
    sum(rate(engine.e2eRequestLatency.bucket.where(own), "5m"), buckets),
  ),
  queueTime: recorded(
    "model:vllm_request_queue_time_seconds_bucket:rate5m",
    sum(rate(engine.requestQueueTime.bucket.where(own), "5m"), buckets),
  ),
} as const;

/** The rule that records a series. @throws Error for a series that someone else records. */
export function recordingRule(series: RecordedSeries): RecordingRule {
  const { record, expression, ruleLabels } = series;
  if (expression === undefined) throw new Error(`${record} is not recorded here`);
  const labels = Object.keys(ruleLabels).length === 0 ? {} : { labels: { ...ruleLabels } };
  return { record, expr: print(expression), ...labels };
}

/** In the order in which they need each other. */
export const engineRecordings: RecordingRule[] = [byReplica, byModel, latencyByModel].flatMap((level) =>
  Object.values(level).map((series) => recordingRule(series as unknown as RecordedSeries)),
);
