/** What arguments a `ThanosStorage` refuses. */
import type * as pulumi from "@pulumi/pulumi";

import { parseImage } from "../kube-prometheus/images.ts";
import { checkObjectStore } from "../object-store/rules.ts";
import { parseDuration, parseQuantity } from "../support/quantity.ts";
import { requireDnsLabel, requireInteger, type Report, type Rule } from "../support/validation.ts";
import type { ThanosStorageArgs } from "./args.ts";
import { CACHE_RULES } from "./cache-rules.ts";
import { CLUSTER_RULES } from "./cluster-rules.ts";
import { RETENTION_RULES } from "./retention-rules.ts";

type Known = pulumi.Unwrap<ThanosStorageArgs>;

const DURATION_REMEDY = 'write one such as "30s", "5m" or "2h"';

export const RULES: Rule<Known>[] = [
  ({ namespace }, report) => {
    requireDnsLabel(report, "namespace", namespace);
  },
  ({ objectStore }, report) => {
    checkObjectStore("objectStore", objectStore, report);
  },
  (args, report) => {
    if (Number.isSafeInteger(args.expectedSeries) && args.expectedSeries >= 1) return;
    const remedy = "count them: prometheus_tsdb_head_series, or replicas × series of one replica";
    report("expectedSeries", args.expectedSeries, "must be a whole number of at least 1", remedy);
  },
  (args, report) => {
    requireInteger(report, "prometheusReplicas", args.prometheusReplicas, 1);
    requireInteger(report, "store.replicas", args.store?.replicas, 1);
    requireInteger(report, "store.requestSeriesLimit", args.store?.requestSeriesLimit, 1);
    requireInteger(report, "compactor.concurrency", args.compactor?.concurrency, 1);
    requireInteger(report, "query.replicas", args.query?.replicas, 1);
    requireInteger(report, "query.maxConcurrent", args.query?.maxConcurrent, 1);
    requireInteger(report, "queryFrontend.replicas", args.queryFrontend?.replicas, 1);
    requireInteger(report, "ruler.replicas", args.ruler?.replicas, 1);
  },
  (args, report) => {
    for (const [path, value] of Object.entries({
      scrapeInterval: args.scrapeInterval,
      "store.syncInterval": args.store?.syncInterval,
      "compactor.consistencyDelay": args.compactor?.consistencyDelay,
      "compactor.deleteDelay": args.compactor?.deleteDelay,
      "compactor.waitInterval": args.compactor?.waitInterval,
      "query.timeout": args.query?.timeout,
      "query.storeResponseTimeout": args.query?.storeResponseTimeout,
      "queryFrontend.splitInterval": args.queryFrontend?.splitInterval,
      "queryFrontend.maxFreshness": args.queryFrontend?.maxFreshness,
      "queryFrontend.logQueriesLongerThan": args.queryFrontend?.logQueriesLongerThan,
      "ruler.evaluationInterval": args.ruler?.evaluationInterval,
      "ruler.retention": args.ruler?.retention,
    })) {
      if (value === undefined || (parseDuration(value) ?? 0) > 0) continue;
      report(path, value, "must be a duration above zero", DURATION_REMEDY);
    }
  },
  (args, report) => {
    for (const [path, volume] of Object.entries({
      "store.volume": args.store?.volume,
      "compactor.volume": args.compactor?.volume,
      "ruler.volume": args.ruler?.volume,
    })) {
      const size = volume?.size;
      if (size !== undefined && (parseQuantity(size) ?? 0) <= 0) {
        report(`${path}.size`, size, "must be a quantity above zero", 'write one such as "100Gi"');
      }
      if (volume?.ephemeral === true && volume.storageClassName !== undefined) {
        const remedy = "remove it, or ephemeral";
        report(`${path}.storageClassName`, volume.storageClassName, "must be absent for an emptyDir", remedy);
      }
    }
  },
  ...RETENTION_RULES,
  ...CACHE_RULES,
  ...CLUSTER_RULES,
  ({ ruler }, report) => {
    if (ruler === undefined) return;
    if (Object.keys(ruler.ruleSelector).length === 0) {
      const reason = "must pick its rules: with an empty one it would evaluate Prometheus' own a second time";
      report("ruler.ruleSelector", ruler.ruleSelector, reason, 'give a label such as {"rules": "global"}');
    }
    if (ruler.alertmanagerUrls.length > 0) return;
    const remedy = 'name one such as "dnssrv+_web._tcp.alertmanager-operated.monitoring.svc"';
    report("ruler.alertmanagerUrls", [], "must name an Alertmanager, or its alerts reach nobody", remedy);
  },
  ({ grpcTls }, report) => {
    if (grpcTls === undefined) return;
    for (const field of ["secretName", "serverName"] as const) {
      if (grpcTls[field] !== "") continue;
      report(`grpcTls.${field}`, "", "must not be empty", "name the Secret, and the name in its certificate");
    }
  },
  checkImages,
];

function checkImages({ images }: Known, report: Report): void {
  for (const which of ["thanos", "memcached", "memcachedExporter"] as const) {
    const image = images?.[which];
    if (image === undefined) continue;
    const path = `images.${which}`;
    const parsed = parseImage(image);
    if (parsed === undefined) {
      const remedy = "write registry/repository:tag, or with @sha256: and 64 hex digits";
      report(path, image, "must be an image reference", remedy);
    } else if (which === "thanos" && parsed.version === undefined) {
      const reason = "must have a tag that begins with a version, because the operator decides flags by it";
      report(path, image, reason, 'write one such as ":v0.42.4", and pin the bytes by a digest behind it');
    } else if (parsed.tag === "latest" || (parsed.tag ?? parsed.digest) === undefined) {
      report(path, image, "must name a fixed version", "name a tag other than latest, or a digest");
    }
  }
}
