/** Configuration of caches, in Thanos' own format. Source: Thanos v0.42, docs/components/{store,query-frontend}.md. */
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

import { goDuration } from "../support/durations.ts";
import { parseQuantity } from "../support/quantity.ts";
import { DEFAULT_SYNC_INTERVAL, type ThanosContext } from "./names.ts";
import { thanosBytes } from "./sizes.ts";
import { ThanosCacheKind, type ThanosCacheArgs } from "./storage-args.ts";

export const DEFAULT_RESPONSE_CACHE: ThanosCacheArgs = { kind: ThanosCacheKind.InMemory, size: "256Mi" };
/** Largest answer of an item; memcached's own limit is set to the same. */
export const MEMCACHED_ITEM = "5MiB";

/** What a memcached serves: the index and chunks of store gateways, or the answers of the query-frontend. */
export type CacheUse = "index" | "bucket" | "response";

/** Name of the memcached that serves a use. */
export function memcachedName(name: string, use: CacheUse): string {
  return `${name}-memcached-${use}`;
}

/** Bytes of a cache. The rules refuse what is no quantity. */
export function cacheBytes(cache: ThanosCacheArgs): number {
  return parseQuantity(cache.size) ?? 0;
}

/** The argument that holds a cache's configuration. */
export function cacheConfig(
  context: ThanosContext,
  use: CacheUse,
  cache: ThanosCacheArgs,
): pulumi.Input<string> {
  if (cache.kind === ThanosCacheKind.InMemory) {
    return stringify(document(inMemory(use, cacheBytes(cache)), "IN-MEMORY", use, context));
  }
  return pulumi
    .output(context.namespace)
    .apply((namespace) =>
      stringify(
        document(
          memcached(`dnssrvnoa+_memcached._tcp.${memcachedName(context.name, use)}.${namespace}.svc`),
          "MEMCACHED",
          use,
          context,
        ),
        { lineWidth: 0 },
      ),
    );
}

/** The bucket's cache has its own settings beside the connection's. */
function document(config: object, type: string, use: CacheUse, { args }: ThanosContext): object {
  const common = { type, config };
  if (use !== "bucket") return common;
  // What is remembered longer than the time between two looks hides new blocks from them: the list of blocks, and that
  // a block which was just being uploaded had no meta file yet. Thanos' own 5m and 15m do.
  const look = goDuration(args.store?.syncInterval ?? DEFAULT_SYNC_INTERVAL);
  return {
    ...common,
    chunk_subrange_size: 16_000,
    max_chunks_get_range_requests: 3,
    chunk_object_attrs_ttl: "24h",
    chunk_subrange_ttl: "24h",
    blocks_iter_ttl: look,
    metafile_exists_ttl: "2h",
    metafile_doesnt_exist_ttl: look,
    metafile_content_ttl: "24h",
    metafile_max_size: "1MiB",
  };
}

/** The three caches spell their sizes differently; an item may take a sixteenth of the cache. */
function inMemory(use: CacheUse, bytes: number): object {
  if (use === "response") return { max_size: thanosBytes(bytes), validity: "24h" };
  const item = Math.max(Math.floor(bytes / 16), 2 ** 20);
  return { max_size: thanosBytes(bytes), max_item_size: thanosBytes(item) };
}

/**
 * Each pod by itself: the client spreads keys by a jump hash over an ordered list of servers, which a load balancer would
 * undo.
 */
function memcached(address: string): object {
  return {
    addresses: [address],
    timeout: "500ms",
    max_idle_connections: 100,
    max_async_concurrency: 20,
    max_async_buffer_size: 10_000,
    max_item_size: MEMCACHED_ITEM,
    max_get_multi_concurrency: 100,
    max_get_multi_batch_size: 100,
    dns_provider_update_interval: "10s",
  };
}
