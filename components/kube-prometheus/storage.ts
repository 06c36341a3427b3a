import * as pulumi from "@pulumi/pulumi";

import type { StorageSpec } from "../crds/monitoring.ts";
import { refuse } from "../shared/checks.ts";
import { prometheusBytes, quantityBytes } from "../shared/quantity.ts";
import type { MonitoringStorageArgs } from "./args.ts";

/** Limit of an emptyDir that names none. */
export const EPHEMERAL_SIZE_LIMIT = "10Gi";
/** Share of the volume that samples may take: the rest is for the compaction's temporary copies and the WAL's peaks. */
const RETENTION_SHARE = 0.8;
const MEBIBYTE = 2 ** 20;

/** The operator's storage field: a claim per replica, or an emptyDir where that is asked for. */
export function storageSpec(storage: MonitoringStorageArgs | undefined, defaultSize: string): StorageSpec {
  if (storage?.ephemeral === true) {
    return { emptyDir: { sizeLimit: storage.ephemeralSizeLimit ?? EPHEMERAL_SIZE_LIMIT } };
  }
  return {
    volumeClaimTemplate: {
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(storage?.storageClassName === undefined ? {} : { storageClassName: storage.storageClassName }),
        resources: { requests: { storage: storage?.size ?? defaultSize } },
      },
    },
  };
}

/** Size of the volume that {@link storageSpec} asks for. */
export function volumeSize(
  storage: MonitoringStorageArgs | undefined,
  defaultSize: string,
): pulumi.Input<string> {
  return storage?.ephemeral === true
    ? (storage.ephemeralSizeLimit ?? EPHEMERAL_SIZE_LIMIT)
    : (storage?.size ?? defaultSize);
}

/** @throws if fields exclude each other; `property` is where the storage stands, e.g. "prometheus.storage" */
export function checkStorage(property: string, storage: MonitoringStorageArgs | undefined): void {
  if (storage === undefined) return;
  if (storage.ephemeral === true && (storage.size !== undefined || storage.storageClassName !== undefined)) {
    refuse(`${property}.ephemeral`, true, "excludes size and storageClassName; remove one or the other");
  }
  if (storage.ephemeral !== true && storage.ephemeralSizeLimit !== undefined) {
    refuse(
      `${property}.ephemeralSizeLimit`,
      "set",
      "only counts with ephemeral: true; remove it or set that",
    );
  }
}

/** 80 % of a volume as a Prometheus size in whole MiB. */
export function defaultRetentionSize(volume: string): string {
  const bytes = quantityBytes(volume);
  if (bytes === undefined) {
    return refuse("prometheus.storage.size", volume, 'is no quantity; use one such as "200Gi"');
  }
  return `${String(Math.floor((bytes * RETENTION_SHARE) / MEBIBYTE))}MB`;
}

/** @throws if samples could fill the volume, which stops Prometheus for good */
export function checkRetentionSize(retentionSize: string, volume: string): void {
  const limit = prometheusBytes(retentionSize);
  const size = quantityBytes(volume);
  if (limit === undefined) {
    refuse("prometheus.retentionSize", retentionSize, 'is no size; use one such as "40GB" (powers of two)');
  }
  if (size === undefined) {
    refuse("prometheus.storage.size", volume, 'is no quantity; use one such as "200Gi"');
  }
  if (limit > size * 0.9) {
    refuse(
      "prometheus.retentionSize",
      retentionSize,
      `leaves less than 10 % of the volume of ${volume} free; use at most ${defaultRetentionSize(volume)} or a larger volume`,
    );
  }
}
