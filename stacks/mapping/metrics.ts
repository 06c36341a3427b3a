import { modelRules } from "../../alerts/index.ts";
import { autoscalerPlan, type KnownAutoscaler } from "../../components/autoscaling/plan.ts";
import { once } from "../../components/support/once.ts";
import { dropPattern, namesIn, usageOfNames, type Usage } from "../../metrics/usage.ts";
import { vllm } from "../../metrics/vllm/index.ts";
import type { ModelSettings } from "../config/model.ts";
import type { Settings } from "../config/settings.ts";
import { alertRulesArgs, servedModel } from "./alerting.ts";
import { modelAutoscalerArgs } from "./autoscaling.ts";
import { grafanaDashboardsArgs } from "./dashboards.ts";

/** Which of an engine's metrics the rules, the dashboards and the model's autoscaler read. */
export function engineUsage(model: ModelSettings, settings: Settings): Usage {
  const rules = JSON.stringify(modelRules(servedModel(model, settings)) ?? []);
  const own = namesIn([rules, ...scalerQueries(model, settings)]);
  return usageOfNames(vllm, [sharedNames(settings), own]);
}

/** What the autoscaler asks: without an answer it would hold the number of replicas for ever. */
function scalerQueries(model: ModelSettings, settings: Settings): string[] {
  // The address of Prometheus stands in no query.
  const args = modelAutoscalerArgs(model, settings, "");
  return args === undefined ? [] : autoscalerPlan(args as KnownAutoscaler).queries.map(({ query }) => query);
}

/** What all models of an environment share, found once: it is megabytes of text, and a fleet has hundreds of models. */
const sharedNames = once((settings: Settings) => {
  const values = [alertRulesArgs(settings).ruleSets, grafanaDashboardsArgs(settings).dashboards];
  return namesIn(values.map((value) => JSON.stringify(value)));
});

/** The names that are not stored; undefined where everything is. */
export function droppedMetrics(model: ModelSettings, settings: Settings): string | undefined {
  // Of Ray everything is stored: its spelling of the families is another, and Ray Serve's own come from the same port.
  if (model.engine.kind === "ray" || settings.monitoring.engineMetrics === "all") return undefined;
  return dropPattern(vllm, engineUsage(model, settings).unused);
}
