/** The first dashboard to look at: which model is loaded, slow or failing. */
// Schema v2 can't be provisioned from files; the classic one that the SDK calls deprecated can.
/* eslint-disable @typescript-eslint/no-deprecated */
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { vllm } from "../metrics/vllm/index.ts";
import { distribution, lines, number } from "./panels.ts";
import { average, buckets, CHOSEN, CHOSEN_TARGETS, maximum, quantile, rate, ratio, sum } from "./promql.ts";
import { dashboardUids } from "./uids.ts";
import { variables } from "./variables.ts";

/** Identity in Grafana; links and alerts point to it, so it never changes. */
export const FLEET_OVERVIEW_UID = dashboardUids.fleetOverview;

/** From here on the cache is nearly full: new requests wait, running ones are preempted. */
const CACHE_NEARLY_FULL = 0.9;

/** Builds the dashboard in the classic schema. */
export function fleetOverview(): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder("vLLM / Fleet overview")
    .uid(FLEET_OVERVIEW_UID)
    .description("Load, latency, throughput and errors of all models. Choose a model or pod to look closer.")
    .tags(["vllm", "vllm-monitoring"])
    .readonly()
    .timezone("browser")
    .time({ from: "now-3h", to: "now" })
    .refresh("30s")
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(
      new dashboard.DashboardLinkBuilder("vLLM dashboards")
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags(["vllm-monitoring"])
        .asDropdown(true)
        .keepTime(true)
        .includeVars(true),
    )
    .variables(variables());
  for (const { title, panels } of sections()) {
    builder.withRow(new dashboard.RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  return withIds(builder.build());
}

function sections() {
  return [
    { title: "Now", panels: now() },
    { title: "Load: is there room?", panels: load() },
    { title: "Latency: what do users feel?", panels: latency() },
    { title: "Throughput: how much is done?", panels: throughput() },
    { title: "Errors: what fails?", panels: errors() },
  ];
}

function now() {
  const finished = rate(vllm.requestSuccess, []);
  const failed = rate(vllm.requestSuccess, [], { ...CHOSEN, finished_reason: '="error"' });
  return [
    number({
      title: "Running",
      description: "Requests in the running batches of all chosen models.",
      unit: units.Short,
      query: { expr: sum(vllm.numRequestsRunning, []), legend: "running" },
    }),
    number({
      title: "Waiting",
      description: "Requests that wait for a place in a batch. Anything lasting above zero is saturation.",
      unit: units.Short,
      thresholds: [
        { from: 1, color: "yellow" },
        { from: 100, color: "red" },
      ],
      query: { expr: sum(vllm.numRequestsWaiting, []), legend: "waiting" },
    }),
    number({
      title: "Fullest KV cache",
      description:
        "Highest share of KV cache in use over all engines. Cached blocks that can be evicted count as free.",
      unit: units.PercentUnit,
      thresholds: [{ from: CACHE_NEARLY_FULL, color: "red" }],
      query: { expr: maximum(vllm.kvCacheUsage, []), legend: "fullest" },
    }),
    number({
      title: "Time to first token, p95",
      description: "Nineteen of twenty requests got their first token within this time, queueing included.",
      unit: units.Seconds,
      query: { expr: quantile(0.95, vllm.timeToFirstToken, []), legend: "p95" },
    }),
    number({
      title: "Requests finished",
      description: "Requests that ended per second, for whatever reason.",
      unit: units.RequestsPerSecond,
      query: { expr: finished, legend: "finished" },
    }),
    number({
      title: "Failed share",
      description: "Share of finished requests that ended with an error of the engine.",
      unit: units.PercentUnit,
      thresholds: [
        { from: 0.001, color: "yellow" },
        { from: 0.01, color: "red" },
      ],
      query: { expr: ratio(`(${failed} or vector(0))`, finished), legend: "failed" },
    }),
  ];
}

function load() {
  return [
    lines({
      title: "Running requests",
      description:
        "Requests in the running batch after the last scheduler step, all replicas of a model together.",
      unit: units.Short,
      queries: [{ expr: sum(vllm.numRequestsRunning, ["model_name"]), legend: "{{model_name}}" }],
    }),
    lines({
      title: "Waiting requests",
      description:
        "Requests not in a batch yet. A queue that does not drain needs more replicas or shorter requests.",
      unit: units.Short,
      queries: [{ expr: sum(vllm.numRequestsWaiting, ["model_name"]), legend: "{{model_name}}" }],
    }),
    lines({
      title: "KV cache in use",
      description:
        "Share of KV cache blocks in use: mean and fullest engine of each model. Near 100 % requests wait or are preempted.",
      unit: units.PercentUnit,
      max: 1,
      thresholds: [{ from: CACHE_NEARLY_FULL, color: "red" }],
      queries: [
        { expr: average(vllm.kvCacheUsage, ["model_name"]), legend: "{{model_name}} mean" },
        { expr: maximum(vllm.kvCacheUsage, ["model_name"]), legend: "{{model_name}} fullest" },
      ],
    }),
    lines({
      title: "Why requests wait",
      description:
        "capacity: no room in batch or cache. deferred: waits for a LoRA slot, a KV transfer or the like.",
      unit: units.Short,
      stacked: true,
      queries: [
        {
          expr: sum(vllm.numRequestsWaitingByReason, ["model_name", "reason"]),
          legend: "{{model_name}} {{reason}}",
        },
      ],
    }),
  ];
}

function latency() {
  return [
    lines({
      title: "Time to first token",
      description: "From arrival to the first token, tokenisation and queueing included.",
      unit: units.Seconds,
      queries: [
        { expr: quantile(0.5, vllm.timeToFirstToken, ["model_name"]), legend: "{{model_name}} p50" },
        { expr: quantile(0.95, vllm.timeToFirstToken, ["model_name"]), legend: "{{model_name}} p95" },
      ],
    }),
    lines({
      title: "Inter-token latency",
      description:
        "Time between two outputs of one request. With speculative decoding one output holds several tokens.",
      unit: units.Seconds,
      queries: [
        { expr: quantile(0.5, vllm.interTokenLatency, ["model_name"]), legend: "{{model_name}} p50" },
        { expr: quantile(0.95, vllm.interTokenLatency, ["model_name"]), legend: "{{model_name}} p95" },
      ],
    }),
    distribution({
      title: "Time to first token, all requests",
      description: "How many requests per second got their first token in which time.",
      unit: units.Seconds,
      query: buckets(vllm.timeToFirstToken, []),
    }),
    lines({
      title: "Where the time goes, p95",
      description:
        "Queue, prefill and decode of finished requests. The smallest bucket ends at 0.3 s: below that it is a guess.",
      unit: units.Seconds,
      queries: [
        { expr: quantile(0.95, vllm.requestQueueTime, ["model_name"]), legend: "{{model_name}} queue" },
        { expr: quantile(0.95, vllm.requestPrefillTime, ["model_name"]), legend: "{{model_name}} prefill" },
        { expr: quantile(0.95, vllm.requestDecodeTime, ["model_name"]), legend: "{{model_name}} decode" },
      ],
    }),
  ];
}

function throughput() {
  return [
    lines({
      title: "Request rate",
      description: "Requests that ended per second, for whatever reason.",
      unit: units.RequestsPerSecond,
      queries: [{ expr: rate(vllm.requestSuccess, ["model_name"]), legend: "{{model_name}}" }],
    }),
    lines({
      title: "Token rate",
      description: "Prompt tokens (cached ones too) and generated tokens per second.",
      unit: TOKENS_PER_SECOND,
      queries: [
        { expr: rate(vllm.promptTokens, ["model_name"]), legend: "{{model_name}} prompt" },
        { expr: rate(vllm.generationTokens, ["model_name"]), legend: "{{model_name}} generated" },
      ],
    }),
    lines({
      title: "Prefix cache hit rate",
      description: "Share of prompt tokens found in the prefix cache.",
      unit: units.PercentUnit,
      max: 1,
      queries: [
        {
          expr: ratio(
            rate(vllm.prefixCacheHits, ["model_name"]),
            rate(vllm.prefixCacheQueries, ["model_name"]),
          ),
          legend: "{{model_name}}",
        },
      ],
    }),
    lines({
      title: "Preemptions",
      description:
        "Running requests put back to make room in the KV cache, per second; their work is done again.",
      unit: units.EventsPerSecond,
      queries: [{ expr: rate(vllm.numPreemptions, ["model_name"]), legend: "{{model_name}}" }],
    }),
  ];
}

function errors() {
  return [
    lines({
      title: "Finish reasons",
      description:
        "stop and length are normal ends. Clients that hang up are in none of them: vLLM does not count those.",
      unit: units.RequestsPerSecond,
      stacked: true,
      queries: [
        {
          expr: rate(vllm.requestSuccess, ["model_name", "finished_reason"]),
          legend: "{{model_name}} {{finished_reason}}",
        },
      ],
    }),
    lines({
      title: "HTTP answers",
      description: "Answers by class of status, probes and scrapes left out by vLLM itself.",
      unit: units.RequestsPerSecond,
      stacked: true,
      queries: [
        {
          expr: rate(vllm.httpRequests, ["model", "status"], CHOSEN_TARGETS),
          legend: "{{model}} {{status}}",
        },
      ],
    }),
  ];
}

/** Grafana has no unit for tokens. */
const TOKENS_PER_SECOND = "suffix:tok/s";

/** Ids in reading order, so that links to a panel last as long as the order does. */
function withIds(built: dashboard.Dashboard): dashboard.Dashboard {
  const panels = (built.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 }));
  return { ...built, panels, annotations: { list: [] } };
}
