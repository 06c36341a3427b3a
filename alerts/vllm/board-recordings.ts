/**
 * Series that only the dashboards need: without them a panel would read the series of every replica, which takes seconds
 * in a fleet of a thousand. Levels and conditions are those of recording.ts.
 */
import { engine } from "../../metrics/engine/index.ts";
import { by, div, not, rate, recorded, sum } from "../../metrics/promql/index.ts";

const replica = by("namespace", "pod", "node", "model_name", "team", "owner");
const model = by("namespace", "model_name", "team", "owner");
const buckets = by("namespace", "model_name", "team", "owner", "le");
const own = { model_name: not("") } as const;

/** Rates and counts per model. */
export const modelDetails = {
  finishedByReason: recorded(
    "model:vllm_requests_finished_by_reason:rate5m",
    sum(
      rate(engine.requestSuccess.where(own), "5m"),
      by("namespace", "model_name", "team", "owner", "finished_reason"),
    ),
  ),
  waitingByReason: recorded(
    "model:vllm_requests_waiting_by_reason:sum",
    sum(
      engine.numRequestsWaitingByReason.where(own),
      by("namespace", "model_name", "team", "owner", "reason"),
    ),
  ),
  rejectedByReason: recorded(
    "model:vllm_requests_rejected_by_reason:rate5m",
    sum(
      rate(engine.admissionRejections.where(own), "5m"),
      by("namespace", "model_name", "team", "owner", "reason"),
    ),
  ),
  promptTokensBySource: recorded(
    "model:vllm_prompt_tokens_by_source:rate5m",
    sum(
      rate(engine.promptTokensBySource.where(own), "5m"),
      by("namespace", "model_name", "team", "owner", "source"),
    ),
  ),
  latencySum: recorded(
    "model:vllm_e2e_request_latency_seconds_sum:rate5m",
    sum(rate(engine.e2eRequestLatency.sum.where(own), "5m"), model),
  ),
  latencyCount: recorded(
    "model:vllm_e2e_request_latency_seconds_count:rate5m",
    sum(rate(engine.e2eRequestLatency.count.where(own), "5m"), model),
  ),
  engineSteps: recorded(
    "model:vllm_engine_steps:rate5m",
    sum(rate(engine.iterationTokens.count.where(own), "5m"), model),
  ),
} as const;

/** Distributions per model, beside those that alerts and objectives need. */
export const distributionsByModel = {
  prefillTime: recorded(
    "model:vllm_request_prefill_time_seconds_bucket:rate5m",
    sum(rate(engine.requestPrefillTime.bucket.where(own), "5m"), buckets),
  ),
  decodeTime: recorded(
    "model:vllm_request_decode_time_seconds_bucket:rate5m",
    sum(rate(engine.requestDecodeTime.bucket.where(own), "5m"), buckets),
  ),
  timePerOutputToken: recorded(
    "model:vllm_request_time_per_output_token_seconds_bucket:rate5m",
    sum(rate(engine.requestTimePerOutputToken.bucket.where(own), "5m"), buckets),
  ),
  promptLength: recorded(
    "model:vllm_request_prompt_tokens_bucket:rate5m",
    sum(rate(engine.requestPromptTokens.bucket.where(own), "5m"), buckets),
  ),
  generationLength: recorded(
    "model:vllm_request_generation_tokens_bucket:rate5m",
    sum(rate(engine.requestGenerationTokens.bucket.where(own), "5m"), buckets),
  ),
  batchTokens: recorded(
    "model:vllm_iteration_tokens_bucket:rate5m",
    sum(rate(engine.iterationTokens.bucket.where(own), "5m"), buckets),
  ),
} as const;

/** Means per replica: their distributions would be twenty series each. */
export const replicaDetails = {
  timeToFirstToken: recorded(
    "replica:vllm_time_to_first_token_seconds:mean5m",
    div(
      sum(rate(engine.timeToFirstToken.sum.where(own), "5m"), replica),
      sum(rate(engine.timeToFirstToken.count.where(own), "5m"), replica),
    ),
  ),
  interTokenLatency: recorded(
    "replica:vllm_inter_token_latency_seconds:mean5m",
    div(
      sum(rate(engine.interTokenLatency.sum.where(own), "5m"), replica),
      sum(rate(engine.interTokenLatency.count.where(own), "5m"), replica),
    ),
  ),
} as const;

/** Read the engine's own series only. */
export const boardLevels = [modelDetails, distributionsByModel, replicaDetails] as const;
