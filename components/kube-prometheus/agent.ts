import type { PrometheusAgentSpec } from "../crds/monitoring.ts";
import type { KubePrometheusArgs } from "./args.ts";
import { commonSpec, type MonitoringNames } from "./prometheus.ts";

/**
 * Spec of the PrometheusAgent object: scrapes as a server does and sends everything on. It evaluates no rule, answers no
 * query and keeps what is not sent yet only (two hours at most), so its volume may be small.
 */
export function prometheusAgentSpec(names: MonitoringNames, args: KubePrometheusArgs): PrometheusAgentSpec {
  return { mode: "StatefulSet", ...commonSpec(names, args) };
}
