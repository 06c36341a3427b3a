/** The LiteLLM gateway: what callers see, and what it makes of the engines behind it. */
import { engineFaults } from "../../alerts/gateway/recording.ts";
import { litellm, gateway } from "../../metrics/litellm/index.ts";
import {
  add,
  by,
  div,
  gt,
  histogramQuantile,
  max,
  min,
  not,
  rate,
  regex,
  sum,
  topk,
  type HistogramSeries,
} from "../../metrics/promql/index.ts";
import type { HistogramFamily } from "../../metrics/family.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { chosenParts } from "../choice.ts";
import type { Query } from "../panels.ts";
import { percentile, share } from "./models.ts";

const condition = "the LiteLLM gateway";
const WINDOW = "$__rate_interval";

/** Gateway. */
export const gatewayBoard: BoardDefinition = {
  name: "gateway",
  title: "vLLM / Gateway (LiteLLM)",
  description:
    "Calls as the gateway sees them: by model, team and key, its own overhead, its deployments, spend and limits.",
  variables: ["cluster", "namespace"],
  kind: "scraped",
  listed: { name: litellm.proxyTotalRequests.name, labels: ["namespace"] },
  sections: (tools): Section[] => [
    { title: "Calls: what do callers see?", panels: calls(tools) },
    { title: "Latency: where does the time go?", panels: latency(tools) },
    { title: "Deployments: which engine fails?", panels: deployments(tools) },
    { title: "Spend: who uses what?", panels: spend(tools) },
    { title: "The gateway itself: is it well?", panels: itself(tools) },
  ],
};

function perSecond(tools: BoardTools) {
  const { choose } = tools;
  return {
    requests: rate(choose(gateway.proxyTotalRequests), WINDOW),
    failed: rate(choose(gateway.proxyFailedRequests), WINDOW),
  };
}

function calls(tools: BoardTools) {
  const { panels } = tools;
  const { requests, failed } = perSecond(tools);
  return [
    panels.number({
      title: "Calls",
      description: "Requests to the proxy per second, whatever became of them.",
      condition,
      query: { expr: sum(requests), legend: "calls" },
    }),
    panels.number({
      title: "Failed share",
      description: "Share of calls that the proxy answered with an error.",
      condition,
      thresholds: [
        { from: 0.01, color: "yellow" },
        { from: 0.05, color: "red" },
      ],
      query: { expr: share(sum(failed), sum(requests)), legend: "failed" },
    }),
    panels.number({
      title: "In flight",
      description: "Calls that the proxy's workers work on now.",
      condition,
      query: { expr: sum(tools.choose(gateway.inFlightRequests)), legend: "in flight" },
    }),
    panels.lines({
      title: "Calls by model",
      description: "Requests to the proxy per second, by the model that was asked for.",
      condition,
      stacked: true,
      queries: [{ expr: sum(requests, by("requested_model")), legend: "{{requested_model}}" }],
    }),
    panels.lines({
      title: "Answers by status",
      description:
        "429: a limit or budget. 408 and 504: the engine was too slow. 503: refused or none is left.",
      condition,
      stacked: true,
      queries: [{ expr: sum(requests, by("status_code")), legend: "{{status_code}}" }],
    }),
    panels.lines({
      title: "Failures by cause",
      description: "Failed calls per second, by the class of the exception.",
      condition,
      stacked: true,
      queries: [{ expr: sum(failed, by("exception_class")), legend: "{{exception_class}}" }],
    }),
    panels.lines({
      title: "Time-outs",
      description:
        "Calls per second that the gateway gave up waiting for, by deployment. The engine works on for nobody.",
      condition,
      queries: [
        {
          expr: sum(
            rate(
              tools.choose(
                gateway.deploymentFailureResponses.where({ exception_class: regex(".*Timeout.*") }),
              ),
              WINDOW,
            ),
            by("litellm_model_name"),
          ),
          legend: "{{litellm_model_name}}",
        },
      ],
    }),
  ];
}

function quantilesOf<F extends HistogramFamily, T extends string, E extends string>(
  { choose }: BoardTools,
  series: HistogramSeries<F, T, E>,
): Query[] {
  const { bucket } = chosenParts(choose, series);
  return [0.5, 0.95, 0.99].map((rank) => ({
    expr: histogramQuantile(rank, sum(rate(bucket as never, WINDOW) as never, by("le") as never) as never),
    legend: percentile(rank),
  }));
}

function latency(tools: BoardTools) {
  const { panels } = tools;
  const of = (title: string, description: string, queries: Query[]) =>
    panels.lines({ title, description, condition, queries, unit: "seconds" });
  return [
    of(
      "Whole call",
      "From the call's arrival at the proxy to the end of the answer.",
      quantilesOf(tools, gateway.requestTotalLatency),
    ),
    of("Engine", "What the call took behind the proxy.", quantilesOf(tools, gateway.llmApiLatency)),
    of(
      "First token",
      "From the call to the engine to its first token; streamed calls only.",
      quantilesOf(tools, gateway.llmApiTimeToFirstToken),
    ),
    of(
      "Overhead of the proxy",
      "What the proxy adds to the engine's time. Above 0.1 s it lacks CPU or its database is slow.",
      quantilesOf(tools, gateway.overheadLatency),
    ),
  ];
}

