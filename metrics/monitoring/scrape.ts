import type { MetricFamily } from "../family.ts";

const since = "3.13.2";
const source = "prometheus docs/concepts/jobs_instances.md";

/** What Prometheus itself writes about every target and alert. */
export const scrape = {
  up: {
    name: "up",
    type: "gauge",
    help: "The scraping was successful",
    unit: "boolean",
    labels: [],
    since,
    caveat: "0 while a model loads, too: vLLM listens only afterwards.",
    source,
  },
  scrapeDurationSeconds: {
    name: "scrape_duration_seconds",
    type: "gauge",
    help: "Duration of the scrape",
    unit: "seconds",
    labels: [],
    since,
    source,
  },
  scrapeSamplesScraped: {
    name: "scrape_samples_scraped",
    type: "gauge",
    help: "The number of samples the target exposed",
    unit: "samples",
    labels: [],
    since,
    source,
  },
  scrapeSamplesPostMetricRelabeling: {
    name: "scrape_samples_post_metric_relabeling",
    type: "gauge",
    help: "The number of samples remaining after metric relabeling was applied",
    unit: "samples",
    labels: [],
    since,
    source,
  },
  scrapeSeriesAdded: {
    name: "scrape_series_added",
    type: "gauge",
    help: "The approximate number of new series in this scrape",
    unit: "series",
    labels: [],
    since,
    source,
  },
  alerts: {
    name: "ALERTS",
    type: "gauge",
    help: "Pending and firing alerts, with all labels of the alert",
    unit: "info",
    labels: ["alertname", "alertstate", "severity"],
    labelValues: { alertstate: ["pending", "firing"] },
    since,
    caveat: "Carries every label of the alert; only those that all of ours have are listed.",
    source,
  },
  alertsForState: {
    name: "ALERTS_FOR_STATE",
    type: "gauge",
    help: "Since when an alert is pending or firing",
    unit: "timestamp",
    labels: ["alertname", "severity"],
    since,
    source,
  },
} as const satisfies Record<string, MetricFamily>;
