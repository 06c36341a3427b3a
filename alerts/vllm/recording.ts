/**
 * Recorded series of the engines: `replica:` per pod and model, `model:` per model, `node:` per node. Numerators and denominators apart, so
 * that a quotient can be taken at any level.
 *
 * - The engines of a replica (label `engine`, data parallel) are added up; of the cache's usage the fullest counts.
 * - `model_name!=""` leaves out what the production-stack router re-exports of its replicas.
 * - Gauges that don't exist before the first request (several API servers, data parallel) are recorded as 0.
 */
import { engine } from "../../metrics/engine/index.ts";
import {
  by,
  count,
  group,
  histogramQuantile,
  max,
  not,
  orZeroFor,
  rate,
  recorded,
  sum,
} from "../../metrics/promql/index.ts";

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
const started = sum(rate(engine.timeToFirstToken.count.where(own), "5m"), replica);

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
  /** Requests that got their first token. What of them never finishes was given up by its client. */
  started: recorded("replica:vllm_requests_started:rate5m", started),
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
  started: recorded("model:vllm_requests_started:rate5m", sum(byReplica.started, model)),
  replicas: recorded("model:vllm_replicas:count", count(byReplica.running, model)),
} as const;

const node = by("node");

/** Per node, whatever runs there. */
export const byNode = {
  running: recorded("node:vllm_requests_running:sum", sum(byReplica.running, node)),
  waiting: recorded("node:vllm_requests_waiting:sum", sum(byReplica.waiting, node)),
  cacheUsage: recorded("node:vllm_kv_cache_usage:max", max(byReplica.cacheUsage, node)),
  finished: recorded("node:vllm_requests_finished:rate5m", sum(byReplica.finished, node)),
  failed: recorded("node:vllm_requests_failed:rate5m", sum(byReplica.failed, node)),
  promptTokens: recorded("node:vllm_prompt_tokens:rate5m", sum(byReplica.promptTokens, node)),
  generationTokens: recorded("node:vllm_generation_tokens:rate5m", sum(byReplica.generationTokens, node)),
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

const quantiles = (share: number) => ({
  timeToFirstToken: histogramQuantile(share, latencyByModel.timeToFirstToken),
  interTokenLatency: histogramQuantile(share, latencyByModel.interTokenLatency),
  endToEndLatency: histogramQuantile(share, latencyByModel.endToEndLatency),
  queueTime: histogramQuantile(share, latencyByModel.queueTime),
});
const [p50, p95, p99] = [quantiles(0.5), quantiles(0.95), quantiles(0.99)];

/** What people look at first, ready: a quantile of every model reads thousands of buckets otherwise. */
export const quantilesByModel = {
  timeToFirstToken50: recorded("model:vllm_time_to_first_token_seconds:p50", p50.timeToFirstToken),
  timeToFirstToken95: recorded("model:vllm_time_to_first_token_seconds:p95", p95.timeToFirstToken),
  timeToFirstToken99: recorded("model:vllm_time_to_first_token_seconds:p99", p99.timeToFirstToken),
  interTokenLatency50: recorded("model:vllm_inter_token_latency_seconds:p50", p50.interTokenLatency),
  interTokenLatency95: recorded("model:vllm_inter_token_latency_seconds:p95", p95.interTokenLatency),
  interTokenLatency99: recorded("model:vllm_inter_token_latency_seconds:p99", p99.interTokenLatency),
  endToEndLatency50: recorded("model:vllm_e2e_request_latency_seconds:p50", p50.endToEndLatency),
  endToEndLatency95: recorded("model:vllm_e2e_request_latency_seconds:p95", p95.endToEndLatency),
  endToEndLatency99: recorded("model:vllm_e2e_request_latency_seconds:p99", p99.endToEndLatency),
  queueTime50: recorded("model:vllm_request_queue_time_seconds:p50", p50.queueTime),
  queueTime95: recorded("model:vllm_request_queue_time_seconds:p95", p95.queueTime),
  queueTime99: recorded("model:vllm_request_queue_time_seconds:p99", p99.queueTime),
} as const;

/** The levels that read the engine's own series, and those that read the levels before. */
export const ownLevels = [byReplica, latencyByModel] as const;
export const derivedLevels = [byModel, byNode, quantilesByModel] as const;