function deployments(tools: BoardTools) {
  const { panels, choose } = tools;
  const names = by("litellm_model_name", "model_id");
  const legend = "{{litellm_model_name}} {{model_id}}";
  return [
    panels.lines({
      title: "Good answers by deployment",
      description:
        "Calls per second that an engine answered. LiteLLM's own state of a deployment is not shown: an outage stays after the recovery.",
      condition,
      queries: [{ expr: sum(rate(choose(gateway.deploymentSuccessResponses), WINDOW), names), legend }],
    }),
    panels.lines({
      title: "Failed calls by deployment",
      description: "Share of the calls to a deployment that its engine failed: not what clients did wrong.",
      condition,
      queries: [
        {
          expr: share(
            sum(rate(choose(engineFaults), WINDOW), names),
            sum(rate(choose(gateway.deploymentTotalRequests), WINDOW), names),
          ),
          legend,
        },
      ],
    }),
    panels.lines({
      title: "Fallbacks",
      description:
        "Calls per second that another model answered after the one that was asked for failed, and those that none did.",
      condition: `${condition}, and a fallback`,
      queries: [
        {
          expr: sum(
            rate(choose(gateway.deploymentSuccessfulFallbacks), WINDOW),
            by("requested_model", "fallback_model"),
          ),
          legend: "{{requested_model}} to {{fallback_model}}",
        },
        {
          expr: sum(
            rate(choose(gateway.deploymentFailedFallbacks), WINDOW),
            by("requested_model", "fallback_model"),
          ),
          legend: "{{requested_model}} to {{fallback_model}}, failed",
        },
      ],
    }),
    panels.lines({
      title: "Cool-downs",
      description: "How often per second a deployment was set aside because it failed.",
      condition: `${condition}, and a deployment that failed`,
      queries: [
        {
          expr: sum(rate(choose(gateway.deploymentCooledDown), WINDOW), names),
          legend,
        },
      ],
    }),
  ];
}

function spend(tools: BoardTools) {
  const { panels, choose } = tools;
  const hits = sum(rate(choose(gateway.cacheHits), WINDOW));
  const misses = sum(rate(choose(gateway.cacheMisses), WINDOW));
  const teams = gateway.totalTokens.where({ team_alias: not("") });
  return [
    panels.lines({
      title: "Tokens by team",
      description: "Prompt and generated tokens per second, by the team of the key.",
      condition: `${condition}, and keys with a team`,
      stacked: true,
      queries: [{ expr: sum(rate(choose(teams), WINDOW), by("team_alias")), legend: "{{team_alias}}" }],
    }),
    panels.lines({
      title: "Spend by team",
      description: "Dollars per second at the prices that the gateway knows.",
      condition: `${condition}, prices in its model list, and keys with a team`,
      stacked: true,
      queries: [
        {
          expr: sum(rate(choose(gateway.spend.where({ team_alias: not("") })), WINDOW), by("team_alias")),
          legend: "{{team_alias}}",
        },
      ],
    }),
    panels.bars({
      title: "Budget left by team",
      description: "Share of each team's budget that is left.",
      condition: `${condition}, and teams with a budget`,
      max: 1,
      base: "red",
      thresholds: [
        { from: 0.1, color: "yellow" },
        { from: 0.3, color: "green" },
      ],
      queries: [
        {
          expr: div(
            min(choose(gateway.remainingTeamBudget), by("team_alias")),
            gt(max(choose(gateway.teamMaxBudget), by("team_alias")), 0),
          ),
          legend: "{{team_alias}}",
        },
      ],
    }),
    panels.bars({
      title: "Busiest keys",
      description: "The ten keys with most calls per second.",
      condition: `${condition}, and keys with an alias`,
      queries: [
        {
          expr: topk(
            10,
            sum(
              rate(choose(gateway.proxyTotalRequests.where({ api_key_alias: not("") })), WINDOW),
              by("api_key_alias"),
            ),
          ),
          legend: "{{api_key_alias}}",
        },
      ],
    }),
    panels.lines({
      title: "Cached answers",
      description: "Share of calls that the gateway answered from its own cache.",
      condition: `${condition} with a cache`,
      max: 1,
      queries: [{ expr: share(hits, add(hits, misses)), legend: "hits" }],
    }),
  ];
}

function itself(tools: BoardTools) {
  const { panels, choose } = tools;
  return [
    panels.lines({
      title: "Queue before the engine",
      description: "How long calls wait in the proxy before they are worked on.",
      condition,
      unit: "seconds",
      queries: quantilesOf(tools, gateway.requestQueueTimeSeconds),
    }),
    panels.lines({
      title: "Failures of Redis and the database",
      description: "Failed calls of the proxy per second to what it keeps its state in.",
      condition: `${condition} with Redis or a database`,
      queries: [
        { expr: sum(rate(choose(gateway.redisFailedRequests), WINDOW)), legend: "Redis" },
        { expr: sum(rate(choose(gateway.postgresFailedRequests), WINDOW)), legend: "database" },
      ],
    }),
    panels.lines({
      title: "Spend not written yet",
      description: "Entries in the queues of spend. A queue that grows loses money when the pod dies.",
      condition: `${condition} with a database`,
      queries: [
        { expr: sum(choose(gateway.inMemorySpendUpdateQueueSize)), legend: "memory" },
        { expr: sum(choose(gateway.redisSpendUpdateQueueSize)), legend: "Redis" },
      ],
    }),
    panels.lines({
      title: "Calls without a price",
      description: "Calls per second whose cost could not be computed, by reason.",
      condition: `${condition}, and a model without a price`,
      queries: [
        { expr: sum(rate(choose(gateway.zeroCostRequests), WINDOW), by("reason")), legend: "{{reason}}" },
      ],
    }),
  ];
}
