/** How the metrics of the DCGM exporter get their labels. */
import type { RelabelConfig } from "../crds/monitoring.ts";

/**
 * Target labels. `pod`, `namespace` and `container` of the exporter itself are taken off the target, so that on a series
 * these labels are those of the pod that holds the GPU, under the same names as on vLLM's own series, and are missing
 * where no pod does: an idle GPU belongs to nobody. With them on the target, they would either rename the pod's labels
 * to `exported_…` or, with honorLabels, give idle GPUs to the exporter.
 */
export const targetRelabelings: RelabelConfig[] = [
  { sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node", action: "replace" },
  { regex: "pod|namespace|container|endpoint", action: "labeldrop" },
];

/**
 * One spelling of each label. `Hostname` became `hostname` after 4.5.3 and is the node, which the target has. Metrics of
 * links say `gpu_uuid` and `model_name` for what others call `UUID` and `modelName`; the latter name would mix GPU models
 * with vLLM's models.
 */
export const metricRelabelings: RelabelConfig[] = [
  { sourceLabels: ["gpu_uuid"], regex: "(.+)", targetLabel: "UUID", action: "replace" },
  { sourceLabels: ["model_name"], regex: "(.+)", targetLabel: "modelName", action: "replace" },
  { regex: "Hostname|hostname|gpu_uuid|model_name", action: "labeldrop" },
];
