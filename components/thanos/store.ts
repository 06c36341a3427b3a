/** The store gateway. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { goDuration } from "../support/durations.ts";
import { lift } from "../support/inputs.ts";
import { parseDuration, parseQuantity } from "../support/quantity.ts";
import { cacheBytes, cacheConfig } from "./caches.ts";
import { accountName, application, DEFAULT_SYNC_INTERVAL, type ThanosContext } from "./names.ts";
import { DATA_FOLDER, podSelector, podTemplate, requirements, type ThanosProgramSpec } from "./pod.ts";
import type { StoreShard } from "./shards.ts";
import { quantity, thanosBytes } from "./sizes.ts";
import { ThanosCacheKind, type ThanosCacheArgs } from "./storage-args.ts";
import { claimTemplates, dataMount, dataVolumes } from "./volumes.ts";

export const DEFAULT_DELETE_DELAY = "48h";

/** Cache of the index, and that of chunks and metadata, as they are or by default. */
export function storeCaches({ args, sizes }: ThanosContext): Record<"index" | "bucket", ThanosCacheArgs> {
  const inMemory = (bytes: number): ThanosCacheArgs => ({
    kind: ThanosCacheKind.InMemory,
    size: quantity(bytes),
  });
  return {
    index: args.store?.indexCache ?? inMemory(sizes.store.indexCacheBytes),
    bucket: args.store?.bucketCache ?? inMemory(sizes.store.bucketCacheBytes),
  };
}

/** Name of a shard's objects. */
export function storeName(name: string, shard: StoreShard): string {
  return `${name}-store${shard.suffix}`;
}

/** A shard's program. */
export function storeProgram(context: ThanosContext, shard: StoreShard): ThanosProgramSpec {
  const { args, sizes, name } = context;
  const store = args.store ?? {};
  const caches = storeCaches(context);
  const pool = store.chunkPoolSize === undefined ? undefined : parseQuantity(store.chunkPoolSize);
  const deleteDelay = parseDuration(args.compactor?.deleteDelay ?? DEFAULT_DELETE_DELAY) ?? 0;
  return {
    application: application.store,
    instance: storeName(name, shard),
    account: accountName(name, "store"),
    command: "store",
    hasGrpc: true,
    usesBucket: true,
    args: [
      `--data-dir=${DATA_FOLDER}`,
      argument("--index-cache.config", cacheConfig(context, "index", caches.index)),
      argument("--store.caching-bucket.config", cacheConfig(context, "bucket", caches.bucket)),
      `--chunk-pool-size=${thanosBytes(pool ?? sizes.store.chunkPoolBytes)}`,
      // One query with a wide selector is refused, instead of taking the answers of all others with it.
      `--store.limits.request-series=${String(Math.ceil(store.requestSeriesLimit ?? sizes.store.requestSeriesLimit))}`,
      `--sync-block-duration=${goDuration(store.syncInterval ?? DEFAULT_SYNC_INTERVAL)}`,
      // Replaced blocks go on being read until their successors are loaded everywhere, and never after they are deleted.
      `--ignore-deletion-marks-delay=${goDuration(`${String(Math.floor(deleteDelay / 2))}s`)}`,
      // Index headers are opened when a query needs them, and closed again: memory follows use, not the bucket's size.
      "--store.enable-index-header-lazy-reader",
      // The viewer's buttons mark blocks for deletion, which is the compactor's business alone.
      "--disable-admin-operations",
      ...shard.args,
    ],
    resources: store.resources ?? storeResources(context, caches),
    volumes: dataVolumes(store.volume, sizes.store.volumeBytes),
    mounts: [dataMount],
    // Index headers of all blocks are made at the first start.
    startupSeconds: 1800,
  };
}

/** The computed memory, less the caches that are elsewhere or of another size. */
function storeResources({ sizes }: ThanosContext, caches: Record<"index" | "bucket", ThanosCacheArgs>) {
  const own = ({ kind, size }: ThanosCacheArgs): number =>
    kind === ThanosCacheKind.InMemory ? cacheBytes({ kind, size }) : 0;
  const difference =
    own(caches.index) + own(caches.bucket) - sizes.store.indexCacheBytes - sizes.store.bucketCacheBytes;
  const request = Math.max(sizes.store.memoryRequestBytes + difference / 2, 256 * 2 ** 20);
  const limit = Math.max(sizes.store.memoryLimitBytes + difference * 1.25, 2 * request);
  return requirements("250m", quantity(request), quantity(limit));
}

/** Spec of a shard's StatefulSet. */
export function storeStatefulSet(
  context: ThanosContext,
  shard: StoreShard,
): k8s.types.input.apps.v1.StatefulSetSpec {
  const { args, sizes } = context;
  const program = storeProgram(context, shard);
  return {
    replicas: args.store?.replicas ?? 1,
    serviceName: program.instance,
    podManagementPolicy: "Parallel",
    selector: { matchLabels: podSelector(program) },
    template: podTemplate(context, program),
    volumeClaimTemplates: claimTemplates(args.store?.volume, sizes.store.volumeBytes),
    // What is on the disk can be fetched again; a claim that nobody uses only costs.
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Delete" },
  };
}

/** `flag=value` with a value that may come later. */
export function argument(flag: string, value: pulumi.Input<string>): pulumi.Input<string> {
  return lift(value, (text) => `${flag}=${text}`);
}
