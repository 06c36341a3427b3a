/** The LiteLLM gateway: what callers see, and what it makes of the engines behind it. */
import { engineFaults } from "../../alerts/gateway/recording.ts";
import { litellm, gateway } from "../../metrics/litellm/index.ts";
import { by, rate, regex, sum } from "../../metrics/promql/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import type { Query } from "../panels.ts";
import { quantilesOf } from "./gateway-quantiles.ts";
import { condition, itself, spend } from "./gateway-spend.ts";
import { share } from "./models.ts";

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
