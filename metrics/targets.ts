/**
 * Labels that scraping puts on the series of a target, by kind of monitor. They are what the monitors of the components
 * set; a rule on a label that no monitor sets would be empty, so this is the one list of them.
 */

/** What the operator sets for every pod that a PodMonitor selects, and the node that our relabelling adds. */
export const podTargetLabels = [
  "job",
  "namespace",
  "pod",
  "container",
  "endpoint",
  "instance",
  "node",
] as const;

/** Who a served model belongs to; `model` is its served name, for series that have no `model_name` of their own. */
export const ownerLabels = ["model", "owner", "team"] as const;

/** Replicas of vLLM. */
export const engineTargetLabels = [...podTargetLabels, ...ownerLabels] as const;

/** Pods of a Ray cluster; `ray_io_cluster` names it. */
export const rayTargetLabels = [...engineTargetLabels, "ray_io_cluster"] as const;

/**
 * Exporters that speak of other objects than themselves (kube-state-metrics, kubelet): their pod and namespace would
 * be mistaken for those of the objects, so the monitors drop them.
 */
export const exporterTargetLabels = ["job", "instance"] as const;

/** Exporters that speak of the node on which they run. */
export const nodeTargetLabels = ["job", "instance", "node"] as const;

/** Kubelets, each of which has several endpoints. */
export const kubeletTargetLabels = [...nodeTargetLabels, "metrics_path"] as const;

/**
 * Labels that a Prometheus adds to everything that it sends elsewhere: to Alertmanager, Thanos and remote storage. Its
 * own queries and rules don't see them.
 */
export const externalLabels = ["cluster", "environment", "prometheus", "prometheus_replica"] as const;

/** One of {@link externalLabels}. */
export type ExternalLabel = (typeof externalLabels)[number];
