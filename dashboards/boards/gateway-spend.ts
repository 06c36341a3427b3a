/** What the gateway's callers spend, and how the gateway itself is. */
import { gateway } from "../../metrics/litellm/index.ts";
import { add, by, div, gt, max, min, not, rate, sum, topk } from "../../metrics/promql/index.ts";
import type { BoardTools } from "../board.ts";
import { quantilesOf } from "./gateway-quantiles.ts";
import { share } from "./models.ts";

/** What the gateway's panels need. */
export const condition = "the LiteLLM gateway";
const WINDOW = "$__rate_interval";

/** Tokens, dollars and budgets. */
export function spend(tools: BoardTools) {
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

/** Its own queues, database and caches. */
export function itself(tools: BoardTools) {
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
