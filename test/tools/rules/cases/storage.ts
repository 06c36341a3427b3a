import type { AlertCases } from "../../../support/rule-cases.ts";
import type { InputSeries } from "../../../support/promtool.ts";

const POD = 'namespace="m",pod="p"';
const pod = { namespace: "m", pod: "p" };
const fired = (alertname: string, severity: string, labels: Record<string, string> = {}) => [
  { labels: { alertname, severity, component: "monitoring", ...pod, ...labels } },
];

interface Sides {
  bad: InputSeries;
  under: InputSeries[];
  at: [string, string, string];
  labels?: Record<string, string>;
  interval?: string;
}

function cases(alert: string, severity: string, { bad, under, at, labels, interval }: Sides): AlertCases {
  const [before, during, after] = at;
  const step = interval === undefined ? {} : { interval };
  return {
    alert,
    tests: [
      {
        name: "fires and resolves",
        ...step,
        series: bad,
        expect: { [before]: [], [during]: fired(alert, severity, labels), [after]: [] },
      },
      ...under.map((series, index) => ({
        name: `stays silent just under, ${String(index + 1)}`,
        ...step,
        series,
        expect: { [during]: [], [after]: [] },
      })),
    ],
  };
}

/** A counter of failures: one that moves, and one that stands. */
function counter(
  alert: string,
  severity: string,
  series: string,
  at: [string, string, string],
  labels?: Record<string, string>,
): AlertCases {
  return cases(alert, severity, {
    bad: { [series]: "0x4 0+1x300 300x3000" },
    under: [{ [series]: "7x3300" }],
    at,
    ...(labels === undefined ? {} : { labels }),
  });
}

const remote = 'namespace="m",pod="p",remote_name="long-term",url="http://r"';
const toRemote = { remote_name: "long-term" };
const highest = `prometheus_remote_storage_queue_highest_timestamp_seconds{${remote}}`;
const sent = `prometheus_remote_storage_queue_highest_sent_timestamp_seconds{${remote}}`;
const head = `prometheus_tsdb_head_series{${POD}}`;
const uploaded = `thanos_objstore_bucket_last_successful_upload_time{${POD},container="thanos-sidecar",bucket="b"}`;
const operation = 'namespace="m",pod="p",bucket="b",operation="get"';
const failures = `thanos_objstore_bucket_operation_failures_total{${operation}}`;
const operations = `thanos_objstore_bucket_operations_total{${operation}}`;
const added = `scrape_series_added{${POD},job="j"}`;

export const storageCases: AlertCases[] = [
  cases("RemoteWriteBehind", "critical", {
    bad: { [highest]: "1000x160", [sent]: "879x60 990x100" },
    under: [{ [highest]: "1000x160", [sent]: "880x160" }],
    at: ["9m", "12m", "25m"],
    labels: toRemote,
  }),
  counter(
    "RemoteWriteFailing",
    "critical",
    `prometheus_remote_storage_samples_failed_total{${remote}}`,
    ["5m", "30m", "120m"],
    toRemote,
  ),
  cases("PrometheusCardinalityJump", "warning", {
    interval: "1m",
    bad: { [head]: "100000x1440 160000x60 140000x60" },
    under: [{ [head]: "100000x1440 150000x120" }, { [head]: "50000x1440 100000x120" }],
    at: ["1440m", "1490m", "1530m"],
  }),
  counter(
    "ScrapeSampleLimitExceeded",
    "warning",
    `prometheus_target_scrapes_exceeded_sample_limit_total{${POD}}`,
    ["5m", "30m", "120m"],
  ),
  counter("PrometheusStorageFailing", "critical", `prometheus_tsdb_compactions_failed_total{${POD}}`, [
    "5m",
    "30m",
    "300m",
  ]),
  cases("ThanosCompactorHalted", "critical", {
    bad: { [`thanos_compact_halted{${POD}}`]: "1x40 0x60" },
    under: [{ [`thanos_compact_halted{${POD}}`]: "0x100" }],
    at: ["4m", "8m", "15m"],
  }),
  counter(
    "ThanosCompactionsFailing",
    "warning",
    `thanos_compact_group_compactions_failures_total{${POD},resolution="0"}`,
    ["15m", "40m", "200m"],
  ),
  cases("ThanosUploadsStalled", "critical", {
    interval: "1m",
    // Seconds after the first sample: three hours and a minute later it is too long ago.
    bad: { [uploaded]: "60x195 11700x60" },
    under: [{ [uploaded]: "900x195 11700x60" }, { [uploaded]: "0x255" }],
    at: ["184m", "190m", "220m"],
  }),
  counter("ThanosUploadsFailing", "warning", `thanos_shipper_upload_failures_total{${POD}}`, [
    "25m",
    "45m",
    "200m",
  ]),
  cases("ObjectStoreOperationsFailing", "warning", {
    bad: { [operations]: "0+100x300", [failures]: "0+6x100 600x200" },
    under: [{ [operations]: "0+100x300", [failures]: "0+5x300" }],
    at: ["9m", "20m", "45m"],
    labels: { operation: "get" },
  }),
  cases("TargetSeriesChurn", "warning", {
    bad: { [added]: "1001x80 1000x80" },
    under: [{ [added]: "1000x160" }],
    at: ["14m", "18m", "30m"],
    labels: { job: "j" },
  }),
];
