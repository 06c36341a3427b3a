import { modelRules } from "../../alerts/index.ts";
import { dropPattern, namesIn, usageOfNames, type Usage } from "../../metrics/usage.ts";
import { vllm } from "../../metrics/vllm/index.ts";
import type { ModelSettings } from "../config/model.ts";
import type { Settings } from "../config/settings.ts";
import { alertRulesArgs, servedModel } from "./alerting.ts";
import { grafanaDashboardsArgs } from "./dashboards.ts";

/** Which of an engine's metrics the rules and dashboards of an environment read. */
export function engineUsage(model: ModelSettings, settings: Settings): Usage {
  const own = namesIn([JSON.stringify(modelRules(servedModel(model, settings)) ?? [])]);
  return usageOfNames(vllm, [sharedNames(settings), own]);
}

/** What all models of an environment share, found once: it is megabytes of text, and a fleet has hundreds of models. */
const shared = new WeakMap<Settings, ReadonlySet<string>>();

function sharedNames(settings: Settings): ReadonlySet<string> {
  const known = shared.get(settings);
  if (known !== undefined) return known;
  const values = [alertRulesArgs(settings).ruleSets, grafanaDashboardsArgs(settings).dashboards];
  const names = namesIn(values.map((value) => JSON.stringify(value)));
  shared.set(settings, names);
  return names;
}

/** The names that are not stored; undefined where everything is. */
export function droppedMetrics(model: ModelSettings, settings: Settings): string | undefined {
  // Of Ray everything is stored: its spelling of the families is another, and Ray Serve's own come from the same port.
  if (model.engine.kind === "ray" || settings.monitoring.engineMetrics === "all") return undefined;
  return dropPattern(vllm, engineUsage(model, settings).unused);
}
