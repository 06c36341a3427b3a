/** How exporters that speak of other objects than their own pod are scraped. */
import type { RelabelConfig } from "../crds/monitoring.ts";
import { parseDuration } from "./quantity.ts";

const dropOwnPod: RelabelConfig = { regex: "pod|namespace|container|endpoint", action: "labeldrop" };

/** Targets of exporters that speak of the objects of a cluster: `job` and `instance`; metrics/targets.ts names them. */
export const exporterRelabelings: RelabelConfig[] = [dropOwnPod];

/** Targets of exporters that speak of their node: `job`, `instance` and `node`. */
export const nodeRelabelings: RelabelConfig[] = [
  { sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node", action: "replace" },
  dropOwnPod,
];

/** Interval of an endpoint with a timeout that is not longer; nothing without one. */
export function exporterTimeout(interval: string | undefined): { interval?: string; scrapeTimeout?: string } {
  if (interval === undefined) return {};
  return { interval, scrapeTimeout: (parseDuration(interval) ?? 0) < 10 ? interval : "10s" };
}
