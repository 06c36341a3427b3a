/** Alerts on nodes: what the API server says of them (kube-state-metrics), and what their kernels do (node-exporter). */
import { kube, machine } from "../../metrics/kubernetes/index.ts";
import { target } from "../../metrics/monitoring/index.ts";
import {
  absent,
  and,
  by,
  div,
  eq,
  lt,
  max,
  maxOverTime,
  min,
  predictLinear,
  print,
  range,
} from "../../metrics/promql/index.ts";
import { Severity, type AlertRule } from "../types.ts";
import { clusterRule } from "./rule.ts";

/** Share of a file system's bytes or files that should stay free. */
export const FILESYSTEM_FREE = 0.05;
/** Share below which it matters that it will be full within a day. */
export const FILESYSTEM_SHRINKING = 0.2;
/** Share of memory that should stay available. */
export const MEMORY_AVAILABLE = 0.05;

const node = by("node");

export const nodeNotReady = clusterRule(
  "NodeNotReady",
  eq(max(kube.nodeStatusCondition.where({ condition: "Ready", status: "true" }), node), 0),
  "{{ $labels.node }} has not been ready for 10 minutes.",
  "Its pods are taken for lost and started elsewhere, where there is room.",
  { for: "10m", severity: Severity.Critical },
);

export const nodePressure = clusterRule(
  "NodeUnderPressure",
  eq(
    max(
      kube.nodeStatusCondition.where({
        condition: ["MemoryPressure", "DiskPressure", "PIDPressure"],
        status: "true",
      }),
      by("node", "condition"),
    ),
    1,
  ),
  "{{ $labels.node }} reports {{ $labels.condition }}.",
  "The kubelet ends pods, those of the lowest priority first, and takes no new ones.",
  { for: "10m" },
);

const files = by("node", "mountpoint", "device");
const bytesFree = div(
  min(machine.nodeFilesystemAvailBytes, files),
  min(machine.nodeFilesystemSizeBytes, files),
);
export const filesystemFull = clusterRule(
  "NodeFilesystemAlmostFull",
  lt(bytesFree, FILESYSTEM_FREE),
  "{{ $labels.mountpoint }} of {{ $labels.node }} has {{ $value | humanizePercentage }} left.",
  "Images can't be pulled, weights can't be cached, logs can't be written; the kubelet begins to end pods.",
  { for: "15m", severity: Severity.Critical },
);

export const filesystemFilling = clusterRule(
  "NodeFilesystemFilling",
  and(
    lt(bytesFree, FILESYSTEM_SHRINKING),
    lt(min(predictLinear(range(machine.nodeFilesystemAvailBytes, "6h"), 24 * 3600), files), 0),
  ),
  "{{ $labels.mountpoint }} of {{ $labels.node }} has {{ $value | humanizePercentage }} left and will be full within a day.",
  "At the pace of the last six hours. Caches of weights and images are the usual causes.",
  { for: "1h" },
);

export const filesystemInodes = clusterRule(
  "NodeFilesystemOutOfFiles",
  lt(
    div(min(machine.nodeFilesystemFilesFree, files), min(machine.nodeFilesystemFiles, files)),
    FILESYSTEM_FREE,
  ),
  "{{ $labels.mountpoint }} of {{ $labels.node }} has {{ $value | humanizePercentage }} of its inodes left.",
  "No new file can be made then, however many bytes are free.",
  { for: "15m" },
);

export const memoryLow = clusterRule(
  "NodeMemoryLow",
  lt(
    div(max(machine.nodeMemoryMemAvailableBytes, node), max(machine.nodeMemoryMemTotalBytes, node)),
    MEMORY_AVAILABLE,
  ),
  "{{ $labels.node }} has {{ $value | humanizePercentage }} of its memory available.",
  "The kernel is about to kill whatever it finds largest: an engine with its weights, as a rule.",
  { for: "10m" },
);

export const clockNotSynchronised = clusterRule(
  "NodeClockNotSynchronised",
  eq(max(maxOverTime(machine.nodeTimexSyncStatus, "5m"), node), 0),
  "The clock of {{ $labels.node }} is not synchronised.",
  "Samples get wrong times or are refused, tokens and certificates seem not to be valid yet or any more.",
  { for: "15m" },
);

/** Nothing of the nodes is seen: neither is any alert on them. */
export function sourceAbsent(alert: string, job: string, what: string): AlertRule {
  return {
    alert,
    expr: print(absent(eq(target.up.where({ job }), 1))),
    for: "15m",
    severity: Severity.Critical,
    // What is absent has no labels of its own.
    labels: { component: "monitoring", job },
    annotations: {
      summary: `${job} has not been scraped for 15 minutes.`,
      description: `No rule sees ${what}, and alerts on them are silent.`,
    },
  };
}
