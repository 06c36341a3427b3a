/** What happened: alerts, roll-outs and restarts, as marks on every panel. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { engine } from "../metrics/engine/index.ts";
import { kube } from "../metrics/kubernetes/index.ts";
import { target } from "../metrics/monitoring/index.ts";
import {
  by,
  changes,
  group,
  gt,
  max,
  not,
  print,
  variable,
  type Expression,
} from "../metrics/promql/index.ts";
import { DATASOURCE } from "./panels.ts";
import type { DashboardVariable } from "./uids.ts";

const STEP = "60s";

/** Marks for a dashboard, narrowed by those of its variables that the series have labels for. */
export function annotationsOf(variables: readonly DashboardVariable[]): Builder<dashboard.AnnotationQuery>[] {
  const own = variables.includes("namespace") ? { namespace: variable("namespace") } : {};
  const model = variables.includes("model_name") ? { model: variable("model_name") } : {};
  const alerts = group(
    target.alerts.where({ alertstate: "firing", severity: not("none") }),
    by("alertname", "severity"),
  );
  const rollouts = gt(
    max(changes(kube.deploymentStatusObservedGeneration.where(own), "2m"), by("namespace", "deployment")),
    0,
  );
  const restarts = gt(
    max(changes(engine.processStartTime.where({ ...own, ...model }), "2m"), by("model", "pod")),
    0,
  );
  return [
    mark("Alerts", "red", alerts, "{{alertname}}", "alertname,severity"),
    mark("Roll-outs", "blue", rollouts, "{{namespace}}/{{deployment}}", "namespace,deployment"),
    mark("Engine restarts", "purple", restarts, "{{model}} {{pod}}", "model,pod"),
  ];
}

function mark(
  name: string,
  color: string,
  expression: Expression,
  title: string,
  tags: string,
): Builder<dashboard.AnnotationQuery> {
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .hide(false)
    .iconColor(color)
    .expr(print(expression))
    .step(STEP)
    .titleFormat(title)
    .tagKeys(tags)
    .useValueForTime(false);
}
