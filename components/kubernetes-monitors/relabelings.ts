/** What is kept of the cluster's own programs, which expose ten times what anybody reads. */
import type { RelabelConfig } from "../crds/monitoring.ts";

/**
 * Metrics of cAdvisor that are left out: counters by kernel state that are zero nearly everywhere, and series per CPU, TCP
 * state and huge page size. Source: cadvisor 0.53, metrics/prometheus.go.
 */
export const CADVISOR_DROP =
  "container_(blkio_device_usage_total|cpu_load_(average_10s|d_average_10s)|cpu_(system|user)_seconds_total|file_descriptors|" +
  "fs_(inodes_.+|io_current|io_time_.+|limit_bytes|read_seconds_total|reads_merged_total|reads_total|sector_.+|write_seconds_total|writes_merged_total|writes_total)|" +
  "hugetlb_.+|last_seen|llc_.+|memory_(bandwidth_.+|failcnt|failures_total|kernel_usage|mapped_file|max_usage_bytes|migrate|numa_pages|swap)|" +
  "network_(advance_tcp_.+|tcp6?_usage_total|udp6?_usage_total)|perf_.+|pressure_.+|processes|referenced_bytes|sockets|" +
  "spec_(cpu_.+|memory_(reservation_limit|swap_limit)_bytes)|tasks_state|threads(_max)?|ulimits_soft)";

/** Metrics of the API server that are kept: requests, their times, what is refused, stored and waited for. */
export const API_SERVER_KEEP =
  "aggregator_unavailable_apiservice|apiserver_admission_webhook_(rejection_count|request_total)|apiserver_audit_error_total|" +
  "apiserver_current_inflight_requests|apiserver_flowcontrol_rejected_requests_total|apiserver_request_(terminations_total|total)|" +
  "apiserver_request_duration_seconds_(bucket|count|sum)|apiserver_storage_(objects|size_bytes)|" +
  "etcd_request_duration_seconds_(count|sum)|kubernetes_build_info|process_(cpu_seconds_total|resident_memory_bytes|start_time_seconds)";

/** Bounds of request times that are kept, in seconds; the others would be nine tenths of all series. */
const API_SERVER_BOUNDS = "0\\.1|0\\.2|0\\.5|1(\\.0)?|2(\\.0)?|5(\\.0)?|10(\\.0)?|30(\\.0)?|60(\\.0)?|\\+Inf";

/** Labels of a kubelet's targets: `node` and, because it has several, `metrics_path`. */
export const kubeletRelabelings: RelabelConfig[] = [
  { sourceLabels: ["__meta_kubernetes_node_name"], targetLabel: "node", action: "replace" },
  { sourceLabels: ["__metrics_path__"], targetLabel: "metrics_path", action: "replace" },
];

/** What is left out of cAdvisor: the metrics above, and groups of processes that belong to no pod. */
export function cAdvisorRelabelings(dropMetrics = CADVISOR_DROP): RelabelConfig[] {
  return [
    { sourceLabels: ["__name__"], regex: dropMetrics, action: "drop" },
    // The slices above pods count everything a second time.
    { sourceLabels: ["__name__", "pod"], separator: ";", regex: "container_.+;", action: "drop" },
  ];
}

/** The API server's Service and its endpoint say nothing that `instance` does not. */
export const apiServerTargetRelabelings: RelabelConfig[] = [
  { targetLabel: "job", replacement: "apiserver", action: "replace" },
  { regex: "namespace|service|endpoint", action: "labeldrop" },
];

export function apiServerRelabelings(keepMetrics = API_SERVER_KEEP): RelabelConfig[] {
  return [
    { sourceLabels: ["__name__"], regex: keepMetrics, action: "keep" },
    {
      sourceLabels: ["__name__", "le"],
      separator: ";",
      regex: `apiserver_request_duration_seconds_bucket;(${API_SERVER_BOUNDS})`,
      targetLabel: "__tmp_keep",
      replacement: "1",
      action: "replace",
    },
    {
      sourceLabels: ["__name__", "__tmp_keep"],
      separator: ";",
      regex: "apiserver_request_duration_seconds_bucket;",
      action: "drop",
    },
    // A watch is as long as its client wants: its time is no latency.
    {
      sourceLabels: ["__name__", "verb"],
      separator: ";",
      regex: "apiserver_request_duration_seconds_.+;(WATCH|CONNECT|WATCHLIST)",
      action: "drop",
    },
    { regex: "__tmp_keep", action: "labeldrop" },
  ];
}
