/** Kinds of objects that kube-state-metrics knows. Source: kube-state-metrics 2.19, pkg/options/resource.go. */
import type * as k8s from "@pulumi/kubernetes";

type PolicyRule = k8s.types.input.rbac.v1.PolicyRule;

interface Kind {
  readonly apiGroup: string;
  readonly isNamespaced: boolean;
}

const namespaced = (apiGroup: string): Kind => ({ apiGroup, isNamespaced: true });
const clusterWide = (apiGroup: string): Kind => ({ apiGroup, isNamespaced: false });

export const KINDS: Readonly<Record<string, Kind>> = {
  certificatesigningrequests: clusterWide("certificates.k8s.io"),
  configmaps: namespaced(""),
  cronjobs: namespaced("batch"),
  daemonsets: namespaced("apps"),
  deployments: namespaced("apps"),
  endpointslices: namespaced("discovery.k8s.io"),
  horizontalpodautoscalers: namespaced("autoscaling"),
  ingresses: namespaced("networking.k8s.io"),
  jobs: namespaced("batch"),
  leases: namespaced("coordination.k8s.io"),
  limitranges: namespaced(""),
  mutatingwebhookconfigurations: clusterWide("admissionregistration.k8s.io"),
  namespaces: clusterWide(""),
  networkpolicies: namespaced("networking.k8s.io"),
  nodes: clusterWide(""),
  persistentvolumeclaims: namespaced(""),
  persistentvolumes: clusterWide(""),
  poddisruptionbudgets: namespaced("policy"),
  pods: namespaced(""),
  replicasets: namespaced("apps"),
  replicationcontrollers: namespaced(""),
  resourcequotas: namespaced(""),
  secrets: namespaced(""),
  services: namespaced(""),
  statefulsets: namespaced("apps"),
  storageclasses: clusterWide("storage.k8s.io"),
  validatingwebhookconfigurations: clusterWide("admissionregistration.k8s.io"),
  volumeattachments: clusterWide("storage.k8s.io"),
};

/** Kinds unless told otherwise: what this project's rules and dashboards read. */
export const DEFAULT_KINDS = [
  "cronjobs",
  "daemonsets",
  "deployments",
  "horizontalpodautoscalers",
  "jobs",
  "namespaces",
  "nodes",
  "persistentvolumeclaims",
  "poddisruptionbudgets",
  "pods",
  "replicasets",
  "resourcequotas",
  "statefulsets",
];

const OWNER_KEYS = ["vllm-monitoring/model", "vllm-monitoring/owner", "vllm-monitoring/team"];

/** Labels by kind unless told otherwise; those of kinds that are left out are left out too. */
export const DEFAULT_LABELS: Readonly<Record<string, string[]>> = {
  deployments: OWNER_KEYS,
  pods: OWNER_KEYS,
  nodes: [
    "karpenter.sh/capacity-type",
    "karpenter.sh/nodepool",
    "node.kubernetes.io/instance-type",
    "nvidia.com/gpu.product",
    "topology.kubernetes.io/zone",
    "vllm-monitoring/node-group",
  ],
};

/** Annotations hold what a label value can't: the slash of a model's name, the at sign of an address. */
export const DEFAULT_ANNOTATIONS: Readonly<Record<string, string[]>> = { pods: OWNER_KEYS };

/** Metrics that change with every update of an object, or repeat what its owner tells already. */
export const DEFAULT_METRIC_DENYLIST = [
  "^kube_.+_metadata_resource_version$",
  "^kube_replicaset_(created|metadata_generation|spec_replicas|status_.+)$",
  "^kube_pod_(completion_time|tolerations|status_qos_class)$",
  "^kube_pod_status_container_ready_time$",
];

/** Rights to list and watch kinds, grouped by API group: of those within namespaces, or of the others. */
export function rulesFor(kinds: readonly string[], isNamespaced: boolean): PolicyRule[] {
  const groups = new Map<string, string[]>();
  for (const name of [...kinds].sort()) {
    const kind = KINDS[name];
    if (kind?.isNamespaced !== isNamespaced) continue;
    groups.set(kind.apiGroup, [...(groups.get(kind.apiGroup) ?? []), name]);
  }
  return [...groups].map(([apiGroup, resources]) => ({
    apiGroups: [apiGroup],
    resources,
    verbs: ["list", "watch"],
  }));
}
