import type { RuleGroup, RuleSet } from "../types.ts";
import {
  clockNotSynchronised,
  filesystemFilling,
  filesystemFull,
  filesystemInodes,
  memoryLow,
  nodeNotReady,
  nodePressure,
  sourceAbsent,
} from "./nodes.ts";
import { cpuThrottled, volumeFilling, volumeFull, volumeInodes } from "./volumes.ts";
import {
  claimPending,
  crashLooping,
  daemonSetIncomplete,
  deploymentIncomplete,
  jobFailed,
  outOfMemory,
  podPending,
  statefulSetIncomplete,
} from "./workloads.ts";

/** What is scraped. A rule on what is not would never fire, or, where it looks for what is missing, always. */
export interface KubernetesSources {
  stateMetrics: boolean;
  nodeExporter: boolean;
  kubelet: boolean;
}

const stateMetricsGroups: RuleGroup[] = [
  {
    name: "kubernetes-workloads",
    alerts: [
      crashLooping,
      outOfMemory,
      podPending,
      deploymentIncomplete,
      statefulSetIncomplete,
      daemonSetIncomplete,
      jobFailed,
      claimPending,
    ],
  },
  {
    name: "kubernetes-nodes",
    alerts: [
      nodeNotReady,
      nodePressure,
      sourceAbsent("KubeStateMetricsAbsent", "kube-state-metrics", "pods, workloads and nodes"),
    ],
  },
];

const nodeExporterGroups: RuleGroup[] = [
  {
    name: "node-exporter",
    alerts: [
      filesystemFull,
      filesystemFilling,
      filesystemInodes,
      memoryLow,
      clockNotSynchronised,
      sourceAbsent("NodeExporterAbsent", "node-exporter", "disks, memory and clocks of nodes"),
    ],
  },
];

const kubeletGroups: RuleGroup[] = [
  {
    name: "kubelet",
    alerts: [
      volumeFull,
      volumeFilling,
      volumeInodes,
      cpuThrottled,
      sourceAbsent("KubeletMetricsAbsent", "kubelet", "volumes and containers"),
    ],
  },
];

/**
 * Rules on the cluster itself, chosen for what disturbs a fleet; undefined when nothing of it is scraped. Parts that
 * managed clusters hide (scheduler, controller manager, etcd) have none, so that no alert stays for ever.
 */
export function kubernetesRules({
  stateMetrics,
  nodeExporter,
  kubelet,
}: KubernetesSources): RuleSet | undefined {
  const groups = [
    ...(stateMetrics ? stateMetricsGroups : []),
    ...(nodeExporter ? nodeExporterGroups : []),
    ...(kubelet ? kubeletGroups : []),
  ];
  return groups.length === 0 ? undefined : { name: "kubernetes", groups };
}
