/** Why requests wait, and what the scheduler does about it. */
import { gatewayTimeouts } from "../../alerts/gateway/recording.ts";
import { distributionsByModel, modelDetails } from "../../alerts/vllm/board-recordings.ts";
import { FULL_CACHE, MANY_PREEMPTIONS } from "../../alerts/vllm/engine-alerts.ts";
import { HIGH_WAITING_REQUESTS } from "../../alerts/vllm/high-waiting-requests.ts";
import { byModel, byReplica, latencyByModel } from "../../alerts/vllm/recording.ts";
import { avg, by, div, max, sum, topk } from "../../metrics/promql/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { latencyThresholds } from "../options.ts";
import {
  bucketsOf,
  listedReplicas,
  perModel,
  quantileByModel,
  quantiles,
  replicaVariables,
  toModel,
} from "./models.ts";

/** Replicas in a list of the worst. */
const WORST = 10;
const replica = by("model_name", "pod");

/** Queue and scheduling. */
export const queueBoard: BoardDefinition = {
  name: "queue",
  title: "vLLM / Queue and scheduling",
  description: "Why requests wait, how full batches and caches are, what is thrown out or refused.",
  variables: replicaVariables,
  kind: "recorded",
  listed: listedReplicas,
  sections: (tools): Section[] => [
    { title: "Queue: who waits, and for what?", panels: waiting(tools) },
    { title: "Time in the queue: how long?", panels: queueTime(tools) },
    { title: "Batch: is the engine busy?", panels: batch(tools) },
    { title: "KV cache: is there room?", panels: cache(tools) },
    { title: "Refused: what never gets in?", panels: refused(tools) },
  ],
};

function waiting({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Waiting requests",
      description: "Requests not in a batch yet, all replicas of a model together.",
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.waiting), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Why requests wait",
      description:
        "capacity: no room in batch or cache. deferred: waits for a LoRA slot, a KV transfer or the like.",
      stacked: true,
      queries: [
        {
          expr: sum(choose(modelDetails.waitingByReason), by("model_name", "reason")),
          legend: "{{model_name}} {{reason}}",
        },
      ],
    }),
    panels.bars({
      title: "Longest queues",
      description: `The ${String(WORST)} replicas with most waiting requests. The alert HighWaitingRequests fires at the red line.`,
      thresholds: [
        { from: 1, color: "yellow" },
        { from: HIGH_WAITING_REQUESTS, color: "red" },
      ],
      queries: [{ expr: topk(WORST, sum(choose(byReplica.waiting), replica)), legend: "{{pod}}" }],
    }),
    panels.lines({
      title: "Imbalance of queues",
      description:
        "Longest queue of a replica over the mean of the model's replicas: 1 is even. High: the router overloads one.",
      unit: "factor",
      drill: toModel,
      queries: [
        {
          expr: div(
            max(sum(choose(byReplica.waiting), replica), by("model_name")),
            avg(sum(choose(byReplica.waiting), replica), by("model_name")) as never,
          ),
          legend: "{{model_name}}",
        },
      ],
      condition: "requests that wait",
    }),
  ];
}

function queueTime({ panels, choose, options }: BoardTools) {
  return [
    panels.lines({
      title: "Time in the queue",
      description:
        "From arrival in the scheduler to the first step. The smallest bucket ends at 0.3 s: below it is a guess.",
      thresholds: latencyThresholds(options.objectives, "queueTime"),
      queries: quantiles(choose, latencyByModel.queueTime, [0.5, 0.95, 0.99]),
    }),
    panels.distribution({
      title: "Time in the queue, all requests",
      description: "How many requests per second waited how long.",
      query: bucketsOf(choose, latencyByModel.queueTime),
      observed: "seconds",
    }),
  ];
}

function batch({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Batch size in requests",
      description: "Running requests of a replica, mean of the model's replicas: what --max-num-seqs limits.",
      drill: toModel,
      queries: [
        { expr: avg(sum(choose(byReplica.running), replica), by("model_name")), legend: "{{model_name}}" },
      ],
    }),
    panels.lines({
      title: "Batch size in tokens, p95",
      description:
        "Computed prompt tokens and generated tokens of one engine step: what --max-num-batched-tokens limits.",
      drill: toModel,
      queries: [
        { expr: quantileByModel(choose, 0.95, distributionsByModel.batchTokens), legend: "{{model_name}}" },
      ],
    }),
    panels.distribution({
      title: "Batch size in tokens, all steps",
      description:
        "How many engine steps per second handled how many tokens. Few tokens a step: decode only.",
      query: bucketsOf(choose, distributionsByModel.batchTokens),
      observed: "tokens",
    }),
    panels.lines({
      title: "Engine steps",
      description:
        "Steps of the engines per second. Falls when batches grow, and to zero when an engine hangs.",
      unit: "operations/s",
      drill: toModel,
      queries: [{ expr: perModel(choose, modelDetails.engineSteps), legend: "{{model_name}}" }],
    }),
  ];
}

function cache({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "KV cache in use",
      description: "Share of KV cache blocks in use: mean and fullest replica of each model.",
      max: 1,
      thresholds: [{ from: FULL_CACHE, color: "red" }],
      drill: toModel,
      queries: [
        { expr: avg(choose(byReplica.cacheUsage), by("model_name")), legend: "{{model_name}} mean" },
        { expr: max(choose(byReplica.cacheUsage), by("model_name")), legend: "{{model_name}} fullest" },
      ],
    }),
    panels.bars({
      title: "Fullest caches",
      description: `The ${String(WORST)} replicas with the fullest KV cache.`,
      max: 1,
      thresholds: [{ from: FULL_CACHE, color: "red" }],
      queries: [{ expr: topk(WORST, max(choose(byReplica.cacheUsage), replica)), legend: "{{pod}}" }],
    }),
    panels.lines({
      title: "Preemptions",
      description:
        "Running requests put back to make room, per second; their work is done again. The red line is the alert's, per replica.",
      thresholds: [{ from: MANY_PREEMPTIONS, color: "red" }],
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.preemptions), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Running requests",
      description: "Requests in the running batches, all replicas of a model together.",
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.running), legend: "{{model_name}}" }],
    }),
  ];
}

function refused({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Refused requests",
      description:
        "Requests answered with 503 because the queue was at --max-num-queued-reqs or --max-num-queued-tokens.",
      condition: "--max-num-queued-reqs or --max-num-queued-tokens, and a request that was refused",
      drill: toModel,
      queries: [
        {
          expr: sum(choose(modelDetails.rejectedByReason), by("model_name", "reason")),
          legend: "{{model_name}} {{reason}}",
        },
      ],
    }),
    panels.lines({
      title: "Time-outs seen by the gateway",
      description:
        "Calls that the gateway gave up waiting for. The engine counts them as aborted or not at all.",
      condition: "the LiteLLM gateway, and a call that timed out",
      drill: toModel,
      queries: [{ expr: sum(choose(gatewayTimeouts), by("model_name")), legend: "{{model_name}}" }],
    }),
  ];
}
