/** Ray Serve: requests, replicas and autoscaling; the engines under it are in the other dashboards. */
import { rayServe, serve } from "../../metrics/ray/index.ts";
import { avg, by, convert, histogramQuantile, max, rate, sum } from "../../metrics/promql/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { percentile, share } from "./models.ts";

const condition = "models under Ray Serve";
const WINDOW = "$__rate_interval";
const deployment = by("application", "deployment");
const legend = "{{application}} {{deployment}}";

/** Ray Serve. */
export const rayBoard: BoardDefinition = {
  name: "ray",
  title: "vLLM / Ray Serve",
  description: "Requests, queues, replicas and autoscaling of Ray Serve.",
  variables: ["cluster", "namespace", "pod", "node"],
  kind: "scraped",
  listed: { name: rayServe.deploymentReplicaHealthy.name, labels: ["namespace", "pod", "node"] },
  sections: (tools): Section[] => [
    { title: "Requests: what do callers see?", panels: requests(tools) },
    { title: "Replicas: are they well?", panels: replicas(tools) },
    { title: "Autoscaling: does it follow?", panels: scaling(tools) },
  ],
};

function requests({ panels, choose }: BoardTools) {
  const all = rate(choose(serve.numHttpRequests), WINDOW);
  const failed = rate(choose(serve.numHttpErrorRequests), WINDOW);
  const buckets = sum(rate(choose(serve.httpRequestLatencyMs.bucket), WINDOW), by("le"));
  return [
    panels.lines({
      title: "Requests by route",
      description: "Requests to the proxies per second.",
      condition,
      stacked: true,
      queries: [{ expr: sum(all, by("application", "route")), legend: "{{application}} {{route}}" }],
    }),
    panels.lines({
      title: "Answers by status",
      description: "Requests to the proxies per second, by status.",
      condition,
      stacked: true,
      queries: [{ expr: sum(all, by("status_code")), legend: "{{status_code}}" }],
    }),
    panels.lines({
      title: "Failed share",
      description: "Share of the requests to the proxies that were answered with an error.",
      condition: `${condition}, and a request that failed`,
      thresholds: [{ from: 0.05, color: "red" }],
      queries: [
        {
          expr: share(sum(failed, by("application")), sum(all, by("application"))),
          legend: "{{application}}",
        },
      ],
    }),
    panels.lines({
      title: "Latency",
      description: "From the arrival at the proxy to the end of the answer.",
      condition,
      queries: [0.5, 0.95, 0.99].map((rank) => ({
        expr: convert(histogramQuantile(rank, buckets), "seconds"),
        legend: percentile(rank),
      })),
    }),
    panels.lines({
      title: "Requests under way",
      description: "Requests that the proxies work on.",
      condition,
      queries: [
        {
          expr: sum(choose(serve.numOngoingHttpRequests), by("node_ip_address")),
          legend: "{{node_ip_address}}",
        },
      ],
    }),
    panels.lines({
      title: "Queue before the replicas",
      description:
        "Requests that wait for a replica with a free place. The engine's own queue comes after it.",
      condition,
      queries: [{ expr: sum(choose(serve.deploymentQueuedQueries), deployment), legend }],
    }),
  ];
}

function replicas({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Healthy replicas",
      description: "Replicas that answer their health check.",
      condition,
      queries: [{ expr: sum(choose(serve.deploymentReplicaHealthy), deployment), legend }],
    }),
    panels.lines({
      title: "Requests in replicas",
      description: "Requests that replicas work on; compare with max_ongoing_requests.",
      condition,
      queries: [{ expr: sum(choose(serve.replicaProcessingQueries), deployment), legend }],
    }),
    panels.lines({
      title: "State of deployments",
      description:
        "0 unknown, 1 deploy failed, 2 unhealthy, 3 updating, 4 upscaling, 5 downscaling, 6 healthy.",
      condition,
      base: "red",
      thresholds: [
        { from: 3, color: "yellow" },
        { from: 6, color: "green" },
      ],
      queries: [{ expr: max(choose(serve.deploymentStatus), deployment), legend }],
    }),
    panels.lines({
      title: "Restarts of replicas",
      description: "Starts of replicas after a failure, per second.",
      condition,
      queries: [{ expr: sum(rate(choose(serve.deploymentReplicaStarts), WINDOW), deployment), legend }],
    }),
    panels.lines({
      title: "Errors in deployments",
      description: "Requests per second that raised an exception, by its type.",
      condition: `${condition}, and an exception`,
      queries: [
        {
          expr: sum(rate(choose(serve.deploymentErrorCounter), WINDOW), by("deployment", "exception_type")),
          legend: "{{deployment}} {{exception_type}}",
        },
      ],
    }),
    panels.lines({
      title: "Failed health checks",
      description: "Health checks per second that failed or timed out.",
      condition: `${condition}, and a check that failed`,
      queries: [{ expr: sum(rate(choose(serve.healthCheckFailures), WINDOW), deployment), legend }],
    }),
  ];
}

function scaling({ panels, choose }: BoardTools) {
  const startup = sum(rate(choose(serve.replicaStartupLatencyMs.bucket), WINDOW), by("le", "deployment"));
  return [
    panels.lines({
      title: "Replicas wanted",
      description:
        "desired: what the load asks for. target: the same within the bounds. Apart for long: the maximum is too low.",
      condition: `${condition} with autoscaling`,
      queries: [
        { expr: max(choose(serve.autoscalingDesiredReplicas), deployment), legend: `${legend} desired` },
        { expr: max(choose(serve.autoscalingTargetReplicas), deployment), legend: `${legend} target` },
      ],
    }),
    panels.lines({
      title: "Load that the autoscaler sees",
      description: "All requests, queued and running.",
      condition: `${condition} with autoscaling`,
      queries: [{ expr: max(choose(serve.autoscalingTotalRequests), deployment), legend }],
    }),
    panels.lines({
      title: "Use of replicas",
      description: "Share of the replicas' places in which user code runs.",
      condition,
      max: 100,
      queries: [{ expr: avg(choose(serve.replicaUtilizationPercent), deployment), legend }],
    }),
    panels.lines({
      title: "Start of a replica, p95",
      description: "From its creation to its being ready, the model's load included: what scaling out costs.",
      condition: `${condition}, and a replica that started`,
      queries: [{ expr: convert(histogramQuantile(0.95, startup), "seconds"), legend: "{{deployment}}" }],
    }),
  ];
}
