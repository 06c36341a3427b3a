/**
 * The queries of the signals. Each answers with exactly one element: how many replicas the load demands, so that every
 * trigger has the target 1 and a person reads what the scaler wants.
 *
 * - Engines that expose no gauge before their first request (several API servers, data parallel) demand nothing.
 * - Without any engine that can be scraped (all of them load, crashed, or Prometheus lost them) demand is the number of
 *   replicas that there should be: what can't be seen changes nothing. Without kube-state-metrics, the minimum.
 * - Demand counts the replicas that answer, never those that still load: they would be asked for again and again.
 */
import { engine } from "../../metrics/engine/index.ts";
import { gpu } from "../../metrics/dcgm/index.ts";
import { kube } from "../../metrics/kubernetes/index.ts";
import { gateway } from "../../metrics/litellm/index.ts";
import { vectorOf, type Vector } from "../../metrics/promql/expression.ts";
import {
  avg,
  by,
  clampMax,
  count,
  div,
  group,
  gt,
  gte,
  max,
  maxOverTime,
  mul,
  or,
  orElse,
  orZero,
  orZeroFor,
  print,
  quantileBy,
  rate,
  regex,
  sum,
  withUnit,
} from "../../metrics/promql/index.ts";

/** Bridges a lost scrape, and holds a peak between two looks. */
const GAUGE_WINDOW = "1m";
/** Requests of this long are one distribution. */
const LATENCY_WINDOW = "5m";
/** The most that a latency asks for at a time, in times of what is there. */
const LATENCY_LIMIT = 2;
/** How long a request at the gateway keeps a model awake. */
const ACTIVATION_WINDOW = "2m";

/** Whom a query asks about. */
export interface Target {
  namespace: string;
  deployment: string;
  modelName: string;
  minReplicas: number;
}

/** Names of signals; metrics and triggers are called so. */
export const SignalName = {
  Waiting: "waiting-requests",
  Running: "running-requests",
  KvCache: "kv-cache-usage",
  TimeToFirstToken: "time-to-first-token",
  Gpu: "gpu-utilisation",
  Gateway: "gateway-requests",
} as const;
export type SignalName = (typeof SignalName)[keyof typeof SignalName];

type Demand = Vector<"gauge", never>;

const ownSeries = ({ namespace, modelName }: Target) => ({ namespace, model_name: modelName }) as const;

/** One series while an engine of the model is scraped, in every mode of vLLM. */
function present(target: Target) {
  return group(engine.generationTokens.where(ownSeries(target)));
}

/** Engines that are scraped. */
function answering(target: Target) {
  return withUnit(count(group(engine.generationTokens.where(ownSeries(target)), by("pod"))), "replicas");
}

/** Demand with what stands in for it, as text. */
function complete(demand: Demand, { namespace, deployment, minReplicas }: Target): string {
  const wanted = max(kube.deploymentSpecReplicas.where({ namespace, deployment }));
  return print(orElse(or(withUnit(demand, "replicas"), wanted), minReplicas));
}

/** Requests that wait for capacity. */
export function waitingQuery(target: Target, perReplica: number): string {
  const waiting = engine.numRequestsWaitingByReason.where({ ...ownSeries(target), reason: "capacity" });
  const demand = div(sum(maxOverTime(waiting, GAUGE_WINDOW)), perReplica);
  return complete(orZeroFor(demand, present(target)), target);
}

/** Requests in execution. */
export function runningQuery(target: Target, perReplica: number): string {
  const running = engine.numRequestsRunning.where(ownSeries(target));
  const demand = div(sum(maxOverTime(running, GAUGE_WINDOW)), perReplica);
  return complete(orZeroFor(demand, present(target)), target);
}

/** Use of the KV cache: the fullest engine of each replica, added up over replicas. */
export function kvCacheQuery(target: Target, percent: number): string {
  const usage = max(maxOverTime(engine.kvCacheUsage.where(ownSeries(target)), GAUGE_WINDOW), by("pod"));
  const demand = mul(count(usage), div(avg(usage), percent / 100));
  return complete(orZeroFor(demand, present(target)), target);
}

/** Time to first token over its target, times the replicas that answer; no traffic demands nothing. */
export function timeToFirstTokenQuery(target: Target, seconds: number, percentile: number): string {
  const latency = quantileBy(
    percentile / 100,
    engine.timeToFirstToken.where(ownSeries(target)) as typeof engine.timeToFirstToken,
    LATENCY_WINDOW,
    by(),
  );
  // NaN where nothing was measured; it is neither at least 0 nor below.
  const limited = clampMax(gte(latency, 0), LATENCY_LIMIT * seconds);
  const share = div(vectorOf(limited.node, "quotient", [] as never[], "ratio"), seconds);
  const demand = mul(answering(target), share);
  return complete(orZeroFor(demand, present(target)), target);
}

/** Utilisation of the busiest GPU of each of the model's pods, added up over pods. DCGM names the pod, not the model. */
export function gpuQuery(target: Target, percent: number): string {
  const pods = regex(`${target.deployment}-[a-z0-9]+-[a-z0-9]+`);
  const busy = max(
    maxOverTime(gpu.gpuUtil.where({ namespace: target.namespace, pod: pods }), GAUGE_WINDOW),
    by("pod"),
  );
  return complete(mul(count(busy), div(avg(busy), percent)), target);
}

/** 1 while somebody asks the gateway for the model, else 0. */
export function gatewayQuery(gatewayModel: string): string {
  const requests = rate(
    gateway.proxyTotalRequests.where({ requested_model: gatewayModel }),
    ACTIVATION_WINDOW,
  );
  return print(orZero(gt.bool(sum(requests), 0)));
}
