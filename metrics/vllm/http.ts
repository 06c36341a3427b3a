import type { MetricFamily } from "../family.ts";
import { ownBuckets } from "./buckets.ts";

const source = "prometheus-fastapi-instrumentator 8.1.0 (vllm/entrypoints/serve/instrumentator/metrics.py)";

/**
 * The Python API server's HTTP metrics. `/metrics`, `/health`, `/load`, `/ping`, `/version`, `/server_info` and every
 * path that contains one of these are left out; paths that match no route have the handler "none".
 */
export const http = {
  httpRequests: {
    name: "http_requests_total",
    type: "counter",
    help: "Total number of requests by method, status and handler.",
    unit: "requests",
    labels: ["handler", "method", "status"],
    labelValues: { status: ["1xx", "2xx", "3xx", "4xx", "5xx"] },
    since: "0.7.3",
    absentBeforeFirstRequest: "always",
    caveat:
      "status is grouped (2xx, never 200); no model label. A stream that fails half-way and a client that disconnects " +
      "both count as 2xx.",
    source,
  },
  httpRequestSize: {
    name: "http_request_size_bytes",
    type: "summary",
    help: "Content length of incoming requests by handler. Only value of header is respected. Otherwise ignored. No percentile calculated. ",
    unit: "bytes",
    labels: ["handler"],
    since: "0.7.3",
    absentBeforeFirstRequest: "always",
    caveat: "The Content-Length header, not the bytes read.",
    source,
  },
  httpResponseSize: {
    name: "http_response_size_bytes",
    type: "summary",
    help: "Content length of outgoing responses by handler. Only value of header is respected. Otherwise ignored. No percentile calculated. ",
    unit: "bytes",
    labels: ["handler"],
    since: "0.7.3",
    absentBeforeFirstRequest: "always",
    caveat: "Streamed answers have no Content-Length and count as 0 bytes.",
    source,
  },
  httpRequestDurationHighResolution: {
    name: "http_request_duration_highr_seconds",
    type: "histogram",
    help: "Latency with many buckets but no API specific labels. Made for more accurate percentile calculations. ",
    unit: "seconds",
    labels: [],
    buckets: ownBuckets.httpDurationHighResolution,
    since: "0.7.3",
    caveat: "All handlers together; until the last streamed byte.",
    source,
  },
  httpRequestDuration: {
    name: "http_request_duration_seconds",
    type: "histogram",
    help: "Latency with only few buckets by handler. Made to be only used if aggregation by handler is important. ",
    unit: "seconds",
    labels: ["handler", "method"],
    buckets: ownBuckets.httpDuration,
    since: "0.7.3",
    absentBeforeFirstRequest: "always",
    caveat: "Three bounds only (0.1, 0.5, 1 s), no status; until the last streamed byte.",
    source,
  },
} as const satisfies Record<string, MetricFamily>;
