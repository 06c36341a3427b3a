import { print, type Expression } from "../../metrics/promql/index.ts";
import { Severity, type AlertRule } from "../types.ts";

/** An alert on the cluster itself, a warning unless told otherwise. */
export function clusterRule(
  alert: string,
  condition: Expression,
  summary: string,
  description: string,
  rest: Partial<AlertRule> = {},
): AlertRule {
  return {
    alert,
    expr: print(condition),
    severity: Severity.Warning,
    labels: { component: "kubernetes" },
    annotations: { summary, description },
    ...rest,
  };
}
