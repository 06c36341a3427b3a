import type * as pulumi from "@pulumi/pulumi";

import { parseDuration, parseQuantity } from "../support/quantity.ts";
import {
  requireDnsLabel,
  requireInteger,
  requireOneOf,
  type Report,
  type Rule,
} from "../support/validation.ts";
import { RepairPolicy, type KubePrometheusArgs, type MonitoringStorageArgs } from "./args.ts";
import { parseImage } from "./images.ts";
import { MODE_RULES } from "./mode-rules.ts";
import { DEFAULT_PROMETHEUS_VOLUME, DEFAULT_REPLICA_LABEL, DEFAULT_SCRAPE_INTERVAL } from "./prometheus.ts";
import { REMOTE_WRITE_RULES } from "./remote-write-rules.ts";
import { defaultRetentionSize, prometheusBytes, volumeSize } from "./storage.ts";
import { THANOS_RULES } from "./thanos-rules.ts";
import { VERSION_RULES } from "./versions.ts";

/**
 * What the API server would accept and Prometheus, Alertmanager or the operator would stumble over later, or read in
 * another way than it was meant.
 */

type Known = pulumi.Unwrap<KubePrometheusArgs>;
type KnownStorage = pulumi.Unwrap<MonitoringStorageArgs>;

const QUANTITY_REMEDY = 'write one such as "200Gi"';
const DURATION_REMEDY = 'write one such as "15s", "1m30s" or "15d"';

/** Images by whose version the operator decides flags. */
const VERSIONED = ["prometheus", "alertmanager", "thanos"] as const;
const IMAGES = [...VERSIONED, "operator", "configReloader", "nodeExporter", "kubeStateMetrics"] as const;
const DURATIONS = [
  "scrapeInterval",
  "evaluationInterval",
  "scrapeTimeout",
  "retention",
  "outOfOrderTimeWindow",
] as const;

export const RULES: Rule<Known>[] = [
  (args, report) => {
    if (typeof args.cluster === "string" && args.cluster.trim() !== "") return;
    report(
      "cluster",
      args.cluster,
      "must name the cluster",
      "give a name that no other environment has, or their samples can't be told apart",
    );
  },
  (args, report) => {
    for (const [label, value] of Object.entries(args.externalLabels ?? {}))
      checkExternalLabel(label, value, args, report);
  },
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  (args, report) => {
    checkNamespaces("watchNamespaces", args.watchNamespaces, report);
    checkNamespaces("credentialNamespaces", args.credentialNamespaces, report);
    checkNamespaces("operator.denyNamespaces", args.operator?.denyNamespaces, report);
    if (args.watchNamespaces === undefined || args.operator?.denyNamespaces === undefined) return;
    report(
      "operator.denyNamespaces",
      args.operator.denyNamespaces,
      "must be absent when watchNamespaces already limits the operator",
      "remove one of the two",
    );
  },
  (args, report) => {
    requireOneOf(report, "operator.repairPolicy", args.operator?.repairPolicy, RepairPolicy);
  },
  (args, report) => {
    requireInteger(report, "prometheus.replicas", args.prometheus?.replicas, 1);
  },
  (args, report) => {
    const server = args.prometheus;
    for (const field of DURATIONS) {
      checkDuration(`prometheus.${field}`, server?.[field], report);
    }
  },
  (args, report) => {
    const { scrapeTimeout, scrapeInterval = DEFAULT_SCRAPE_INTERVAL } = args.prometheus ?? {};
    if (scrapeTimeout === undefined) return;
    const [timeout, interval] = [parseDuration(scrapeTimeout), parseDuration(scrapeInterval)];
    if (timeout === undefined || interval === undefined || timeout <= interval) return;
    report(
      "prometheus.scrapeTimeout",
      scrapeTimeout,
      `must not be longer than the scrape interval ${scrapeInterval}`,
      "lower it, or raise prometheus.scrapeInterval",
    );
  },
  (args, report) => {
    for (const field of ["sampleLimit", "enforcedSampleLimit", "maxExemplars"] as const) {
      requireInteger(report, `prometheus.${field}`, args.prometheus?.[field], 1);
    }
  },
  ({ prometheus }, report) => {
    for (const field of ["maxConcurrency", "maxSamples"] as const)
      requireInteger(report, `prometheus.query.${field}`, prometheus?.query?.[field], 1);
    checkDuration("prometheus.query.timeout", prometheus?.query?.timeout, report);
  },
  (args, report) => {
    checkStorage("prometheus.storage", args.prometheus?.storage, report);
  },
  checkRetentionSize,
  checkScrapeClasses,
  (args, report) => {
    // From JavaScript or YAML it may be absent all the same.
    const alertmanager = args.alertmanager as Partial<Known["alertmanager"]>;
    if (alertmanager === undefined) return;
    if (alertmanager.configSecret !== undefined && alertmanager.configSecret !== "") return;
    report(
      "alertmanager.configSecret",
      alertmanager.configSecret,
      "must name a Secret, or the operator writes a configuration that sends nothing",
      "pass AlertRoutes.configSecretName",
    );
  },
  (args, report) => {
    const cluster = args.alertmanager;
    requireInteger(report, "alertmanager.replicas", cluster?.replicas, 1);
    checkStorage("alertmanager.storage", cluster?.storage, report);
    checkDuration("alertmanager.retention", cluster?.retention, report);
  },
  checkImages,
  ...MODE_RULES,
  ...VERSION_RULES,
  ...REMOTE_WRITE_RULES,
  ...THANOS_RULES,
];

