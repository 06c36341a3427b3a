/** Arguments of the programs that answer queries. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { ThanosCacheArgs } from "./storage-args.ts";

type Input<T> = pulumi.Input<T>;
type ResourceRequirements = k8s.types.input.core.v1.ResourceRequirements;

/** The query: asks sidecars, store gateways and other clusters, and merges replicas. */
export interface ThanosQueryArgs {
  /** Default: 2. */
  replicas?: number;
  /** Queries at the same time in one pod. Default: 20. */
  maxConcurrent?: number;
  /** After how long a query is given up. Default: 2m. */
  timeout?: string;
  /** After how long a store that says nothing is left out, and the answer is marked as partial. Default: 30s. */
  storeResponseTimeout?: string;
  /** Default: follows from the series. */
  resources?: Input<ResourceRequirements>;
}

/** The query-frontend: splits long ranges by day, and remembers their answers. */
export interface ThanosQueryFrontendArgs {
  /** Default: 2. */
  replicas?: number;
  /** Length of the pieces of a range. Default: 24h. */
  splitInterval?: string;
  /** Default: in-memory, 256Mi. */
  cache?: ThanosCacheArgs;
  /** Newest samples that are never answered from the cache, because they may still change. Default: 1m. */
  maxFreshness?: string;
  /** Queries that take longer are logged. Default: 10s. */
  logQueriesLongerThan?: string;
  /** Default: 50m and 128Mi requested beside the cache. */
  resources?: Input<ResourceRequirements>;
}
