/** One model: where its requests spend their time, what they are like, and how its replicas share them. */
import { distributionsByModel, modelDetails, replicaDetails } from "../../alerts/vllm/board-recordings.ts";
import { FULL_CACHE, MANY_PREEMPTIONS } from "../../alerts/vllm/engine-alerts.ts";
import { HIGH_WAITING_REQUESTS } from "../../alerts/vllm/high-waiting-requests.ts";
import { byModel, byReplica, latencyByModel } from "../../alerts/vllm/recording.ts";
import { by, max, sum } from "../../metrics/promql/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { failureThresholds, latencyThresholds } from "../options.ts";
import {
  bucketsOf,
  inTotal,
  listedReplicas,
  percentile,
  quantileByModel,
  quantileOfAll,
  quantiles,
  replicaVariables,
  share,
  type Distribution,
} from "./models.ts";

const replica = by("model_name", "pod");
const SHARES = [0.5, 0.95, 0.99] as const;

/** Model. */
export const modelBoard: BoardDefinition = {
  name: "model",
  title: "vLLM / Model",
  description: "One model or several together: latency, tokens, cache, and how the replicas share the work.",
  variables: replicaVariables,
  kind: "recorded",
  listed: listedReplicas,
  sections: (tools): Section[] => [
    { title: "Now", panels: now(tools) },
    { title: "First token: how long until something appears?", panels: pair(tools, firstToken) },
    { title: "Between tokens: how fluently does it write?", panels: pair(tools, betweenTokens) },
    { title: "Whole requests: where does the time go?", panels: whole(tools) },
    { title: "Requests: what are they like?", panels: requests(tools) },
    { title: "Cache: how much is computed twice?", panels: cache(tools) },
    { title: "Replicas: is the load shared?", panels: replicas(tools) },
  ],
};

function now({ panels, choose, options }: BoardTools) {
  return [
    panels.number({
      title: "Requests",
      description: "Requests that ended per second, for whatever reason.",
      query: { expr: inTotal(choose, byModel.finished), legend: "finished" },
    }),
    panels.number({
      title: "Running",
      description: "Requests in the running batches now.",
      query: { expr: inTotal(choose, byModel.running), legend: "running" },
    }),
    panels.number({
      title: "Waiting",
      description: "Requests that wait for a place in a batch.",
      thresholds: [
        { from: 1, color: "yellow" },
        { from: HIGH_WAITING_REQUESTS, color: "red" },
      ],
      query: { expr: inTotal(choose, byModel.waiting), legend: "waiting" },
    }),
    panels.number({
      title: "First token, p95",
      description: "Nineteen of twenty requests got their first token within this time.",
      thresholds: latencyThresholds(options.objectives, "timeToFirstToken"),
      query: { expr: quantileOfAll(choose, 0.95, latencyByModel.timeToFirstToken), legend: "p95" },
    }),
    panels.number({
      title: "Latency, p95",
      description: "Nineteen of twenty requests ended within this time.",
      thresholds: latencyThresholds(options.objectives, "endToEndLatency"),
      query: { expr: quantileOfAll(choose, 0.95, latencyByModel.endToEndLatency), legend: "p95" },
    }),
    panels.number({
      title: "Failed share",
      description: "Share of finished requests that ended with an error of the engine.",
      thresholds: failureThresholds(options.objectives),
      query: {
        expr: share(inTotal(choose, byModel.failed), inTotal(choose, byModel.finished)),
        legend: "failed",
      },
    }),
  ];
}

interface Latency {
  readonly title: string;
  readonly description: string;
  readonly series: Distribution;
  readonly kind: "timeToFirstToken" | "interTokenLatency";
}

const firstToken: Latency = {
  title: "Time to first token",
  description: "From arrival to the first token, tokenisation and queueing included.",
  series: latencyByModel.timeToFirstToken,
  kind: "timeToFirstToken",
};

const betweenTokens: Latency = {
  title: "Inter-token latency",
  description:
    "Time between two outputs of one request. With speculative decoding one output holds several tokens.",
  series: latencyByModel.interTokenLatency,
  kind: "interTokenLatency",
};

/** Quantiles, and beside them all observations. */
function pair({ panels, choose, options }: BoardTools, { title, description, series, kind }: Latency) {
  return [
    panels.lines({
      title,
      description,
      thresholds: latencyThresholds(options.objectives, kind),
      queries: quantiles(choose, series, SHARES),
    }),
    panels.distribution({
      title: `${title}, all observations`,
      description:
        "How many per second took how long: two hills are two kinds of requests, which no quantile shows.",
      query: bucketsOf(choose, series),
      observed: "seconds",
    }),
  ];
}

