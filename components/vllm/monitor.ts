/** PodMonitor of a vLLM model. */
import type * as pulumi from "@pulumi/pulumi";
import type { PodMonitorArgs, RelabelConfig } from "../crds/monitoring.ts";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { lift, merge } from "../support/inputs.ts";
import { parseDuration } from "../support/quantity.ts";
import { HTTP_PORT_NAME, metadataOf, MODEL_KEY, OWNER_KEY, TEAM_KEY, type Identity } from "./identity.ts";

/** Prometheus' own scrape timeout, in seconds. */
export const DEFAULT_TIMEOUT_SECONDS = 10;

/**
 * Labels of every series of a pod. `model` is there for the families that have no `model_name` (up, http_*,
 * process_*); a target label named `model_name` would push the metrics' own into `exported_model_name`.
 */
export const TARGET_LABELS: Record<string, string> = {
  namespace: "__meta_kubernetes_namespace",
  pod: "__meta_kubernetes_pod_name",
  node: "__meta_kubernetes_pod_node_name",
  owner: `__meta_kubernetes_pod_annotation_${sanitise(OWNER_KEY)}`,
  team: `__meta_kubernetes_pod_annotation_${sanitise(TEAM_KEY)}`,
  model: `__meta_kubernetes_pod_annotation_${sanitise(MODEL_KEY)}`,
};

export function podMonitorArgs(identity: Identity, args: VllmDeploymentArgs): PodMonitorArgs {
  const monitor = args.monitor ?? {};
  const metadata = metadataOf(identity);
  const labels = lift(monitor, (known) =>
    known.labels === undefined ? identity.labels : merge(known.labels, identity.labels),
  );
  const endpoint = lift(monitor, ({ interval, timeout, dropMetrics }) => ({
    port: HTTP_PORT_NAME,
    path: "/metrics",
    ...(interval === undefined ? {} : { interval }),
    ...scrapeTimeout(interval, timeout),
    honorLabels: false,
    relabelings: relabelings(),
    ...(dropMetrics === undefined
      ? {}
      : { metricRelabelings: [{ sourceLabels: ["__name__"], regex: dropMetrics, action: "drop" as const }] }),
  }));
  const sampleLimit = lift(monitor, (known) => known.sampleLimit);
  return {
    metadata: { ...metadata, labels },
    spec: {
      jobLabel: "app.kubernetes.io/name",
      selector: { matchLabels: identity.selector },
      podMetricsEndpoints: [endpoint],
      ...(sampleLimit === undefined ? {} : { sampleLimit: sampleLimit as pulumi.Input<number> }),
    },
  };
}

/** A timeout above the interval is an error to Prometheus, so a short interval brings its own. */
export function scrapeTimeout(
  interval: pulumi.Input<string> | undefined,
  timeout: pulumi.Input<string> | undefined,
) {
  if (timeout !== undefined) return { scrapeTimeout: timeout };
  if (interval === undefined) return {};
  return {
    scrapeTimeout: lift(interval, (text) =>
      (parseDuration(text) ?? DEFAULT_TIMEOUT_SECONDS) < DEFAULT_TIMEOUT_SECONDS ? text : "10s",
    ),
  };
}

/** Target labels from what Prometheus' service discovery knows of a pod, by name. */
export function relabelings(labels: Record<string, string> = TARGET_LABELS): RelabelConfig[] {
  return Object.entries(labels).map(([targetLabel, source]) => ({
    sourceLabels: [source],
    targetLabel,
    action: "replace",
  }));
}

/** As Prometheus' service discovery spells a label or annotation. */
export function sanitise(key: string): string {
  return key.replace(/[^A-Za-z0-9_]/g, "_");
}
