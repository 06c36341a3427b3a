/** Capacity planning: where the trend leads, what is left, what it costs. */
import { costs } from "../../alerts/cost/recording.ts";
import { byTeam } from "../../alerts/gateway/recording.ts";
import { gpusByModel, gpusByNode } from "../../alerts/gpu/recording.ts";
import { capacityByModel } from "../../alerts/vllm/capacity.ts";
import { FULL_CACHE } from "../../alerts/vllm/engine-alerts.ts";
import { byModel, byReplica } from "../../alerts/vllm/recording.ts";
import { add, avg, by, div, max, maxOverTime, min, sub, subquery, sum } from "../../metrics/promql/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { COST } from "./cost.ts";
import { inTotal, listedReplicas, modelVariables, perModel, toModel } from "./models.ts";

const perName = by("model_name");

/** Capacity. */
export const capacityBoard: BoardDefinition = {
  name: "capacity",
  title: "vLLM / Capacity planning",
  description: "Load now against yesterday and last week, what the trend says, and how much room is left.",
  variables: modelVariables,
  kind: "recorded",
  listed: listedReplicas,
  from: "now-24h",
  sections: (tools): Section[] => [
    { title: "Trend: does the load grow?", panels: trend(tools) },
    { title: "Forecast: when is it full?", panels: forecast(tools) },
    { title: "Headroom: how much more would fit?", panels: headroom(tools) },
    { title: "GPUs: are they used?", panels: gpus(tools) },
    { title: "Teams and cost: who uses what?", panels: teams(tools) },
  ],
};

function trend({ panels, choose }: BoardTools) {
  const compared = (series: typeof byModel.finished, title: string, what: string) =>
    panels.lines({
      title,
      description: `${what} now, and what it was at the same time a day and a week ago.`,
      queries: [
        { expr: inTotal(choose, series), legend: "now" },
        { expr: sum(choose(series).offset("1d")), legend: "a day ago" },
        { expr: sum(choose(series).offset("7d")), legend: "a week ago" },
      ],
    });
  return [
    compared(byModel.finished, "Request rate, day by day", "Requests per second of all chosen models"),
    compared(
      byModel.generationTokens,
      "Token rate, day by day",
      "Generated tokens per second of all chosen models",
    ),
    panels.lines({
      title: "Replicas",
      description:
        "Replicas of each model that expose metrics: what autoscaling and failures made of the wish.",
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.replicas), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Busiest hour of a day",
      condition: "ten minutes of history",
      description:
        "Most requests that ran at once within the day before each point: what the fleet must bear.",
      drill: toModel,
      queries: [
        {
          expr: maxOverTime(subquery(perModel(choose, byModel.running), "1d", "5m")),
          legend: "{{model_name}}",
        },
      ],
    }),
  ];
}

function forecast({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "KV cache in an hour",
      description:
        "Where the straight line through the last hour leads. Above the red line there is an hour left to scale out.",
      condition: "an hour of history",
      thresholds: [{ from: FULL_CACHE, color: "red" }],
      drill: toModel,
      queries: [{ expr: max(choose(capacityByModel.cacheUsageAhead), perName), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Waiting requests in an hour",
      description: "Where the straight line through the last hour leads.",
      condition: "an hour of history",
      drill: toModel,
      queries: [{ expr: sum(choose(capacityByModel.waitingAhead), perName), legend: "{{model_name}}" }],
    }),
  ];
}

function headroom({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Headroom of throughput",
      condition: "ten minutes of history",
      description:
        "What is left of the tokens per second that the model's best replica wrote within a day, mean of the replicas.",
      max: 1,
      unit: "ratio",
      drill: toModel,
      queries: [{ expr: min(choose(capacityByModel.throughputHeadroom), perName), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Headroom of the KV cache",
      description: "Share of KV cache blocks that are free, mean of the replicas.",
      max: 1,
      unit: "ratio",
      drill: toModel,
      queries: [{ expr: sub(1, avg(choose(byReplica.cacheUsage), perName)), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Requests per replica",
      description: "Running requests over replicas: what one more replica would take.",
      unit: "requests",
      drill: toModel,
      queries: [
        {
          expr: div(perModel(choose, byModel.running), perModel(choose, byModel.replicas) as never),
          legend: "{{model_name}}",
        },
      ],
    }),
  ];
}

function gpus({ panels, choose }: BoardTools) {
  const dcgm = "the DCGM exporter";
  return [
    panels.lines({
      title: "Idle GPUs",
      description: "GPUs that did nothing for half an hour, of nodes.",
      condition: dcgm,
      stacked: true,
      queries: [{ expr: sum(choose(gpusByNode.idle), by("node")), legend: "{{node}}" }],
    }),
    panels.lines({
      title: "Cost of idle GPUs",
      description: "Dollars per hour for GPUs that did nothing for half an hour.",
      condition: COST,
      stacked: true,
      queries: [{ expr: sum(choose(costs.idle), by("node")), legend: "{{node}}" }],
    }),
    panels.lines({
      title: "GPUs by model",
      description: "GPUs that the replicas of a model hold.",
      condition: dcgm,
      drill: toModel,
      queries: [{ expr: sum(choose(gpusByModel.gpus), perName), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Utilisation of GPUs by model",
      description: "Share of time in which the GPUs of a model worked, mean.",
      condition: dcgm,
      max: 1,
      unit: "ratio",
      drill: toModel,
      queries: [{ expr: max(choose(gpusByModel.utilisation), perName), legend: "{{model_name}}" }],
    }),
  ];
}

function teams({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Tokens by team",
      description: "Generated tokens per second, by the team that owns the model.",
      stacked: true,
      queries: [{ expr: sum(choose(byModel.generationTokens), by("team")), legend: "{{team}}" }],
    }),
    panels.lines({
      title: "Replicas by team",
      description: "Replicas, by the team that owns the model.",
      stacked: true,
      queries: [{ expr: sum(choose(byModel.replicas), by("team")), legend: "{{team}}" }],
    }),
    panels.lines({
      title: "Cost by team",
      description: "Dollars per hour for the GPUs of a team's models.",
      condition: COST,
      stacked: true,
      queries: [{ expr: sum(choose(costs.modelCost), by("team")), legend: "{{team}}" }],
    }),
    panels.lines({
      title: "Dollars per million tokens",
      description: "What the GPUs of a model cost, over its prompt and generated tokens.",
      condition: COST,
      drill: toModel,
      queries: [{ expr: max(choose(costs.perMillion) as never, perName as never), legend: "{{model_name}}" }],
      unit: "dollars",
    }),
    panels.lines({
      title: "Tokens by caller's team",
      description: "Prompt and generated tokens per second, by the team of the key at the gateway.",
      condition: "the LiteLLM gateway",
      stacked: true,
      queries: [
        {
          expr: add(
            sum(choose(byTeam.inputTokens), by("team_alias")),
            sum(choose(byTeam.outputTokens), by("team_alias")),
          ),
          legend: "{{team_alias}}",
        },
      ],
    }),
  ];
}
