/** Caches and shards that would do nothing. */
import type * as pulumi from "@pulumi/pulumi";

import { parseDuration, parseQuantity } from "../support/quantity.ts";
import { requireInteger, requireOneOf, type Report, type Rule } from "../support/validation.ts";
import type { ThanosStorageArgs } from "./args.ts";
import { ThanosCacheKind, ThanosShardBy, type ThanosCacheArgs } from "./storage-args.ts";

type Known = pulumi.Unwrap<ThanosStorageArgs>;

/** Least size of a cache: less than this holds next to nothing. */
const MINIMUM_BYTES = 16 * 2 ** 20;

export const CACHE_RULES: Rule<Known>[] = [
  ({ store, queryFrontend }, report) => {
    checkCache("store.indexCache", store?.indexCache, report);
    checkCache("store.bucketCache", store?.bucketCache, report);
    checkCache("queryFrontend.cache", queryFrontend?.cache, report);
  },
  ({ store }, report) => {
    const size = store?.chunkPoolSize;
    if (size === undefined || (parseQuantity(size) ?? 0) >= MINIMUM_BYTES) return;
    report("store.chunkPoolSize", size, "must be a quantity of at least 16Mi", 'write one such as "2Gi"');
  },
  ({ store }, report) => {
    const shards = store?.shards;
    if (shards === undefined) return;
    requireOneOf(report, "store.shards.by", shards.by, ThanosShardBy);
    const isHash = shards.by === ThanosShardBy.Hash;
    if (isHash && (shards.count === undefined || !Number.isSafeInteger(shards.count) || shards.count < 2)) {
      const remedy = "say how many, or leave shards out";
      report("store.shards.count", shards.count, "must be a whole number of at least 2", remedy);
    }
    const other = isHash ? "boundaries" : "count";
    if (shards[other] !== undefined) {
      report(
        `store.shards.${other}`,
        shards[other],
        `must be absent for shards by ${shards.by}`,
        "remove it",
      );
    }
    if (shards.by === ThanosShardBy.Time) checkBoundaries(shards.boundaries ?? [], report);
  },
];

function checkCache(path: string, cache: ThanosCacheArgs | undefined, report: Report): void {
  if (cache === undefined) return;
  requireOneOf(report, `${path}.kind`, cache.kind, ThanosCacheKind);
  // From JavaScript or YAML it may be absent all the same.
  const size = cache.size as string | undefined;
  if (size === undefined || (parseQuantity(size) ?? 0) < MINIMUM_BYTES) {
    const reason =
      "must be a quantity of at least 16Mi: without a size Thanos caches nothing, and does not say so";
    report(`${path}.size`, size, reason, 'write one such as "1Gi"');
  }
  requireInteger(report, `${path}.replicas`, cache.replicas, 1);
  if (cache.kind === ThanosCacheKind.InMemory && cache.replicas !== undefined) {
    report(`${path}.replicas`, cache.replicas, "only counts for memcached", "remove it, or use memcached");
  }
}

function checkBoundaries(boundaries: string[], report: Report): void {
  const path = "store.shards.boundaries";
  if (boundaries.length === 0) {
    report(path, boundaries, "must name an age", 'write one such as ["2w"]');
    return;
  }
  const ages = boundaries.map((age) => parseDuration(age) ?? 0);
  ages.forEach((age, index) => {
    if (age > (ages[index - 1] ?? 0)) return;
    const at = `${path}[${String(index)}]`;
    report(
      at,
      boundaries[index],
      "must be a duration longer than the one before it",
      "put them in rising order",
    );
  });
}
