import * as pulumi from "@pulumi/pulumi";

import { durationMilliseconds } from "../../alerts/duration.ts";
import { checkDnsLabel, checked, containsOutput, refuse } from "../shared/checks.ts";
import { quantityBytes } from "../shared/quantity.ts";
import { AlertmanagerDiscovery, RepairPolicy, type KubePrometheusArgs } from "./args.ts";
import { DEFAULT_PROMETHEUS_VOLUME, DEFAULT_REPLICA_LABEL, DEFAULT_SCRAPE_INTERVAL } from "./prometheus.ts";
import { checkRetentionSize, checkStorage, volumeSize } from "./storage.ts";

/**
 * Checks what the API server would accept and Prometheus or the operator would stumble over later.
 *
 * @throws at once for plain values; for outputs the returned arguments carry the check, so that it is made when they
 *   resolve
 */
export function validateKubePrometheus(args: KubePrometheusArgs): KubePrometheusArgs {
  checkStructure(args);
  const server = args.prometheus ?? {};
  const interval = server.scrapeInterval ?? DEFAULT_SCRAPE_INTERVAL;
  const replicaLabel = server.replicaLabel ?? DEFAULT_REPLICA_LABEL;
  return {
    ...args,
    cluster: checked(args.cluster, checkCluster),
    ...(args.externalLabels === undefined
      ? {}
      : { externalLabels: together([args.externalLabels, replicaLabel], checkExternalLabels) }),
    prometheus: {
      ...server,
      ...checkedField("replicas", server.replicas, (count) => {
        checkCount("prometheus.replicas", count);
      }),
      scrapeInterval: checked(interval, (value) => {
        checkDuration("prometheus.scrapeInterval", value);
      }),
      ...(server.scrapeTimeout === undefined
        ? {}
        : { scrapeTimeout: together([server.scrapeTimeout, interval], checkScrapeTimeout) }),
      ...checkedField("evaluationInterval", server.evaluationInterval, (value) => {
        checkDuration("prometheus.evaluationInterval", value);
      }),
      ...checkedField("retention", server.retention, (value) => {
        checkDuration("prometheus.retention", value);
      }),
      ...(server.retentionSize === undefined
        ? {}
        : {
            retentionSize: together(
              [server.retentionSize, volumeSize(server.storage, DEFAULT_PROMETHEUS_VOLUME)],
              checkRetentionSize,
            ),
          }),
    },
    alertmanager: {
      ...args.alertmanager,
      configSecret: checked(args.alertmanager.configSecret, (value) => {
        if (value === "") refuse("alertmanager.configSecret", value, CONFIG_SECRET_REMEDY);
      }),
      ...checkedField("replicas", args.alertmanager.replicas, (count) => {
        checkCount("alertmanager.replicas", count);
      }),
      ...checkedField("retention", args.alertmanager.retention, checkAlertmanagerRetention),
    },
  };
}

const CONFIG_SECRET_REMEDY =
  "names no Secret, and without one the operator writes a configuration that sends nothing; pass AlertRoutes.configSecretName";

function checkStructure(args: KubePrometheusArgs): void {
  // From JavaScript or YAML, required fields may be absent all the same.
  const alertmanager = args.alertmanager as Partial<KubePrometheusArgs["alertmanager"]> | undefined;
  if (alertmanager?.configSecret === undefined)
    refuse("alertmanager.configSecret", undefined, CONFIG_SECRET_REMEDY);
  if (args.watchNamespaces !== undefined && args.operator?.denyNamespaces !== undefined) {
    refuse(
      "operator.denyNamespaces",
      args.operator.denyNamespaces,
      "excludes watchNamespaces, which already limits the operator; remove one of them",
    );
  }
  for (const [property, names] of [
    ["watchNamespaces", args.watchNamespaces],
    ["credentialNamespaces", args.credentialNamespaces],
    ["operator.denyNamespaces", args.operator?.denyNamespaces],
  ] as const) {
    checkNamespaceList(property, names);
  }
  oneOf("alertmanagerDiscovery", args.alertmanagerDiscovery, Object.values(AlertmanagerDiscovery));
  oneOf("operator.repairPolicy", args.operator?.repairPolicy, Object.values(RepairPolicy));
  checkStorage("prometheus.storage", args.prometheus?.storage);
  checkStorage("alertmanager.storage", args.alertmanager.storage);
  checkSizes("prometheus.storage", args.prometheus?.storage?.size);
  checkSizes("alertmanager.storage", args.alertmanager.storage?.size);
  const defaults = (args.prometheus?.scrapeClasses ?? []).filter(
    (scrapeClass) => scrapeClass.default === true,
  );
  if (defaults.length > 1) {
    const names = defaults.map((scrapeClass) => scrapeClass.name);
    refuse("prometheus.scrapeClasses", names, "are all the default; at most one can be");
  }
}

