/** The first dashboard to look at: which model is loaded, slow, failing or expensive. */
import { modelDetails } from "../../alerts/vllm/board-recordings.ts";
import { FULL_CACHE } from "../../alerts/vllm/engine-alerts.ts";
import { HIGH_WAITING_REQUESTS } from "../../alerts/vllm/high-waiting-requests.ts";
import { byModel, latencyByModel } from "../../alerts/vllm/recording.ts";
import { add, avg, by, max, min, sum } from "../../metrics/promql/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { failureThresholds, latencyThresholds } from "../options.ts";
import { COST, dollarsPerMillion } from "./cost.ts";
import { budgetColors, errorsOver, remainingBudget } from "./slo-series.ts";
import {
  inTotal,
  listedReplicas,
  modelVariables,
  perModel,
  quantileByModel,
  quantileOfAll,
  share,
  toModel,
} from "./models.ts";

const SLO = "an objective (slos of a model)";

/** Fleet overview. */
export const fleetOverview: BoardDefinition = {
  name: "fleetOverview",
  title: "vLLM / Fleet overview",
  description: "Load, latency, throughput, errors and budgets of all models. Click a line to open its model.",
  variables: modelVariables,
  kind: "recorded",
  listed: listedReplicas,
  sections: (tools): Section[] => [
    { title: "Now", panels: now(tools) },
    { title: "Load: is there room?", panels: load(tools) },
    { title: "Latency: what do users feel?", panels: latency(tools) },
    { title: "Throughput: how much is done?", panels: throughput(tools) },
    { title: "Errors and budgets: is it good enough?", panels: errors(tools) },
  ],
};

function now({ panels, choose, options }: BoardTools) {
  const total = (series: Parameters<typeof inTotal>[1]) => inTotal(choose, series);
  const failed = share(inTotal(choose, byModel.failed), inTotal(choose, byModel.finished));
  const latencies = latencyThresholds(options.objectives, "endToEndLatency");
  return [
    panels.number({
      title: "Requests",
      description: "Requests that ended per second, for whatever reason, over all chosen models.",
      query: { expr: total(byModel.finished), legend: "finished" },
    }),
    panels.number({
      title: "Running",
      description: "Requests in the running batches now.",
      query: { expr: total(byModel.running), legend: "running" },
    }),
    panels.number({
      title: "Waiting",
      description: "Requests that wait for a place in a batch. Anything lasting above zero is saturation.",
      thresholds: [
        { from: 1, color: "yellow" },
        { from: HIGH_WAITING_REQUESTS, color: "red" },
      ],
      query: { expr: total(byModel.waiting), legend: "waiting" },
    }),
    panels.number({
      title: "Fullest KV cache",
      description:
        "Highest share of KV cache in use over all engines. Cached blocks that can be evicted count as free.",
      thresholds: [{ from: FULL_CACHE, color: "red" }],
      query: { expr: max(choose(byModel.cacheUsage)), legend: "fullest" },
    }),
    panels.number({
      title: "Tokens written",
      description: "Generated tokens per second, over all chosen models.",
      query: { expr: total(byModel.generationTokens), legend: "written" },
    }),
    panels.number({
      title: "Failed share",
      description: "Share of finished requests that ended with an error of the engine.",
      thresholds: failureThresholds(options.objectives),
      query: { expr: failed, legend: "failed" },
    }),
    panels.number({
      title: "Latency, mean",
      description: "From the arrival of a request to its last token, mean of the requests that ended.",
      thresholds: latencies,
      query: {
        expr: share(total(modelDetails.latencySum) as never, total(modelDetails.latencyCount) as never),
        legend: "mean",
      },
      unit: "seconds",
    }),
    ...[0.95, 0.99].map((rank) =>
      panels.number({
        title: `Latency, p${String(rank * 100)}`,
        description: `${String(rank * 100)} % of the requests ended within this time, from arrival to last token.`,
        thresholds: latencies,
        query: {
          expr: quantileOfAll(choose, rank, latencyByModel.endToEndLatency),
          legend: `p${String(rank * 100)}`,
        },
      }),
    ),
    panels.number({
      title: "First token, p95",
      description: "Nineteen of twenty requests got their first token within this time, queueing included.",
      thresholds: latencyThresholds(options.objectives, "timeToFirstToken"),
      query: { expr: quantileOfAll(choose, 0.95, latencyByModel.timeToFirstToken), legend: "p95" },
    }),
    panels.number({
      title: "Budget left, least",
      description: "What is left of the error budget of the objective that has least of it.",
      condition: SLO,
      ...budgetColors,
      query: { expr: min(choose(remainingBudget)), legend: "left" },
    }),
    panels.number({
      title: "Per million tokens",
      description:
        "What the GPUs of the chosen models cost, over prompt and generated tokens of the last five minutes.",
      condition: COST,
      query: { expr: dollarsPerMillion(choose), legend: "dollars" },
    }),
  ];
}

