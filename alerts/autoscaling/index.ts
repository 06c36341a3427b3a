/** Alerts on autoscalers, by what kube-state-metrics says of the HorizontalPodAutoscalers that KEDA and people make. */
import { kube } from "../../metrics/kubernetes/index.ts";
import {
  and,
  by,
  changes,
  eq,
  gt,
  gte,
  max,
  on,
  print,
  type Expression,
} from "../../metrics/promql/index.ts";
import { Board, type BoardLink } from "../boards.ts";
import { Severity, type AlertRule, type RuleSet } from "../types.ts";

/** Changes of the wanted replicas within an hour: more than a start of the model pays for. */
export const FLAPPING = 8;

const scaler = by("namespace", "horizontalpodautoscaler");
const current = max(kube.horizontalpodautoscalerStatusCurrentReplicas, scaler);
const most = max(kube.horizontalpodautoscalerSpecMaxReplicas, scaler);
const least = max(kube.horizontalpodautoscalerSpecMinReplicas, scaler);
const name = "{{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }}";

function rule(
  alert: string,
  condition: Expression,
  texts: AlertRule["annotations"],
  rest: Partial<AlertRule> = {},
): AlertRule {
  const labels = { component: "autoscaler" };
  const dashboard = { uid: Board.capacity, variables: ["namespace"] } satisfies BoardLink;
  return {
    alert,
    expr: print(condition),
    severity: Severity.Warning,
    labels,
    dashboard,
    annotations: texts,
    ...rest,
  };
}

const atMaximum = rule(
  "AutoscalerAtMaximum",
  and(gte(current, most), gt(most, least)),
  {
    summary: `${name} has been at its maximum of {{ $value }} replicas for 15 minutes.`,
    description: "It can't add any, so from here on queues and latency rise with the load.",
  },
  { for: "15m" },
);

const desired = max(changes(kube.horizontalpodautoscalerStatusDesiredReplicas, "1h"), scaler);
const flapping = rule("AutoscalerFlapping", gte(desired, FLAPPING), {
  summary: `${name} changed its mind {{ $value }} times within an hour.`,
  description: "Every new replica loads the weights first, and is gone again before it served much.",
});

const inactive = { condition: "ScalingActive", status: "false" } as const;
/** Not with zero replicas: there it is off on purpose, and KEDA alone watches. */
const noData = rule(
  "AutoscalerWithoutData",
  and(
    eq(max(kube.horizontalpodautoscalerStatusCondition.where(inactive), scaler), 1),
    gt(current, 0),
    on("namespace", "horizontalpodautoscaler"),
  ),
  {
    summary: `${name} can't read its metric.`,
    description: "It keeps the replicas as they are, whatever the load does.",
  },
  { for: "10m" },
);

const unable = { condition: "AbleToScale", status: "false" } as const;
const cannotScale = rule(
  "AutoscalerUnable",
  eq(max(kube.horizontalpodautoscalerStatusCondition.where(unable), scaler), 1),
  {
    summary: `${name} can't change its target.`,
    description: "The Deployment that it should scale is missing, or its rights are.",
  },
  { for: "10m" },
);

/** Rules on autoscalers; without any they find nothing. */
export const autoscalingRules: RuleSet = {
  name: "autoscaling",
  groups: [{ name: "autoscaling", alerts: [atMaximum, flapping, noData, cannotScale] }],
};
