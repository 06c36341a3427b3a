import type * as pulumi from "@pulumi/pulumi";

import { parseDuration } from "../support/quantity.ts";
import type { Rule } from "../support/validation.ts";
import type { KubePrometheusArgs } from "./args.ts";
import { DEFAULT_RETENTION } from "./prometheus.ts";
import { DEFAULT_BLOCK_DURATION } from "./thanos.ts";

type Known = pulumi.Unwrap<KubePrometheusArgs>;

/** Blocks that the disk must hold, so that an outage of the object store loses nothing. Source: Thanos, sidecar.md. */
const RETAINED_BLOCKS = 3;

/** What would lose samples on their way to the object store, or would be ignored. */
export const THANOS_RULES: Rule<Known>[] = [
  ({ prometheus }, report) => {
    const { objectStorageConfig } = prometheus?.thanos ?? {};
    if (objectStorageConfig === undefined) return;
    for (const field of ["name", "key"] as const) {
      if (objectStorageConfig[field] !== "") continue;
      const path = `prometheus.thanos.objectStorageConfig.${field}`;
      report(
        path,
        "",
        "must not be empty",
        "name the Secret and its key with the object store's configuration",
      );
    }
  },
  ({ prometheus }, report) => {
    if (prometheus?.thanos?.objectStorageConfig === undefined || prometheus.storage?.ephemeral !== true)
      return;
    report(
      "prometheus.storage.ephemeral",
      true,
      "must be absent with an object store: a pod that goes would take what is not uploaded yet with it, two hours and more",
      "use a persistent volume claim",
    );
  },
  ({ prometheus }, report) => {
    const { thanos, retention = DEFAULT_RETENTION } = prometheus ?? {};
    if (thanos?.objectStorageConfig === undefined) return;
    const block = blockDuration(thanos);
    const [kept, length] = [parseDuration(retention), parseDuration(block)];
    if (kept === undefined || length === undefined || kept >= RETAINED_BLOCKS * length) return;
    report(
      "prometheus.retention",
      retention,
      `must be at least ${String(RETAINED_BLOCKS)} blocks of ${block}, or an outage of the object store loses samples`,
      "raise it",
    );
  },
  ({ prometheus }, report) => {
    const { thanos } = prometheus ?? {};
    if (thanos?.blockDuration === undefined) return;
    const path = "prometheus.thanos.blockDuration";
    if ((parseDuration(thanos.blockDuration) ?? 0) <= 0) {
      report(path, thanos.blockDuration, "must be a duration above zero", 'write one such as "2h"');
    } else if (thanos.disableCompaction !== true) {
      report(
        path,
        thanos.blockDuration,
        "only counts where Prometheus does not compact",
        "set prometheus.thanos.disableCompaction, or remove it",
      );
    }
  },
  ({ prometheus }, report) => {
    const readyTimeout = prometheus?.thanos?.readyTimeout;
    if (readyTimeout === undefined || (parseDuration(readyTimeout) ?? 0) > 0) return;
    const remedy = 'write one such as "10m"';
    report("prometheus.thanos.readyTimeout", readyTimeout, "must be a duration above zero", remedy);
  },
];

function blockDuration(thanos: { disableCompaction?: boolean; blockDuration?: string }): string {
  return (thanos.disableCompaction === true ? thanos.blockDuration : undefined) ?? DEFAULT_BLOCK_DURATION;
}
