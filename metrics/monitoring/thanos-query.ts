import type { MetricFamily } from "../family.ts";

const since = "0.42.4";

/** The Thanos querier and query-frontend. */
export const thanosQuery = {
  queryConcurrentGateQueriesMax: {
    name: "thanos_query_concurrent_gate_queries_max",
    type: "gauge",
    help: "Maximum number of concurrent queries.",
    unit: "requests",
    labels: [],
    since,
    source: "thanos pkg/gate/gate.go",
  },
  queryConcurrentGateQueriesInFlight: {
    name: "thanos_query_concurrent_gate_queries_in_flight",
    type: "gauge",
    help: "Number of queries that are currently in flight.",
    unit: "requests",
    labels: [],
    since,
    source: "thanos pkg/gate/gate.go",
  },
  queryConcurrentGateQueries: {
    name: "thanos_query_concurrent_gate_queries_total",
    type: "counter",
    help: "Total number of queries.",
    unit: "requests",
    labels: [],
    since,
    source: "thanos pkg/gate/gate.go",
  },
  storeNodesGrpcConnections: {
    name: "thanos_store_nodes_grpc_connections",
    type: "gauge",
    help: "Number of gRPC connection to Store APIs. Opened connection means healthy store APIs available for Querier.",
    unit: "connections",
    labels: ["external_labels", "store_type"],
    since,
    source: "thanos pkg/query/endpointset.go",
  },
  queryFrontendQueries: {
    name: "thanos_query_frontend_queries_total",
    type: "counter",
    help: "Total queries passing through query frontend",
    unit: "requests",
    labels: ["op"],
    since,
    source: "thanos pkg/queryfrontend/roundtrip.go",
  },
  frontendSplitQueries: {
    name: "thanos_frontend_split_queries_total",
    type: "counter",
    help: "Total number of underlying query requests after the split by interval is applied",
    unit: "requests",
    labels: [],
    since,
    source: "thanos pkg/queryfrontend/split_by_interval.go",
  },
  httpRequests: {
    name: "http_requests_total",
    type: "counter",
    help: "Tracks the number of HTTP requests.",
    unit: "requests",
    labels: ["code", "handler", "method", "tenant"],
    since,
    caveat: "Thanos' own HTTP API; other programs use the same name, so select by job.",
    source: "thanos pkg/extprom/http/metrics.go",
  },
} as const satisfies Record<string, MetricFamily>;
