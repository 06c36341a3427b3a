/**
 * Recorded series of the gateway (LiteLLM), and of the path of a request through gateway and engine.
 *
 * - `model_name` is the name that clients ask for, which is the engine's served name.
 * - A client that hung up before the first token is an answer with status 499 here, later one with 200; vLLM counts it as
 *   success, or not at all.
 * - An engine that did not answer in time is 408. While all engines of a model cool down LiteLLM answers 429, by an exception
 *   that no limit of a key or team has.
 * - Gauges have a series for each worker (`pid`): the greatest counts, never the sum.
 */
import { gateway } from "../../metrics/litellm/index.ts";
import {
  by,
  histogramQuantile,
  labelReplace,
  not,
  or,
  orZeroFor,
  rate,
  recorded,
  regex,
  sum,
  type Vector,
} from "../../metrics/promql/index.ts";
import { byModel, latencyByModel } from "../vllm/recording.ts";

const asked = { requested_model: not("") } as const;

/** The label `requested_model` under the name that the engine's series have. */
function named<Q extends "rate" | "bucketRate", L extends string>(
  vector: Vector<Q, L | "requested_model">,
): Vector<Q, L | "requested_model" | "model_name"> {
  return labelReplace(vector, { target: "model_name", source: "requested_model" });
}

const perTeam = by("team", "team_alias", "model_name");
const perModel = by("model_name");

const requests = sum(named(rate(gateway.proxyTotalRequests.where(asked), "5m")), perTeam);
const failures = gateway.proxyFailedRequests.where(asked);
const failed = or(
  rate(failures.where({ exception_status: regex("408|5..") }), "5m"),
  rate(failures.where({ exception_class: "RouterRateLimitError" }), "5m"),
);
const gone = rate(failures.where({ exception_status: "499" }), "5m");

/** Per team and model: who uses what, and what it costs. */
export const byTeam = {
  requests: recorded("team_model:litellm_requests:rate5m", requests),
  failed: recorded("team_model:litellm_failed:rate5m", orZeroFor(sum(named(failed), perTeam), requests)),
  disconnected: recorded(
    "team_model:litellm_disconnected:rate5m",
    orZeroFor(sum(named(gone), perTeam), requests),
  ),
  inputTokens: recorded(
    "team_model:litellm_input_tokens:rate5m",
    sum(named(rate(gateway.inputTokens.where(asked), "5m")), perTeam),
  ),
  outputTokens: recorded(
    "team_model:litellm_output_tokens:rate5m",
    sum(named(rate(gateway.outputTokens.where(asked), "5m")), perTeam),
  ),
  /** What the gateway charges, by its own price list: 0 for models without a price. */
  spend: recorded(
    "team_model:litellm_spend_dollars:rate5m",
    sum(named(rate(gateway.spend.where(asked), "5m")), perTeam),
  ),
} as const;

const buckets = by("model_name", "le");
const queue = sum(named(rate(gateway.requestQueueTimeSeconds.bucket.where(asked), "5m")), buckets);
const engineQueue = sum(latencyByModel.queueTime, buckets);

/** The two ends of the path, told apart by the label `stage`. */
const stage = (name: "gateway" | "engine") => ({ labels: { stage: name } }) as const;

/** Requests, errors and queues of gateway and engine beside each other, under one name each. */
export const requestPath = {
  gatewayRequests: recorded("request_path:requests:rate5m", sum(byTeam.requests, perModel), stage("gateway")),
  engineRequests: recorded("request_path:requests:rate5m", sum(byModel.finished, perModel), stage("engine")),
  gatewayErrors: recorded("request_path:errors:rate5m", sum(byTeam.failed, perModel), stage("gateway")),
  engineErrors: recorded("request_path:errors:rate5m", sum(byModel.failed, perModel), stage("engine")),
  disconnects: recorded(
    "request_path:client_disconnects:rate5m",
    sum(byTeam.disconnected, perModel),
    stage("gateway"),
  ),
  gatewayQueue: recorded(
    "request_path:queue_time_seconds:p95",
    histogramQuantile(0.95, queue),
    stage("gateway"),
  ),
  engineQueue: recorded(
    "request_path:queue_time_seconds:p95",
    histogramQuantile(0.95, engineQueue),
    stage("engine"),
  ),
} as const;

/**
 * Calls that an engine failed. Not what clients did wrong (400, 413, 422), nor that they hung up (499), which LiteLLM books
 * on a deployment without an address, nor the cool-down of another (429), which it books on the one that stands in.
 */
export const engineFaults = gateway.deploymentFailureResponses.where({
  api_base: not(""),
  exception_status: regex("401|403|404|408|5.."),
});

const timedOut = gateway.deploymentFailureResponses.where({
  ...asked,
  exception_class: regex(".*Timeout.*"),
});

/** Calls that the gateway gave up waiting for; the engine works on for nobody. */
export const gatewayTimeouts = recorded(
  "model:litellm_timeouts:rate5m",
  sum(named(rate(timedOut, "5m")), perModel),
);

export const gatewayLevels = [byTeam, requestPath, { timeouts: gatewayTimeouts }] as const;
