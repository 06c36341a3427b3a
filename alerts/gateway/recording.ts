/**
 * Recorded series of the gateway (LiteLLM), and of the path of a request through gateway and engine.
 *
 * - `model_name` is the name that clients ask for, which is the engine's served name.
 * - A client that hung up is an answer with status 499 here; vLLM counts it as success, or not at all.
 * - Gauges have a series for each worker (`pid`): the greatest counts, never the sum.
 */
import { gateway } from "../../metrics/litellm/index.ts";
import {
  by,
  histogramQuantile,
  labelReplace,
  not,
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
const failedWith = (status: string | ReturnType<typeof regex>) =>
  sum(named(rate(gateway.proxyFailedRequests.where({ ...asked, exception_status: status }), "5m")), perTeam);

/** Per team and model: who uses what, and what it costs. */
export const byTeam = {
  requests: recorded("team_model:litellm_requests:rate5m", requests),
  failed: recorded("team_model:litellm_failed:rate5m", orZeroFor(failedWith(regex("5..")), requests)),
  disconnected: recorded("team_model:litellm_disconnected:rate5m", orZeroFor(failedWith("499"), requests)),
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
