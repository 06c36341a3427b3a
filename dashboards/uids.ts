/** Identities of the project's dashboards in Grafana. Links, alerts and bookmarks hold them, so none ever changes. */
export const dashboardUids = {
  /** Which model is loaded, slow, failing or expensive. */
  fleetOverview: "vllm-fleet-overview",
  /** One model: latencies, tokens, cache, replicas. */
  model: "vllm-model",
  /** Why requests wait, and what the scheduler does about it. */
  queue: "vllm-queue",
  /** GPUs and the machines that hold them. */
  gpuNodes: "vllm-gpu",
  /** Models side by side. */
  comparison: "vllm-comparison",
  /** The LiteLLM gateway. */
  gateway: "vllm-gateway",
  /** Ray Serve. */
  ray: "vllm-ray",
  /** Trends, headroom and cost. */
  capacity: "vllm-capacity",
  /** Objectives, error budgets and how fast they burn. */
  slo: "vllm-slo",
  /** Prometheus, Thanos, Alertmanager, the operator and the bridge. */
  monitoring: "vllm-monitoring",
  /** Engine internals that exist only with a feature: LoRA, speculative decoding, KV transfer and offloading. */
  engine: "vllm-engine",
} as const;

/** Key of a dashboard. */
export type DashboardName = keyof typeof dashboardUids;

/** Names of the variables that the dashboards share; a link keeps them from one to the next. */
export const dashboardVariables = [
  "datasource",
  "cluster",
  "namespace",
  "model_name",
  "pod",
  "node",
] as const;

/** Name of a variable that the dashboards share. */
export type DashboardVariable = (typeof dashboardVariables)[number];

/**
 * Path of a dashboard below Grafana's address, with variables chosen: `/d/vllm-model?var-model_name=…`. Values may be
 * templates of Alertmanager or Prometheus; those stay as they are.
 */
export function dashboardPath(
  name: DashboardName,
  chosen: Partial<Readonly<Record<DashboardVariable, string>>> = {},
): string {
  const query = Object.entries(chosen)
    .map(([variable, value]) => `var-${variable}=${value.includes("{{") ? value : encodeURIComponent(value)}`)
    .join("&");
  return `/d/${dashboardUids[name]}${query === "" ? "" : `?${query}`}`;
}