function checkSizes(property: string, size: pulumi.Input<string> | undefined): void {
  if (typeof size === "string" && quantityBytes(size) === undefined) {
    refuse(`${property}.size`, size, 'is no quantity; use one such as "200Gi"');
  }
}

function checkNamespaceList(property: string, names: string[] | undefined): void {
  if (names === undefined) return;
  if (names.length === 0) {
    refuse(property, names, "names no namespace; name one or leave the property out");
  }
  names.forEach((name, index) => {
    checkDnsLabel(`${property}[${String(index)}]`, name);
  });
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse(property, twice, "stands there twice; name it once");
}

function oneOf(property: string, value: string | undefined, allowed: string[]): void {
  if (value !== undefined && !allowed.includes(value)) {
    refuse(property, value, `is not one of ${allowed.join(", ")}`);
  }
}

function checkCluster(cluster: string): void {
  if (cluster.trim() === "") {
    refuse(
      "cluster",
      cluster,
      "is empty; samples of several clusters could not be told apart, so give a unique name",
    );
  }
}

function checkExternalLabels(labels: Record<string, pulumi.Input<string>>, replicaLabel: string): void {
  for (const [label, value] of Object.entries(labels)) {
    const property = `externalLabels.${label}`;
    if (label === "cluster") refuse(property, value, "is set by the argument cluster; remove it here");
    if (label === "prometheus" || label === replicaLabel) {
      refuse(property, value, "is reserved for the operator, which would ignore this one; use another name");
    }
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) || label.startsWith("__")) {
      refuse(property, value, "has no valid label name; use letters, digits and single leading underscores");
    }
  }
}

function checkScrapeTimeout(timeout: string, interval: string): void {
  checkDuration("prometheus.scrapeTimeout", timeout);
  if ((durationMilliseconds(timeout) ?? 0) > (durationMilliseconds(interval) ?? 0)) {
    refuse(
      "prometheus.scrapeTimeout",
      timeout,
      `is longer than the scrape interval ${interval}; lower it, or raise prometheus.scrapeInterval`,
    );
  }
}

function checkDuration(property: string, value: string): void {
  if ((durationMilliseconds(value) ?? 0) <= 0) {
    refuse(property, value, 'is no duration above zero; use one such as "15s", "1m30s" or "15d"');
  }
}

/** Alertmanager reads Go durations, which know no days. */
function checkAlertmanagerRetention(value: string): void {
  if (!/^(\d+h)?(\d+m)?(\d+s)?$/.test(value) || (durationMilliseconds(value) ?? 0) <= 0) {
    refuse(
      "alertmanager.retention",
      value,
      'is no duration of hours, minutes and seconds; use one such as "120h"',
    );
  }
}

function checkCount(property: string, count: number): void {
  if (!Number.isInteger(count) || count < 1) refuse(property, count, "is no whole number of at least 1");
}

function checkedField<K extends string, T>(
  key: K,
  value: pulumi.Input<T> | undefined,
  check: (value: pulumi.Unwrap<T>) => void,
): Partial<Record<K, pulumi.Input<T>>> {
  return value === undefined ? {} : ({ [key]: checked(value, check) } as Record<K, pulumi.Input<T>>);
}

/** Checks two values against each other, at once if both are plain, and returns the first. */
function together<A, B>(
  pair: [pulumi.Input<A>, pulumi.Input<B>],
  check: (first: A, second: B) => void,
): pulumi.Input<A> {
  if (!containsOutput(pair)) {
    check(pair[0] as A, pair[1] as B);
    return pair[0];
  }
  return pulumi.all(pair as [pulumi.Input<unknown>, pulumi.Input<unknown>]).apply(([first, second]) => {
    check(first, second);
    return first;
  });
}