function load({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Running requests",
      description:
        "Requests in the running batches after the last scheduler step, all replicas of a model together.",
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.running), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Waiting requests",
      description:
        "Requests not in a batch yet. A queue that does not drain needs more replicas or shorter requests.",
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.waiting), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "KV cache in use",
      description: "Fullest replica of each model. Near 100 % requests wait or are preempted.",
      max: 1,
      thresholds: [{ from: FULL_CACHE, color: "red" }],
      drill: toModel,
      queries: [{ expr: max(choose(byModel.cacheUsage), by("model_name")), legend: "{{model_name}}" }],
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
  ];
}

function latency({ panels, choose, options }: BoardTools) {
  const twice = (series: (typeof latencyByModel)[keyof typeof latencyByModel]) =>
    [0.5, 0.95].map((rank) => ({
      expr: quantileByModel(choose, rank, series),
      legend: `{{model_name}} p${String(rank * 100)}`,
    }));
  return [
    panels.lines({
      title: "Time to first token",
      description: "From arrival to the first token, tokenisation and queueing included.",
      thresholds: latencyThresholds(options.objectives, "timeToFirstToken"),
      drill: toModel,
      queries: twice(latencyByModel.timeToFirstToken),
    }),
    panels.lines({
      title: "Inter-token latency",
      description:
        "Time between two outputs of one request. With speculative decoding one output holds several tokens.",
      thresholds: latencyThresholds(options.objectives, "interTokenLatency"),
      drill: toModel,
      queries: twice(latencyByModel.interTokenLatency),
    }),
    panels.lines({
      title: "Latency of whole requests",
      description:
        "From arrival to the last token. Long answers take long: compare with the lengths of the model.",
      thresholds: latencyThresholds(options.objectives, "endToEndLatency"),
      drill: toModel,
      queries: twice(latencyByModel.endToEndLatency),
    }),
    panels.lines({
      title: "Time in the queue, p95",
      description:
        "From arrival in the scheduler to the first step. The smallest bucket ends at 0.3 s: below it is a guess.",
      thresholds: latencyThresholds(options.objectives, "queueTime"),
      drill: toModel,
      queries: [{ expr: quantileByModel(choose, 0.95, latencyByModel.queueTime), legend: "{{model_name}}" }],
    }),
  ];
}

function throughput({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Request rate",
      description: "Requests that ended per second, for whatever reason.",
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.finished), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Token rate",
      description: "Prompt tokens (cached ones too) and generated tokens per second.",
      drill: toModel,
      queries: [
        { expr: perModel(choose, byModel.promptTokens), legend: "{{model_name}} prompt" },
        { expr: perModel(choose, byModel.generationTokens), legend: "{{model_name}} generated" },
      ],
    }),
    panels.lines({
      title: "Prefix cache hit rate",
      description: "Share of prompt tokens found in the prefix cache.",
      max: 1,
      drill: toModel,
      queries: [
        {
          expr: share(perModel(choose, byModel.cacheHits), perModel(choose, byModel.cacheQueries)),
          legend: "{{model_name}}",
        },
      ],
    }),
    panels.lines({
      title: "Preemptions",
      description:
        "Running requests put back to make room in the KV cache, per second; their work is done again.",
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.preemptions), legend: "{{model_name}}" }],
    }),
  ];
}

function errors({ panels, choose, options }: BoardTools) {
  const answered = add(perModel(choose, byModel.finished), perModel(choose, byModel.rejected));
  return [
    panels.lines({
      title: "Failed and refused",
      description:
        "Share of requests that ended with an error of the engine, and that were refused because the queue was full.",
      thresholds: failureThresholds(options.objectives),
      drill: toModel,
      queries: [
        {
          expr: share(perModel(choose, byModel.failed), perModel(choose, byModel.finished)),
          legend: "{{model_name}} failed",
        },
        { expr: share(perModel(choose, byModel.rejected), answered), legend: "{{model_name}} refused" },
      ],
    }),
    panels.lines({
      title: "Finish reasons",
      description:
        "stop and length are normal ends. Clients that hang up are in none of them: vLLM's Python front end does not count those.",
      stacked: true,
      queries: [
        {
          expr: sum(choose(modelDetails.finishedByReason), by("finished_reason")),
          legend: "{{finished_reason}}",
        },
      ],
    }),
    panels.bars({
      title: "Error budget left",
      description:
        "What is left of the period's budget for bad events, per objective. Below zero the objective is missed.",
      condition: SLO,
      max: 1,
      ...budgetColors,
      drill: { to: "slo", labels: ["model_name"], title: "Open the objectives" },
      queries: [
        { expr: avg(choose(remainingBudget), by("model_name", "slo")), legend: "{{model_name}} {{slo}}" },
      ],
    }),
    panels.lines({
      title: "Budget burn of the last hour",
      description: "1 uses up exactly the budget in the period. From 14.4 on (30 days) somebody is called.",
      condition: SLO,
      unit: "factor",
      drill: { to: "slo", labels: ["model_name"], title: "Open the objectives" },
      queries: [{ expr: errorsOver(choose, "1h"), legend: "{{model_name}} {{slo}}" }],
    }),
  ];
}
