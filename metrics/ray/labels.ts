import type { BucketFamily } from "../family.ts";

/**
 * Labels that Ray's metrics agent adds. `SessionName` changes with every restart of the cluster; `WorkerId` with every restart
 * of a worker, and Ray drops it by default (RAY_metric_cardinality_level=recommended): of gauges that differ in nothing else
 * the first value is then exported.
 */
export const rayLabels = ["Component", "NodeAddress", "SessionName", "Version", "WorkerId"] as const;

/** Bounds of latencies, in milliseconds; the variable RAY_SERVE_REQUEST_LATENCY_BUCKETS_MS replaces them. */
export const latencyBuckets = {
  name: "ray_serve_latency",
  bounds: [
    1, 2, 5, 10, 20, 50, 100, 200, 300, 400, 500, 1000, 2000, 5000, 10000, 60000, 120000, 300000, 600000,
  ],
} as const satisfies BucketFamily;

/** Bounds of start-up times, in milliseconds; RAY_SERVE_REPLICA_STARTUP_SHUTDOWN_LATENCY_BUCKETS_MS replaces them. */
export const startupBuckets = {
  name: "ray_serve_startup",
  bounds: [5, 20, 50, 100, 250, 500, 1000, 2000, 5000, 10000, 20000, 30000, 60000, 120000, 240000],
} as const satisfies BucketFamily;
