/** Names, ports and labels of everything that `ThanosStorage` makes. */
import type * as pulumi from "@pulumi/pulumi";

import { parseDuration } from "../support/quantity.ts";
import type { ThanosStorageArgs } from "./args.ts";
import { shardsOf } from "./shards.ts";
import { thanosSizes, type ThanosSizes } from "./sizes.ts";

export const HTTP_PORT = 10902;
export const GRPC_PORT = 10901;
export const MEMCACHED_PORT = 11211;
export const MEMCACHED_EXPORTER_PORT = 9150;

/** Value of `app.kubernetes.io/name` of each program, which becomes its job. */
export const application = {
  store: "thanos-store",
  compactor: "thanos-compact",
  query: "thanos-query",
  queryFrontend: "thanos-query-frontend",
  ruler: "thanos-rule",
  memcached: "thanos-memcached",
} as const;
export type ThanosApplication = (typeof application)[keyof typeof application];

export const DEFAULT_RETENTION = { raw: "30d", fiveMinutes: "180d", oneHour: "730d" } as const;
/** How often a store gateway looks for new blocks. */
export const DEFAULT_SYNC_INTERVAL = "3m";
export const DEFAULT_SCRAPE_INTERVAL = "15s";
export const DEFAULT_REPLICA_LABELS = ["prometheus_replica", "thanos_ruler_replica"];

/** What every part of the component is made from. */
export interface ThanosContext {
  /** Name of the component; its objects are called by it. */
  name: string;
  namespace: pulumi.Input<string>;
  args: ThanosStorageArgs;
  sizes: ThanosSizes;
  /** Text of the object-store file: a change of it restarts what reads it. */
  objectStoreFile: pulumi.Output<string>;
}

/** Sizes of an instance. */
export function sizesOf(args: ThanosStorageArgs): ThanosSizes {
  const retention = { ...DEFAULT_RETENTION, ...args.compactor?.retention };
  const days = (duration: string): number => {
    const seconds = parseDuration(duration) ?? 0;
    return seconds === 0 ? Number.POSITIVE_INFINITY : seconds / 86_400;
  };
  return thanosSizes({
    series: args.expectedSeries,
    replicas: args.prometheusReplicas ?? 2,
    scrapeIntervalSeconds: parseDuration(args.scrapeInterval ?? DEFAULT_SCRAPE_INTERVAL) ?? 15,
    rawDays: days(retention.raw),
    fiveMinuteDays: days(retention.fiveMinutes),
    oneHourDays: days(retention.oneHour),
    shards: shardsOf(args.store?.shards).length,
    concurrency: args.compactor?.concurrency ?? 1,
  });
}

/** Name of the Secret with the object-store file. */
export function objectStoreSecretName(name: string): string {
  return `${name}-objstore`;
}

/** Service account of a program. */
export function accountName(name: string, program: "store" | "compactor" | "ruler" | "query"): string {
  return `${name}-${program}`;
}
