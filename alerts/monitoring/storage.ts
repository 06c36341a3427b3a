/** Alerts on what becomes of the samples: their number, remote write, and long-term storage. */
import { prometheusSeries, target, thanosSeries } from "../../metrics/monitoring/index.ts";
import {
  and,
  by,
  eq,
  gt,
  increase,
  max,
  print,
  sub,
  sum,
  time,
  div,
  rate,
  type Expression,
} from "../../metrics/promql/index.ts";
import { Board } from "../boards.ts";
import { Severity, type AlertRule } from "../types.ts";

/** Seconds that remote write may be behind. */
export const SENDING_BEHIND = 120;
/** Seconds since the last upload: a block is uploaded every two hours. */
export const UPLOAD_AGE = 3 * 3600;
/** How many times as many series as a day before are too many, from how many series on. */
export const SERIES_GROWTH = 1.5;
export const SERIES_LEAST = 100_000;
/** Share of the operations on the object store that may fail. */
export const FAILED_OPERATIONS = 0.05;

const pod = by("namespace", "pod");
const where = "{{ $labels.namespace }}/{{ $labels.pod }}";

function rule(
  alert: string,
  severity: Severity,
  condition: Expression,
  texts: AlertRule["annotations"],
  rest: Partial<AlertRule> = {},
): AlertRule {
  const labels = { component: "monitoring" };
  const dashboard = { uid: Board.monitoring };
  return { alert, expr: print(condition), severity, labels, dashboard, annotations: texts, ...rest };
}

const queue = by("namespace", "pod", "remote_name");

/** Remote write can't keep up, or the other side does not take what it sends. */
export const remoteWriteBehind = rule(
  "RemoteWriteBehind",
  Severity.Critical,
  gt(
    sub(
      max(prometheusSeries.remoteStorageQueueHighestTimestampSeconds, queue),
      max(prometheusSeries.remoteStorageQueueHighestSentTimestampSeconds, queue),
    ),
    SENDING_BEHIND,
  ),
  {
    summary: `${where} is {{ $value | humanizeDuration }} behind in sending to {{ $labels.remote_name }}.`,
    description:
      "What the write-ahead log no longer holds, about two hours back, is lost for the other side.",
  },
  { for: "10m" },
);

const lost = by("namespace", "pod", "remote_name");
export const remoteWriteFailing = rule(
  "RemoteWriteFailing",
  Severity.Critical,
  gt(sum(increase(prometheusSeries.remoteStorageSamplesFailed, "15m"), lost), 0),
  {
    summary: `${where} lost {{ $value | humanize }} samples for {{ $labels.remote_name }} within 15 minutes.`,
    description: "The other side refuses them for good, so they are not sent again.",
  },
  { for: "5m" },
);

const series = max(prometheusSeries.tsdbHeadSeries, pod);
const dayBefore = max(prometheusSeries.tsdbHeadSeries.offset("1d"), pod);
export const cardinalityJump = rule(
  "PrometheusCardinalityJump",
  Severity.Warning,
  and(gt(div(series, dayBefore), SERIES_GROWTH), gt(series, SERIES_LEAST)),
  {
    summary: `${where} holds {{ $value | humanize }} times as many series as a day before.`,
    description:
      "Memory follows the series. A label with ever new values (pods, users, versions) does this, too.",
  },
  { for: "30m" },
);

export const sampleLimit = rule(
  "ScrapeSampleLimitExceeded",
  Severity.Warning,
  gt(sum(increase(prometheusSeries.targetScrapesExceededSampleLimit, "15m"), pod), 0),
  {
    summary: `${where} refused {{ $value | humanize }} scrapes for having too many samples.`,
    description:
      "A target over its limit loses all of its samples, not only those beyond it, and counts as down.",
  },
  { for: "5m" },
);

export const storageCorrupted = rule(
  "PrometheusStorageFailing",
  Severity.Critical,
  gt(sum(increase(prometheusSeries.tsdbCompactionsFailed, "3h"), pod), 0),
  {
    summary: `${where} failed {{ $value | humanize }} compactions within three hours.`,
    description: "Blocks pile up until the disk is full. A full disk or a damaged block is the usual cause.",
  },
  { for: "5m" },
);

export const compactorHalted = rule(
  "ThanosCompactorHalted",
  Severity.Critical,
  eq(max(thanosSeries.compactHalted, pod), 1),
  {
    summary: `The Thanos compactor ${where} has halted.`,
    description:
      "It stays up and ready, but compacts, downsamples and deletes nothing more: the bucket grows, and long queries get slow.",
  },
  { for: "5m" },
);

export const compactionsFailing = rule(
  "ThanosCompactionsFailing",
  Severity.Warning,
  gt(sum(increase(thanosSeries.compactGroupCompactionsFailures, "1h"), pod), 0),
  {
    summary: `${where} failed {{ $value | humanize }} compactions within an hour.`,
    description: "If it goes on, blocks pile up in the bucket.",
  },
  { for: "15m" },
);

const lastUpload = max(
  thanosSeries.objstoreBucketLastSuccessfulUploadTime.where({ container: "thanos-sidecar" }),
  pod,
);
export const uploadsStalled = rule(
  "ThanosUploadsStalled",
  Severity.Critical,
  and(gt(sub(time(), lastUpload), UPLOAD_AGE), gt(lastUpload, 0)),
  {
    summary: `${where} uploaded its last block {{ $value | humanizeDuration }} ago.`,
    description: "What Prometheus deletes after its retention without an upload is lost for good.",
  },
  { for: "5m" },
);

export const uploadsFailing = rule(
  "ThanosUploadsFailing",
  Severity.Warning,
  gt(sum(increase(thanosSeries.shipperUploadFailures, "1h"), pod), 0),
  {
    summary: `${where} failed to upload {{ $value | humanize }} blocks within an hour.`,
    description:
      "They are tried again; rights, quotas or the network of the object store are the usual causes.",
  },
  { for: "30m" },
);

const store = by("namespace", "pod", "operation");
export const objectStoreFailing = rule(
  "ObjectStoreOperationsFailing",
  Severity.Warning,
  gt(
    div(
      sum(rate(thanosSeries.objstoreBucketOperationFailures, "5m"), store),
      sum(rate(thanosSeries.objstoreBucketOperations, "5m"), store),
    ),
    FAILED_OPERATIONS,
  ),
  {
    summary: `{{ $value | humanizePercentage }} of the object store's {{ $labels.operation }} fail for ${where}.`,
    description: "Queries over old data are slow or fail, uploads and compaction fall behind.",
  },
  { for: "10m" },
);

/** Targets whose series a Prometheus no longer takes. */
export const seriesAdded = rule(
  "TargetSeriesChurn",
  Severity.Warning,
  gt(max(target.scrapeSeriesAdded, by("namespace", "pod", "job")), 1000),
  {
    summary: `${where} ({{ $labels.job }}) has {{ $value | humanize }} new series at each scrape.`,
    description:
      "A label of it takes a new value every time; the series of hours add up in Prometheus' memory.",
  },
  { for: "15m" },
);
