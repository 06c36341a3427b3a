import type { AlertCases } from "../../../support/rule-cases.ts";

const fired = (alertname: string, labels: Record<string, string>, severity = "warning") => [
  { labels: { alertname, severity, component: "kubernetes", ...labels } },
];
const matchers = (labels: Record<string, string>) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(",");

const pod = { namespace: "vllm", pod: "a" };
const container = { ...pod, container: "engine" };

/** A gauge that is wrong with one value and right with the other, and the minutes before and after its patience. */
function state(
  alert: string,
  series: string,
  [wrong, right]: [number, number],
  wait: number,
  labels: Record<string, string>,
  severity?: string,
): AlertCases {
  const before = `${String(wait - 2)}m`;
  const after = `${String(wait + 3)}m`;
  const samples = 4 * (wait + 5);
  return {
    alert,
    tests: [
      {
        name: "fires and resolves",
        series: { [series]: `${String(wrong)}x${String(samples)} ${String(right)}x${String(samples + 40)}` },
        expect: { [before]: [], [after]: fired(alert, labels, severity), [`${String(2 * wait + 15)}m`]: [] },
      },
      {
        name: "stays silent",
        series: { [series]: `${String(right)}x${String(samples + 60)}` },
        expect: { [after]: [] },
      },
    ],
  };
}

/** A part of a whole, below or above a threshold. */
function ratio(
  alert: string,
  [part, whole]: [string, string],
  [wrong, edge]: [number, number],
  wait: number,
  labels: Record<string, string>,
  severity?: string,
): AlertCases {
  const own = `{${matchers(labels)}}`;
  const after = `${String(wait + 3)}m`;
  const samples = 4 * (wait + 5);
  return {
    alert,
    tests: [
      {
        name: "fires and resolves",
        series: {
          [part + own]: `${String(wrong)}x${String(samples)} ${String(edge)}x${String(samples + 40)}`,
          [whole + own]: `1000x${String(2 * samples + 60)}`,
        },
        expect: {
          [`${String(wait - 2)}m`]: [],
          [after]: fired(alert, labels, severity),
          [`${String(2 * wait + 15)}m`]: [],
        },
      },
      {
        name: "stays silent at the threshold",
        series: {
          [part + own]: `${String(edge)}x${String(samples)}`,
          [whole + own]: `1000x${String(samples)}`,
        },
        expect: { [after]: [] },
      },
    ],
  };
}

/** Of 100,000; the first shrinks for half an hour and gets room after two, the second shrinks faster, but has enough. */
function filling(
  alert: string,
  [part, whole]: [string, string],
  [wrong, edge]: [string, string],
  labels: Record<string, string>,
): AlertCases {
  const own = `{${matchers(labels)}}`;
  return {
    alert,
    tests: [
      {
        name: "fires while it shrinks, resolves when there is room again",
        series: { [part + own]: wrong, [whole + own]: "100000x560" },
        expect: { "30m": [], "100m": fired(alert, labels), "115m": [] },
      },
      {
        name: "stays silent while there is room",
        series: { [part + own]: edge, [whole + own]: "100000x560" },
        expect: { "100m": [] },
      },
      {
        name: "stays silent with little that does not shrink",
        series: { [part + own]: "10000x560", [whole + own]: "100000x560" },
        expect: { "100m": [] },
      },
    ],
  };
}

function incomplete(
  alert: string,
  metrics: { wanted: string; there: string; updated: string },
  labels: Record<string, string>,
  wait: number,
): AlertCases {
  const own = `{${matchers(labels)}}`;
  const after = `${String(wait + 3)}m`;
  const whole = { [metrics.wanted + own]: "3x400" };
  return {
    alert,
    tests: [
      {
        name: "fires without progress and resolves",
        series: {
          ...whole,
          [metrics.there + own]: `2x${String(4 * wait + 40)} 3x200`,
          [metrics.updated + own]: "3x400",
        },
        expect: {
          [`${String(wait - 2)}m`]: [],
          [after]: fired(alert, labels),
          [`${String(wait + 25)}m`]: [],
        },
      },
      {
        name: "stays silent during a roll-out",
        series: { ...whole, [metrics.there + own]: "2x400", [metrics.updated + own]: "0+1x400" },
        expect: { [after]: [] },
      },
      {
        name: "stays silent when complete",
        series: { ...whole, [metrics.there + own]: "3x400", [metrics.updated + own]: "3x400" },
        expect: { [after]: [] },
      },
    ],
  };
}

function absent(alert: string, job: string): AlertCases {
  const firing = [{ labels: { alertname: alert, severity: "critical", component: "monitoring", job } }];
  const series = `up{job="${job}",instance="a"}`;
  return {
    alert,
    tests: [
      {
        name: "fires without any that is up, resolves with one",
        series: { [series]: "0x80 1x80" },
        expect: { "14m": [], "17m": firing, "25m": [] },
      },
      { name: "stays silent with one", series: { [series]: "1x100" }, expect: { "20m": [] } },
    ],
  };
}

