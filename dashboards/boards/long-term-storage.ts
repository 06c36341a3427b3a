/** Panels on Thanos: upload, compaction, store and query. */
import { thanosSeries } from "../../metrics/monitoring/index.ts";
import { by, gt, histogramQuantile, max, min, rate, sub, sum, time } from "../../metrics/promql/index.ts";
import type { BoardTools } from "../board.ts";
import { share } from "./models.ts";

const WINDOW = "$__rate_interval";
const condition = "Thanos";

/** The row of long-term storage. */
export function longTermStorage({ panels, choose }: BoardTools) {
  const pod = by("pod");
  const buckets = sum(
    rate(choose(thanosSeries.objstoreBucketOperationDurationSeconds.bucket), WINDOW),
    by("le", "operation"),
  );
  return [
    panels.lines({
      title: "Uploads",
      description: "Blocks uploaded per second, and uploads that failed. A block comes every two hours.",
      condition: "a Thanos sidecar",
      queries: [
        { expr: sum(rate(choose(thanosSeries.shipperUploads), WINDOW), pod), legend: "{{pod}} uploaded" },
        {
          expr: sum(rate(choose(thanosSeries.shipperUploadFailures), WINDOW), pod),
          legend: "{{pod}} failed",
        },
      ],
      unit: "operations/s",
    }),
    panels.lines({
      title: "Age of the last upload",
      description:
        "Time since a component last wrote to the object store. Above three hours a sidecar is stuck.",
      condition: `${condition}, and an upload`,
      unit: "seconds",
      queries: [
        {
          // 0 until the first one.
          expr: sub(
            time(),
            gt(max(choose(thanosSeries.objstoreBucketLastSuccessfulUploadTime), by("pod")), 0),
          ),
          legend: "{{pod}}",
        },
      ],
    }),
    panels.lines({
      title: "Failed operations of the object store",
      description: "Share of the calls to the object store that fail, by operation.",
      condition,
      max: 1,
      queries: [
        {
          expr: share(
            sum(rate(choose(thanosSeries.objstoreBucketOperationFailures), WINDOW), by("operation")),
            sum(rate(choose(thanosSeries.objstoreBucketOperations), WINDOW), by("operation")),
          ),
          legend: "{{operation}}",
        },
      ],
    }),
    panels.lines({
      title: "Time of the object store, p95",
      description: "How long the calls to the object store take, by operation.",
      condition,
      queries: [{ expr: histogramQuantile(0.95, buckets), legend: "{{operation}}" }],
    }),
    panels.lines({
      title: "Compactor halted",
      description: "1: the compactor found something that it must not touch and does nothing any more.",
      condition: "a Thanos compactor",
      max: 1,
      thresholds: [{ from: 1, color: "red" }],
      queries: [{ expr: max(choose(thanosSeries.compactHalted), pod), legend: "{{pod}}" }],
    }),
    panels.lines({
      title: "Compactor's work ahead",
      description:
        "Compactions, blocks to downsample and blocks to delete. Growing for days: it is too slow.",
      condition: "a Thanos compactor",
      unit: "blocks",
      queries: [
        { expr: sum(choose(thanosSeries.compactTodoCompactions)), legend: "compactions" },
        { expr: sum(choose(thanosSeries.compactTodoDownsampleBlocks)), legend: "to downsample" },
        { expr: sum(choose(thanosSeries.compactTodoDeletionBlocks)), legend: "to delete" },
      ],
    }),
    panels.lines({
      title: "Blocks in the store gateway",
      description: "Blocks whose index the gateway has loaded.",
      condition: "a Thanos store gateway",
      queries: [{ expr: sum(choose(thanosSeries.bucketStoreBlocksLoaded), pod), legend: "{{pod}}" }],
    }),
    panels.lines({
      title: "Queries under way",
      description: "Queries that Thanos works on, and the most that it takes at once.",
      condition: "Thanos Query",
      queries: [
        { expr: sum(choose(thanosSeries.queryConcurrentGateQueriesInFlight), pod), legend: "{{pod}}" },
        { expr: min(choose(thanosSeries.queryConcurrentGateQueriesMax), pod), legend: "{{pod}} most" },
      ],
    }),
    panels.lines({
      title: "Sidecars that reach their Prometheus",
      description: "0: the newest two hours of this Prometheus are missing from answers.",
      condition: "a Thanos sidecar",
      max: 1,
      queries: [{ expr: min(choose(thanosSeries.sidecarPrometheusUp), pod), legend: "{{pod}}" }],
    }),
    panels.lines({
      title: "Stores that Thanos Query asks",
      description: "Connections to sidecars, store gateways and other queriers.",
      condition: "Thanos Query",
      queries: [
        {
          expr: sum(choose(thanosSeries.storeNodesGrpcConnections), by("store_type")),
          legend: "{{store_type}}",
        },
      ],
    }),
  ];
}
