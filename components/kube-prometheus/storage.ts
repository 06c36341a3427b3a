import type * as pulumi from "@pulumi/pulumi";

import type { StorageSpec } from "../crds/monitoring.ts";
import { parseQuantity } from "../support/quantity.ts";
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

/** 80 % of a volume as a Prometheus size in whole MiB. The rules refuse what is no quantity. */
export function defaultRetentionSize(volume: string): string {
  return `${String(Math.floor(((parseQuantity(volume) ?? 0) * RETENTION_SHARE) / MEBIBYTE))}MB`;
}

/**
 * Bytes of a Prometheus size, whose units are powers of two with or without the "i" ("512MB" = "512MiB"), or undefined
 * if it is none. Source: prometheus --help, storage.tsdb.retention.size.
 */
export function prometheusBytes(size: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(|K|M|G|T|P|E)i?B$/.exec(size);
  if (match === null) return undefined;
  return Number(match[1]) * 2 ** (10 * ["", "K", "M", "G", "T", "P", "E"].indexOf(match[2] ?? ""));
}
