/** Alerts on pods and what manages them, by kube-state-metrics. */
import { kube } from "../../metrics/kubernetes/index.ts";
import {
  and,
  by,
  changes,
  eq,
  gt,
  increase,
  max,
  maxOverTime,
  on,
  sub,
  sum,
} from "../../metrics/promql/index.ts";
import { clusterRule } from "./rule.ts";

const container = by("namespace", "pod", "container");
const pod = "{{ $labels.namespace }}/{{ $labels.pod }}";

/** The state lasts seconds at a time between two starts, so that single samples miss it. */
export const crashLooping = clusterRule(
  "PodCrashLooping",
  eq(
    max(
      maxOverTime(kube.podContainerStatusWaitingReason.where({ reason: "CrashLoopBackOff" }), "5m"),
      container,
    ),
    1,
  ),
  `{{ $labels.container }} of ${pod} ends again and again.`,
  "Kubernetes waits longer before each new start, up to five minutes; meanwhile it does nothing at all.",
  { for: "15m" },
);

export const outOfMemory = clusterRule(
  "ContainerOutOfMemory",
  and(
    gt(max(increase(kube.podContainerStatusRestarts, "10m"), container), 0),
    eq(max(kube.podContainerStatusLastTerminatedReason.where({ reason: "OOMKilled" }), container), 1),
  ),
  `{{ $labels.container }} of ${pod} was killed for using more memory than its limit.`,
  "It starts anew. With the same load the same happens again.",
);

/** Longer than a node with GPUs takes to come. */
export const podPending = clusterRule(
  "PodPending",
  eq(max(kube.podStatusPhase.where({ phase: ["Pending", "Unknown"] }), by("namespace", "pod")), 1),
  `${pod} has not started for 30 minutes.`,
  "No node has room for it, its image can't be pulled, a volume is missing, or its node is gone.",
  { for: "30m" },
);

const deployment = by("namespace", "deployment");
/** Not while a roll-out makes progress: then the number of new pods changes. */
export const deploymentIncomplete = clusterRule(
  "DeploymentIncomplete",
  and(
    gt(
      sub(
        max(kube.deploymentSpecReplicas, deployment),
        max(kube.deploymentStatusReplicasAvailable, deployment),
      ),
      0,
    ),
    eq(max(changes(kube.deploymentStatusReplicasUpdated, "10m"), deployment), 0),
    on("namespace", "deployment"),
  ),
  "{{ $labels.namespace }}/{{ $labels.deployment }} lacks {{ $value }} replicas.",
  "They don't start or don't get ready, and no roll-out is under way that would explain it.",
  { for: "30m" },
);

const statefulSet = by("namespace", "statefulset");
export const statefulSetIncomplete = clusterRule(
  "StatefulSetIncomplete",
  and(
    gt(
      sub(max(kube.statefulsetReplicas, statefulSet), max(kube.statefulsetStatusReplicasReady, statefulSet)),
      0,
    ),
    eq(max(changes(kube.statefulsetStatusReplicasUpdated, "10m"), statefulSet), 0),
    on("namespace", "statefulset"),
  ),
  "{{ $labels.namespace }}/{{ $labels.statefulset }} lacks {{ $value }} replicas.",
  "They don't start or don't get ready, and no roll-out is under way that would explain it.",
  { for: "15m" },
);

export const daemonSetIncomplete = clusterRule(
  "DaemonSetIncomplete",
  gt(max(kube.daemonsetStatusNumberUnavailable, by("namespace", "daemonset")), 0),
  "{{ $labels.namespace }}/{{ $labels.daemonset }} is missing on {{ $value }} nodes.",
  "Whatever it does for a node (GPUs, metrics, network) is not done there.",
  { for: "30m" },
);

export const jobFailed = clusterRule(
  "JobFailed",
  gt(sum(kube.jobStatusFailed, by("namespace", "job_name")), 0),
  "{{ $value }} pods of the job {{ $labels.namespace }}/{{ $labels.job_name }} failed.",
  "It may have been tried again since; delete the job when nobody needs it any more.",
  { for: "15m" },
);

/** A claim that waits for its first pod is Pending for as long as that pod has no node. */
export const claimPending = clusterRule(
  "PersistentVolumeClaimPending",
  eq(
    max(
      kube.persistentvolumeclaimStatusPhase.where({ phase: ["Pending", "Lost"] }),
      by("namespace", "persistentvolumeclaim"),
    ),
    1,
  ),
  "{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has no volume.",
  "The pods that mount it don't start.",
  { for: "30m" },
);
