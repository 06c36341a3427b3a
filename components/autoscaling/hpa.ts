/** A HorizontalPodAutoscaler on external metrics, and the rules by which prometheus-adapter answers it. */
import type * as k8s from "@pulumi/kubernetes";
import type { AutoscalerPlan } from "./plan.ts";

/** Name of the external metric of a signal: unique in the cluster, because the adapter's rules are for all of it. */
export function externalMetricName({ namespace, deployment }: AutoscalerPlan, signal: string): string {
  return `vllm_${[namespace, deployment, signal].join("_").replace(/[^A-Za-z0-9]+/g, "_")}`;
}

export function autoscalerSpec(
  plan: AutoscalerPlan,
): k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerSpec {
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: plan.deployment },
    minReplicas: plan.minReplicas,
    maxReplicas: plan.maxReplicas,
    metrics: plan.queries.map(({ name }) => ({
      type: "External",
      external: {
        metric: { name: externalMetricName(plan, name) },
        // Queries answer in replicas.
        target: { type: "AverageValue", averageValue: "1" },
      },
    })),
    behavior: plan.behavior,
  };
}

/** Which metric of the adapter's a series becomes. */
export interface ExternalMetricName {
  /** Regular expression of the series' name. */
  matches: string;
  /** The metric's name. */
  as: string;
}

/** How a metric belongs to objects of the cluster. */
export interface ExternalMetricResources {
  /** Whether it is of a namespace alone. */
  namespaced: boolean;
}

/** A rule of prometheus-adapter's `externalRules`. */
export interface ExternalMetricRule {
  seriesQuery: string;
  resources: ExternalMetricResources;
  name: ExternalMetricName;
  metricsQuery: string;
}

/**
 * The adapter offers a metric while the series query finds something, so it asks for what every Prometheus has of itself: a
 * metric that came and went with the model's series would leave the autoscaler without an answer just then.
 */
export function externalMetricRules(plan: AutoscalerPlan): ExternalMetricRule[] {
  return plan.queries.map(({ name, query }) => ({
    seriesQuery: "prometheus_build_info",
    resources: { namespaced: false },
    name: { matches: "^prometheus_build_info$", as: externalMetricName(plan, name) },
    metricsQuery: query,
  }));
}
