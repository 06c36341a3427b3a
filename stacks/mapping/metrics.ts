import { modelRules } from "../../alerts/index.ts";
import { dropPattern, usageOf, type Usage } from "../../metrics/usage.ts";
import { vllm } from "../../metrics/vllm/index.ts";
import type { ModelSettings } from "../config/model.ts";
import type { Settings } from "../config/settings.ts";
import { alertRulesArgs, servedModel } from "./alerting.ts";
import { grafanaDashboardsArgs } from "./dashboards.ts";

/** Which of an engine's metrics the rules and dashboards of an environment read. */
export function engineUsage(model: ModelSettings, settings: Settings): Usage {
  const texts = [
    alertRulesArgs(settings).ruleSets,
    modelRules(servedModel(model, settings)) ?? [],
    grafanaDashboardsArgs(settings).dashboards,
  ];
  return usageOf(
    vllm,
    texts.map((value) => JSON.stringify(value)),
  );
}

/** The names that are not stored; undefined where everything is. */
export function droppedMetrics(model: ModelSettings, settings: Settings): string | undefined {
  // Of Ray everything is stored: its spelling of the families is another, and Ray Serve's own come from the same port.
  if (model.engine.kind === "ray" || settings.monitoring.engineMetrics === "all") return undefined;
  return dropPattern(vllm, engineUsage(model, settings).unused);
}
