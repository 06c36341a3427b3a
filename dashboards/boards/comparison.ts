/** Models side by side. */
import { distributionsByModel } from "../../alerts/vllm/board-recordings.ts";
import { FULL_CACHE } from "../../alerts/vllm/engine-alerts.ts";
import { byModel, latencyByModel } from "../../alerts/vllm/recording.ts";
import {
  avgOverTime,
  by,
  div,
  gt,
  max,
  mul,
  scalar,
  subquery,
  withUnit,
} from "../../metrics/promql/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { failureThresholds, latencyThresholds } from "../options.ts";
import {
  inTotal,
  listedReplicas,
  modelVariables,
  percentile,
  perModel,
  quantileByModel,
  share,
  toModel,
  type Distribution,
} from "./models.ts";

/** Per-model comparison. */
export const comparisonBoard: BoardDefinition = {
  name: "comparison",
  title: "vLLM / Models compared",
  description: "Share of calls, response times, errors and cache of the models side by side.",
  variables: modelVariables,
  kind: "recorded",
  listed: listedReplicas,
  sections: (tools): Section[] => [
    { title: "Share: who gets the calls?", panels: shares(tools) },
    { title: "The last day: who used what?", panels: lastDay(tools) },
    { title: "Response times: who is slow?", panels: latencies(tools) },
    { title: "Requests: who gets which?", panels: lengths(tools) },
    { title: "Health: who fails, who is full?", panels: health(tools) },
  ],
};

function shares({ panels, choose }: BoardTools) {
  const ofAll = (series: Parameters<typeof perModel>[1]) =>
    div(perModel(choose, series) as never, scalar(gt(inTotal(choose, series), 0) as never) as never);
  return [
    panels.lines({
      title: "Share of calls",
      description: "Requests of each model that ended, over those of all chosen models.",
      stacked: true,
      max: 1,
      unit: "ratio",
      drill: toModel,
      queries: [{ expr: ofAll(byModel.finished), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "Share of generated tokens",
      description: "Tokens that each model writes, over those of all chosen models.",
      stacked: true,
      max: 1,
      unit: "ratio",
      drill: toModel,
      queries: [{ expr: ofAll(byModel.generationTokens), legend: "{{model_name}}" }],
    }),
    panels.bars({
      title: "Requests now",
      description: "Requests that ended per second.",
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.finished), legend: "{{model_name}}" }],
    }),
    panels.bars({
      title: "Running requests now",
      description: "Requests in the running batches.",
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.running), legend: "{{model_name}}" }],
    }),
  ];
}

const SECONDS_OF_A_DAY = 86_400;

/** Sums of a day are means of rates: recorded series have no counters, and a restart takes nothing from them. */
function lastDay({ panels, choose }: BoardTools) {
  const day = (series: Parameters<typeof perModel>[1], unit: "requests" | "tokens") =>
    withUnit(mul(avgOverTime(subquery(perModel(choose, series), "1d", "5m")), SECONDS_OF_A_DAY), unit);
  return [
    panels.bars({
      title: "Requests of the last day",
      description: "Requests that ended.",
      drill: toModel,
      queries: [{ expr: day(byModel.finished, "requests"), legend: "{{model_name}}" }],
    }),
    panels.bars({
      title: "Tokens of the last day",
      description: "Prompt tokens and generated tokens.",
      drill: toModel,
      queries: [
        { expr: day(byModel.promptTokens, "tokens"), legend: "{{model_name}} prompt" },
        { expr: day(byModel.generationTokens, "tokens"), legend: "{{model_name}} generated" },
      ],
    }),
  ];
}

function latencies({ panels, choose, options }: BoardTools) {
  const kinds = [
    ["First token", latencyByModel.timeToFirstToken, "timeToFirstToken"],
    ["Between tokens", latencyByModel.interTokenLatency, "interTokenLatency"],
    ["Whole request", latencyByModel.endToEndLatency, "endToEndLatency"],
  ] as const;
  return kinds.flatMap(([title, series, kind]) =>
    [0.5, 0.95, 0.99].map((rank) =>
      panels.bars({
        title: `${title}, ${percentile(rank)}`,
        description: `${percentile(rank)} of the last five minutes, per model.`,
        width: 8,
        thresholds: latencyThresholds(options.objectives, kind),
        drill: toModel,
        queries: [{ expr: quantileByModel(choose, rank, series), legend: "{{model_name}}" }],
      }),
    ),
  );
}

function lengths({ panels, choose }: BoardTools) {
  const median = (title: string, description: string, series: Distribution) =>
    panels.lines({
      title,
      description,
      drill: toModel,
      queries: [{ expr: quantileByModel(choose, 0.5, series), legend: "{{model_name}}" }],
    });
  return [
    median("Length of prompts, median", "Tokens of a prompt.", distributionsByModel.promptLength),
    median(
      "Length of answers, median",
      "Generated tokens of a request.",
      distributionsByModel.generationLength,
    ),
  ];
}

function health({ panels, choose, options }: BoardTools) {
  return [
    panels.lines({
      title: "Failed share",
      description: "Share of finished requests that ended with an error of the engine.",
      thresholds: failureThresholds(options.objectives),
      drill: toModel,
      queries: [
        {
          expr: share(perModel(choose, byModel.failed), perModel(choose, byModel.finished)),
          legend: "{{model_name}}",
        },
      ],
    }),
    panels.lines({
      title: "KV cache, fullest replica",
      description: "Share of KV cache blocks in use.",
      max: 1,
      thresholds: [{ from: FULL_CACHE, color: "red" }],
      drill: toModel,
      queries: [{ expr: max(choose(byModel.cacheUsage), by("model_name")), legend: "{{model_name}}" }],
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
      title: "Waiting requests",
      description: "Requests not in a batch yet.",
      drill: toModel,
      queries: [{ expr: perModel(choose, byModel.waiting), legend: "{{model_name}}" }],
    }),
  ];
}