function checkExternalLabel(label: string, value: string, args: Known, report: Report): void {
  const path = `externalLabels.${label}`;
  if (label === "cluster") {
    report(path, value, "must not be set here", "use the argument cluster");
  } else if (label === "prometheus" || label === (args.prometheus?.replicaLabel ?? DEFAULT_REPLICA_LABEL)) {
    report(path, value, "is set by the operator, which would ignore this one", "use another name");
  } else if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) || label.startsWith("__")) {
    report(path, value, "must have a label name of letters, digits and _", "rename it");
  } else if (value === "") {
    report(path, value, "must not be empty, which means no label at all", "give a value or remove it");
  }
}

function checkNamespaces(path: string, names: string[] | undefined, report: Report): void {
  if (names === undefined) return;
  if (names.length === 0) report(path, names, "must name a namespace", "name one, or leave it out");
  names.forEach((name, index) => {
    requireDnsLabel(report, `${path}[${String(index)}]`, name);
    if (names.indexOf(name) !== index) {
      report(`${path}[${String(index)}]`, name, "must not stand there twice", "name each namespace once");
    }
  });
}

function checkDuration(path: string, value: string | undefined, report: Report): void {
  if (value === undefined || (parseDuration(value) ?? 0) > 0) return;
  report(path, value, "must be a duration above zero", DURATION_REMEDY);
}

function checkStorage(path: string, storage: KnownStorage | undefined, report: Report): void {
  if (storage === undefined) return;
  const isEphemeral = storage.ephemeral === true;
  for (const field of ["size", "ephemeralSizeLimit"] as const) {
    const value = storage[field];
    if (value !== undefined && parseQuantity(value) === undefined) {
      report(`${path}.${field}`, value, "must be a quantity", QUANTITY_REMEDY);
    }
  }
  for (const field of ["size", "storageClassName"] as const) {
    if (isEphemeral && storage[field] !== undefined) {
      report(
        `${path}.${field}`,
        storage[field],
        "must be absent for ephemeral storage",
        "remove it, or ephemeral",
      );
    }
  }
  if (!isEphemeral && storage.ephemeralSizeLimit !== undefined) {
    const path_ = `${path}.ephemeralSizeLimit`;
    report(
      path_,
      storage.ephemeralSizeLimit,
      "only counts for ephemeral storage",
      "remove it, or set ephemeral",
    );
  }
}

function checkRetentionSize(args: Known, report: Report): void {
  const { retentionSize, storage } = args.prometheus ?? {};
  if (retentionSize === undefined) return;
  const limit = prometheusBytes(retentionSize);
  if (limit === undefined) {
    report(
      "prometheus.retentionSize",
      retentionSize,
      "must be a size",
      'write one such as "40GB" (powers of two)',
    );
    return;
  }
  const volume = volumeSize(storage, DEFAULT_PROMETHEUS_VOLUME) as string;
  const size = parseQuantity(volume);
  if (size === undefined || limit <= size * 0.9) return;
  report(
    "prometheus.retentionSize",
    retentionSize,
    `must leave 10 % of the volume of ${volume} free, because Prometheus stops for good on a full one`,
    `use at most ${defaultRetentionSize(volume)}, or a larger volume`,
  );
}

function checkScrapeClasses(args: Known, report: Report): void {
  const classes = args.prometheus?.scrapeClasses ?? [];
  const path = "prometheus.scrapeClasses";
  const defaults = classes.filter((scrapeClass) => scrapeClass.default === true).map(({ name }) => name);
  if (defaults.length > 1)
    report(path, defaults, "must have at most one default", "keep default on one of them");
  const names = classes.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) report(path, twice, "must have different names", "rename them");
}

function checkImages(args: Known, report: Report): void {
  for (const which of IMAGES) {
    const image = args.images?.[which];
    if (image === undefined) continue;
    const path = `images.${which}`;
    const parsed = parseImage(image);
    const decidesFlags = (VERSIONED as readonly string[]).includes(which);
    if (parsed === undefined) {
      report(
        path,
        image,
        "must be an image reference",
        "write registry/repository:tag, or with @sha256: and 64 hex digits",
      );
    } else if (decidesFlags && parsed.version === undefined) {
      report(
        path,
        image,
        "must have a tag that begins with a version, because the operator decides flags by it",
        'write one such as ":v3.13.2", and pin the bytes by a digest behind it',
      );
    } else if (parsed.tag === "latest" || (parsed.tag ?? parsed.digest) === undefined) {
      report(path, image, "must name a fixed version", "name a tag other than latest, or a digest");
    }
  }
}