function whole({ panels, choose, options }: BoardTools) {
  const stage = (series: Distribution, legend: string) => ({
    expr: quantileOfAll(choose, 0.95, series),
    legend,
  });
  return [
    panels.lines({
      title: "Latency",
      description: "From arrival to the last token.",
      thresholds: latencyThresholds(options.objectives, "endToEndLatency"),
      queries: quantiles(choose, latencyByModel.endToEndLatency, SHARES),
    }),
    panels.distribution({
      title: "Latency, all requests",
      description: "How many requests per second took how long, from arrival to the last token.",
      query: bucketsOf(choose, latencyByModel.endToEndLatency),
      observed: "seconds",
    }),
    panels.lines({
      title: "Queue, prefill, decode, p95",
      description:
        "The three parts of a request's time. Much queue: too few replicas. Much prefill: long prompts, little cache. Below 0.3 s it is a guess.",
      queries: [
        stage(latencyByModel.queueTime, "queue"),
        stage(distributionsByModel.prefillTime, "prefill"),
        stage(distributionsByModel.decodeTime, "decode"),
      ],
    }),
    panels.lines({
      title: "Time per output token",
      description:
        "Decode time of a request over its tokens: the pace that a reader sees. Requests of one token count as 0.",
      queries: quantiles(choose, distributionsByModel.timePerOutputToken, SHARES),
    }),
  ];
}

function requests({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Token rate",
      description: "Prompt tokens (cached ones too) and generated tokens per second.",
      queries: [
        { expr: inTotal(choose, byModel.promptTokens), legend: "prompt" },
        { expr: inTotal(choose, byModel.generationTokens), legend: "generated" },
      ],
    }),
    panels.lines({
      title: "Finish reasons",
      description: "stop and length are normal ends; error is the engine's fault.",
      stacked: true,
      queries: [
        {
          expr: sum(choose(modelDetails.finishedByReason), by("finished_reason")),
          legend: "{{finished_reason}}",
        },
      ],
    }),
    ...lengths(
      { panels, choose },
      "Length of prompts",
      "Tokens of a prompt. Long prompts cost prefill time and cache.",
      distributionsByModel.promptLength,
    ),
    ...lengths(
      { panels, choose },
      "Length of answers",
      "Generated tokens of a request. Long answers cost decode time.",
      distributionsByModel.generationLength,
    ),
  ];
}

/** Per model: the bounds of the buckets depend on its maximum length, so those of several models don't add up. */
function lengths(
  { panels, choose }: Pick<BoardTools, "panels" | "choose">,
  title: string,
  description: string,
  series: Distribution,
) {
  return [
    panels.lines({
      title,
      description,
      queries: [0.5, 0.95].map((rank) => ({
        expr: quantileByModel(choose, rank, series),
        legend: `{{model_name}} ${percentile(rank)}`,
      })),
    }),
    panels.distribution({
      title: `${title}, all requests`,
      description:
        "How many requests per second were how long. Choose one model: the bounds depend on its maximum length.",
      query: bucketsOf(choose, series),
      observed: "tokens",
    }),
  ];
}

function cache({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Prefix cache hit rate",
      description: "Share of prompt tokens found in the prefix cache of the replica that got the request.",
      max: 1,
      queries: [
        {
          expr: share(inTotal(choose, byModel.cacheHits), inTotal(choose, byModel.cacheQueries)),
          legend: "hits",
        },
      ],
    }),
    panels.lines({
      title: "Prompt tokens by source",
      description:
        "local_compute was computed, local_cache_hit found in the cache, external_kv_transfer fetched from elsewhere.",
      stacked: true,
      queries: [{ expr: sum(choose(modelDetails.promptTokensBySource), by("source")), legend: "{{source}}" }],
    }),
  ];
}

function replicas({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Running requests by replica",
      description: "One line far above the others: the router sends too much there.",
      queries: [{ expr: sum(choose(byReplica.running), replica), legend: "{{pod}}" }],
    }),
    panels.lines({
      title: "Waiting requests by replica",
      description:
        "A queue in one replica while others have none is the router's doing, not lack of capacity.",
      thresholds: [{ from: HIGH_WAITING_REQUESTS, color: "red" }],
      queries: [{ expr: sum(choose(byReplica.waiting), replica), legend: "{{pod}}" }],
    }),
    panels.lines({
      title: "KV cache by replica",
      description: "Share of KV cache blocks in use, fullest engine of the replica.",
      max: 1,
      thresholds: [{ from: FULL_CACHE, color: "red" }],
      queries: [{ expr: max(choose(byReplica.cacheUsage), replica), legend: "{{pod}}" }],
    }),
    panels.lines({
      title: "Preemptions by replica",
      description: "Running requests put back to make room in the KV cache, per second.",
      thresholds: [{ from: MANY_PREEMPTIONS, color: "red" }],
      queries: [{ expr: sum(choose(byReplica.preemptions), replica), legend: "{{pod}}" }],
    }),
    panels.lines({
      title: "Time to first token by replica, mean",
      description: "Mean of five minutes. One slow replica hides in the model's quantiles.",
      queries: [
        { expr: max(choose(replicaDetails.timeToFirstToken) as never, replica as never), legend: "{{pod}}" },
      ],
      unit: "seconds",
    }),
    panels.lines({
      title: "Prefix cache hit rate by replica",
      description:
        "Share of prompt tokens that the replica's cache held. Uneven: the router scatters conversations.",
      max: 1,
      queries: [
        {
          expr: share(
            sum(choose(byReplica.cacheHits), replica),
            sum(choose(byReplica.cacheQueries), replica),
          ),
          legend: "{{pod}}",
        },
      ],
      unit: "ratio",
    }),
    panels.lines({
      title: "Tokens written by replica",
      description: "Generated tokens per second.",
      queries: [{ expr: sum(choose(byReplica.generationTokens), replica), legend: "{{pod}}" }],
    }),
  ];
}
