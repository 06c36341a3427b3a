import type { Input } from "./scrape-types.ts";

/** Source: prometheus-operator v0.93, pkg/apis/monitoring/v1/prometheusrule_types.go. */

/** One rule; exactly one of `record` and `alert`. */
export interface PrometheusRuleRule {
  record?: Input<string>;
  alert?: Input<string>;
  expr: Input<string | number>;
  for?: Input<string>;
  keep_firing_for?: Input<string>;
  labels?: Input<Record<string, Input<string>>>;
  annotations?: Input<Record<string, Input<string>>>;
}

export interface PrometheusRuleGroup {
  name: Input<string>;
  /** Labels added to every rule's result; Prometheus 3 and newer. */
  labels?: Input<Record<string, Input<string>>>;
  /** Default: Prometheus.spec.evaluationInterval. */
  interval?: Input<string>;
  query_offset?: Input<string>;
  rules?: Input<Input<PrometheusRuleRule>[]>;
  /** ThanosRuler only: "abort" or "warn". */
  partial_response_strategy?: Input<string>;
  limit?: Input<number>;
}

export interface PrometheusRuleSpec {
  groups?: Input<Input<PrometheusRuleGroup>[]>;
}
