/** Arguments of the programs that work on the bucket: store gateway, compactor, ruler, and their caches. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

type Input<T> = pulumi.Input<T>;
type ResourceRequirements = k8s.types.input.core.v1.ResourceRequirements;

/** Where a program keeps what it can fetch again. Neither field means a claim whose size follows from the series. */
export interface ThanosVolumeArgs {
  /** Size of each pod's claim. */
  size?: string;
  /** Storage class of the claim. Default: the cluster's. */
  storageClassName?: Input<string>;
  /** True: an emptyDir, which is filled anew after each move of the pod. Default: false. */
  ephemeral?: boolean;
}

/** Where a cache lives. */
export const ThanosCacheKind = {
  /** In each pod's own memory; counts to its limit. */
  InMemory: "in-memory",
  /** Memcached pods of its own, addressed one by one. */
  Memcached: "memcached",
} as const;
export type ThanosCacheKind = (typeof ThanosCacheKind)[keyof typeof ThanosCacheKind];

/** A cache. */
export interface ThanosCacheArgs {
  kind: ThanosCacheKind;
  /** Memory of the cache in each pod, such as "1Gi". Required: a cache without a size caches nothing, without a word. */
  size: string;
  /** Memcached pods. Default: 2. */
  replicas?: number;
}

/** How the blocks are spread over store gateways. */
export const ThanosShardBy = {
  /** Evenly, by a hash of the block's id. */
  Hash: "hash",
  /** By age, so that the newest, which are asked for most, get more pods or memory. */
  Time: "time",
} as const;
export type ThanosShardBy = (typeof ThanosShardBy)[keyof typeof ThanosShardBy];

/** Spreads the blocks over several store gateways. */
export interface ThanosShardsArgs {
  by: ThanosShardBy;
  /** For hash: how many. */
  count?: number;
  /** For time: ages at which one shard ends and the next begins, rising: ["2w", "13w"] makes three shards. */
  boundaries?: string[];
}

/** The store gateway: answers from the bucket. */
export interface ThanosStoreArgs {
  /** Pods of each shard. Default: 1. */
  replicas?: number;
  /** Default: one shard with all blocks. */
  shards?: ThanosShardsArgs;
  /** Postings and series of the index. Default: in-memory, of a size that follows from the series. */
  indexCache?: ThanosCacheArgs;
  /** Chunks and metadata. Default: in-memory, of a size that follows from the series. */
  bucketCache?: ThanosCacheArgs;
  /** Most memory that chunks under way take, such as "2Gi". Default: follows from the series. */
  chunkPoolSize?: string;
  /** Series that one request may touch; more is an error instead of a killed pod. Default: follows from the series. */
  requestSeriesLimit?: number;
  /** How often it looks for new blocks. Default: 3m. */
  syncInterval?: string;
  volume?: ThanosVolumeArgs;
  /** Default: follows from the series. */
  resources?: Input<ResourceRequirements>;
}

/** How long samples are kept in the bucket, by resolution; "0d" means for ever. */
export interface ThanosRetentionArgs {
  /** As scraped. At least 3d. Default: 30d. */
  raw?: string;
  /** One point in five minutes. At least 16d. Default: 180d. */
  fiveMinutes?: string;
  /** One point an hour. Default: 730d. */
  oneHour?: string;
}

/** The compactor: merges, downsamples, and deletes what is too old. There is exactly one for a bucket's prefix. */
export interface ThanosCompactorArgs {
  /** False: another environment's compactor works on this bucket. Default: true. */
  enabled?: boolean;
  retention?: ThanosRetentionArgs;
  /** Groups of blocks that are compacted at the same time; memory and disk follow. Default: 1. */
  concurrency?: number;
  /** Age at which a block is looked at first. Default: 30m. */
  consistencyDelay?: string;
  /** How long a block that was replaced or is too old stays readable. Default: 48h. */
  deleteDelay?: string;
  /** Pause between two rounds. Default: 5m. */
  waitInterval?: string;
  volume?: ThanosVolumeArgs;
  /** Default: follows from the series. */
  resources?: Input<ResourceRequirements>;
}

/** Rules over everything that query sees; for rules over several shards or clusters only. */
export interface ThanosRulerArgs {
  /** Default: 2. */
  replicas?: number;
  /** Labels of the PrometheusRules that it evaluates; every other one is Prometheus' own. */
  ruleSelector: Record<string, string>;
  /** Alertmanagers that it tells, such as "dnssrv+_web._tcp.alertmanager-operated.monitoring.svc". */
  alertmanagerUrls: Input<Input<string>[]>;
  /** Default: 15s. */
  evaluationInterval?: string;
  /** How long it keeps its own series on disk. Default: 24h. */
  retention?: string;
  volume?: ThanosVolumeArgs;
  /** Default: 100m and 256Mi requested, 1Gi at most. */
  resources?: Input<ResourceRequirements>;
}