const of = (metric: string, labels: Record<string, string>) => `${metric}{${matchers(labels)}}`;
const restarts = of("kube_pod_container_status_restarts_total", container);
const killed = of("kube_pod_container_status_last_terminated_reason", { ...container, reason: "OOMKilled" });
const ready = { condition: "Ready", status: "true" };
const node = { node: "gpu-0" };
const files = { ...node, mountpoint: "/", device: "/dev/sda1" };
const claim = { namespace: "monitoring", persistentvolumeclaim: "data" };
const SHRINKING = "19000-15x120 17200x320 60000x120";

export const kubernetesCases: AlertCases[] = [
  state(
    "PodCrashLooping",
    of("kube_pod_container_status_waiting_reason", { ...container, reason: "CrashLoopBackOff" }),
    [1, 0],
    15,
    container,
  ),
  {
    alert: "ContainerOutOfMemory",
    tests: [
      {
        name: "fires after the start that followed, resolves",
        series: { [restarts]: "0x20 1x200", [killed]: "0x20 1x200" },
        expect: { "4m": [], "7m": fired("ContainerOutOfMemory", container), "20m": [] },
      },
      {
        name: "stays silent with another reason",
        series: { [restarts]: "0x20 1x200", [killed]: "0x220" },
        expect: { "7m": [] },
      },
      {
        name: "stays silent long after",
        series: { [restarts]: "3x200", [killed]: "1x200" },
        expect: { "7m": [], "20m": [] },
      },
    ],
  },
  state("PodPending", of("kube_pod_status_phase", { ...pod, phase: "Pending" }), [1, 0], 30, pod),
  incomplete(
    "DeploymentIncomplete",
    {
      wanted: "kube_deployment_spec_replicas",
      there: "kube_deployment_status_replicas_available",
      updated: "kube_deployment_status_replicas_updated",
    },
    { namespace: "vllm", deployment: "llama" },
    30,
  ),
  incomplete(
    "StatefulSetIncomplete",
    {
      wanted: "kube_statefulset_replicas",
      there: "kube_statefulset_status_replicas_ready",
      updated: "kube_statefulset_status_replicas_updated",
    },
    { namespace: "monitoring", statefulset: "prometheus-monitoring" },
    15,
  ),
  state(
    "DaemonSetIncomplete",
    of("kube_daemonset_status_number_unavailable", { namespace: "gpu", daemonset: "dcgm" }),
    [1, 0],
    30,
    { namespace: "gpu", daemonset: "dcgm" },
  ),
  state(
    "JobFailed",
    of("kube_job_status_failed", { namespace: "vllm", job_name: "load", reason: "BackoffLimitExceeded" }),
    [1, 0],
    15,
    { namespace: "vllm", job_name: "load" },
  ),
  state(
    "PersistentVolumeClaimPending",
    of("kube_persistentvolumeclaim_status_phase", { ...claim, phase: "Pending" }),
    [1, 0],
    30,
    claim,
  ),
  state(
    "NodeNotReady",
    of("kube_node_status_condition", { ...node, ...ready }),
    [0, 1],
    10,
    node,
    "critical",
  ),
  state(
    "NodeUnderPressure",
    of("kube_node_status_condition", { ...node, condition: "DiskPressure", status: "true" }),
    [1, 0],
    10,
    { ...node, condition: "DiskPressure" },
  ),
  ratio(
    "NodeFilesystemAlmostFull",
    ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"],
    [49, 50],
    15,
    files,
    "critical",
  ),
  filling(
    "NodeFilesystemFilling",
    ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"],
    [SHRINKING, "27200-60x120 20000x440"],
    files,
  ),
  ratio(
    "NodeFilesystemOutOfFiles",
    ["node_filesystem_files_free", "node_filesystem_files"],
    [49, 50],
    15,
    files,
  ),
  ratio(
    "NodeMemoryLow",
    ["node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"],
    [49, 50],
    10,
    node,
  ),
  state("NodeClockNotSynchronised", of("node_timex_sync_status", node), [0, 1], 15, node),
  ratio(
    "PersistentVolumeAlmostFull",
    ["kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"],
    [49, 50],
    5,
    claim,
    "critical",
  ),
  filling(
    "PersistentVolumeFilling",
    ["kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"],
    ["14000-15x120 12200x320 60000x120", "22200-60x120 15000x440"],
    claim,
  ),
  ratio(
    "PersistentVolumeOutOfFiles",
    ["kubelet_volume_stats_inodes_free", "kubelet_volume_stats_inodes"],
    [49, 50],
    15,
    claim,
  ),
  {
    alert: "ContainerCpuThrottled",
    tests: [
      {
        name: "fires above a quarter and resolves",
        series: {
          [of("container_cpu_cfs_periods_total", container)]: "0+100x400",
          [of("container_cpu_cfs_throttled_periods_total", container)]: "0+26x160 4160x240",
        },
        expect: { "29m": [], "36m": fired("ContainerCpuThrottled", container, "info"), "60m": [] },
      },
      {
        name: "stays silent at a quarter",
        series: {
          [of("container_cpu_cfs_periods_total", container)]: "0+100x400",
          [of("container_cpu_cfs_throttled_periods_total", container)]: "0+25x400",
        },
        expect: { "36m": [] },
      },
    ],
  },
  absent("KubeStateMetricsAbsent", "kube-state-metrics"),
  absent("NodeExporterAbsent", "node-exporter"),
  absent("KubeletMetricsAbsent", "kubelet"),
];
