/** The monitoring itself: without it every other dashboard may lie. */
import { prometheusSeries, scrape, target } from "../../metrics/monitoring/index.ts";
import { avg, by, div, gt, max, rate, sum } from "../../metrics/promql/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { longTermStorage } from "./long-term-storage.ts";
import { alerts, operator } from "./monitoring-delivery.ts";

const WINDOW = "$__rate_interval";

/** The monitoring itself. */
export const monitoringBoard: BoardDefinition = {
  name: "monitoring",
  title: "vLLM / Monitoring",
  description:
    "Targets, Prometheus, rules, Alertmanager, operator, bridge and long-term storage: what must work for the rest to be true.",
  variables: ["cluster", "namespace", "pod"],
  optional: ["namespace", "pod"],
  kind: "scraped",
  listed: { name: scrape.up.name, labels: ["namespace", "pod"] },
  sections: (tools): Section[] => [
    { title: "Targets: is everything seen?", panels: targets(tools) },
    { title: "Prometheus: is it well?", panels: server(tools) },
    { title: "Rules: are alerts evaluated?", panels: rules(tools) },
    { title: "Alerts: do they arrive?", panels: alerts(tools) },
    { title: "Operator: does the configuration follow?", panels: operator(tools) },
    { title: "Thanos: is history kept?", panels: longTermStorage(tools) },
  ],
};

function targets({ panels, choose }: BoardTools) {
  return [
    panels.number({
      title: "Targets up",
      description: "Share of the targets that answer their scrapes.",
      width: 6,
      base: "red",
      thresholds: [
        { from: 0.95, color: "yellow" },
        { from: 1, color: "green" },
      ],
      unit: "ratio",
      query: { expr: avg(choose(target.up)), legend: "up" },
    }),
    panels.number({
      title: "Series",
      description: "Series in Prometheus' head, the fullest server's.",
      width: 6,
      query: { expr: max(choose(prometheusSeries.tsdbHeadSeries)), legend: "series" },
    }),
    panels.number({
      title: "Samples taken in",
      description: "Samples per second, all servers together.",
      width: 6,
      query: { expr: sum(rate(choose(prometheusSeries.tsdbHeadSamplesAppended), WINDOW)), legend: "samples" },
    }),
    panels.number({
      title: "Rule failures",
      description: "Evaluations of rules that fail, per second. Any is an alert that may not fire.",
      width: 6,
      thresholds: [{ from: 1e-9, color: "red" }],
      query: { expr: sum(rate(choose(prometheusSeries.ruleEvaluationFailures), WINDOW)), legend: "failures" },
    }),
    panels.lines({
      title: "Targets that answer, by job",
      description: "Share of each job's targets that answer.",
      max: 1,
      unit: "ratio",
      queries: [{ expr: avg(choose(target.up), by("job")), legend: "{{job}}" }],
    }),
    panels.lines({
      title: "Duration of scrapes, slowest by job",
      description: "Near the scrape's time-out the target is about to be lost.",
      queries: [{ expr: max(choose(target.scrapeDurationSeconds), by("job")), legend: "{{job}}" }],
    }),
    panels.lines({
      title: "Samples by job",
      description: "Samples of one round of scrapes after relabelling: who is expensive.",
      stacked: true,
      queries: [
        { expr: sum(choose(target.scrapeSamplesPostMetricRelabeling), by("job")), legend: "{{job}}" },
      ],
    }),
    panels.lines({
      title: "New series by job",
      description: "Series that a round of scrapes adds. A rate that stays is churn: a label that changes.",
      queries: [{ expr: sum(choose(target.scrapeSeriesAdded), by("job")), legend: "{{job}}" }],
    }),
  ];
}

function server({ panels, choose }: BoardTools) {
  const pod = by("pod");
  const slice = by("pod", "slice");
  const slow = prometheusSeries.engineQueryDurationSeconds;
  return [
    panels.lines({
      title: "Series in the head",
      description: "Series of the last hours in memory: about 4 kB each.",
      queries: [{ expr: max(choose(prometheusSeries.tsdbHeadSeries), pod), legend: "{{pod}}" }],
    }),
    panels.lines({
      title: "Disk",
      description: "Blocks and write-ahead log.",
      queries: [
        { expr: max(choose(prometheusSeries.tsdbStorageBlocksBytes), pod), legend: "{{pod}} blocks" },
        { expr: max(choose(prometheusSeries.tsdbWalStorageSizeBytes), pod), legend: "{{pod}} log" },
      ],
    }),
    panels.lines({
      title: "Time of queries, mean",
      description: "Where queries spend their time, dashboards and rules together.",
      unit: "seconds",
      queries: [
        {
          expr: div(
            sum(rate(choose(slow.sum), WINDOW), slice),
            gt(sum(rate(choose(slow.count), WINDOW), slice), 0),
          ),
          legend: "{{pod}} {{slice}}",
        },
      ],
    }),
    panels.lines({
      title: "Samples refused",
      description: "Samples per second that came twice, too late or over a limit.",
      queries: [
        {
          expr: sum(rate(choose(prometheusSeries.targetScrapesSampleDuplicateTimestamp), WINDOW)),
          legend: "twice",
        },
        {
          expr: sum(rate(choose(prometheusSeries.targetScrapesSampleOutOfOrder), WINDOW)),
          legend: "out of order",
        },
        {
          expr: sum(rate(choose(prometheusSeries.targetScrapesSampleOutOfBounds), WINDOW)),
          legend: "too old",
        },
      ],
    }),
  ];
}

function rules({ panels, choose }: BoardTools) {
  const ruleGroup = by("rule_group");
  return [
    panels.lines({
      title: "Time of rule groups over their interval",
      description: "Share of its interval that a group takes; at 100 % evaluations are missed.",
      max: 1,
      unit: "ratio",
      thresholds: [{ from: 0.5, color: "yellow" }],
      queries: [
        {
          expr: div(
            max(choose(prometheusSeries.ruleGroupLastDurationSeconds), ruleGroup),
            max(choose(prometheusSeries.ruleGroupIntervalSeconds), ruleGroup),
          ),
          legend: "{{rule_group}}",
        },
      ],
    }),
    panels.lines({
      title: "Missed evaluations",
      description: "Evaluations per second that did not happen because the one before was still running.",
      queries: [
        {
          expr: sum(rate(choose(prometheusSeries.ruleGroupIterationsMissed), WINDOW), by("pod")),
          legend: "{{pod}}",
        },
      ],
    }),
  ];
}
