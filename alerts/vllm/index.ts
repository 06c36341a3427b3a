import type { ContextOptions, EngineSpelling, VersionRange } from "../../metrics/promql/index.ts";
import { possibleRules, recordingRules } from "../recording-rule.ts";
import { missingSeries, withoutRulesOn } from "../missing.ts";
import { podOwner } from "../owners.ts";
import type { RuleGroup, RuleSet } from "../types.ts";
import { boardLevels } from "./board-recordings.ts";
import { capacityByModel } from "./capacity.ts";
import {
  engineErrors,
  engineMetricsAbsent,
  engineRestarting,
  engineStuck,
  kvCachePressure,
  prefixCacheCollapse,
  requestsRejected,
} from "./engine-alerts.ts";
import { highWaitingRequests } from "./high-waiting-requests.ts";
import { derivedLevels, ownLevels } from "./recording.ts";
import { startSeconds } from "./start.ts";

/** How the engines of a fleet spell their metrics, and which versions of vLLM run in it. */
export interface EngineOptions {
  /** Spellings side by side; default: vLLM's own. A pod uses one. */
  spellings?: readonly EngineSpelling[];
  /** Versions of vLLM, oldest and newest; default: the one that the catalogue was compared with. */
  versions?: VersionRange;
}

/**
 * Recorded series and alerts of the engines. Whatever the spelling, the recorded series have the same names, so that
 * objectives, alerts and dashboards are written once. A rule whose metrics a version lacks is left out.
 */
export function engineRules({ spellings = ["vllm"], versions }: EngineOptions = {}): RuleSet {
  const contexts = [...new Set(spellings)].map((engine): ContextOptions => ({
    engine,
    ...(versions === undefined ? {} : { versions: { vllm: versions } }),
  }));
  const rules: RuleSet = {
    name: "vllm",
    groups: [
      ...contexts.flatMap(groupsOf),
      {
        name: "vllm-model",
        recordings: recordingRules(derivedLevels),
        alerts: [kvCachePressure, engineStuck, engineErrors, requestsRejected, prefixCacheCollapse],
      },
      { name: "vllm-capacity", interval: "5m", recordings: recordingRules([capacityByModel]) },
    ],
  };
  return withoutRulesOn(rules, missingSeries(ownLevels, contexts));
}

function groupsOf(context: ContextOptions): RuleGroup[] {
  const { engine = "vllm" } = context;
  const suffix = engine === "vllm" ? "" : `-${engine}`;
  const waiting: RuleGroup = { name: `vllm-queue${suffix}`, alerts: [highWaitingRequests(context)] };
  const own: RuleGroup = {
    name: `vllm-engine${suffix}`,
    recordings: [
      ...(engine === "vllm" ? recordingRules([{ podOwner }]) : []),
      ...possibleRules([{ startSeconds }], context),
      ...possibleRules(ownLevels, context),
    ],
  };
  return [
    waiting,
    own,
    { name: `vllm-boards${suffix}`, recordings: possibleRules(boardLevels, context) },
    {
      name: `vllm-replica${suffix}`,
      // Ray's head has the labels of the model, too, but never the engine's metrics.
      alerts: [engineRestarting(context), ...(engine === "ray" ? [] : [engineMetricsAbsent(context)])],
    },
  ];
}
