import { autoscalingRules } from "./autoscaling/index.ts";
import { costRules, type NodeGroupPrices } from "./cost/index.ts";
import { gatewayRules } from "./gateway/index.ts";
import { gpuRules } from "./gpu/index.ts";
import { monitoringRules } from "./monitoring/index.ts";
import { rayRules } from "./ray/index.ts";
import type { RuleSet } from "./types.ts";
import { engineRules, type EngineOptions } from "./vllm/index.ts";

export * from "./types.ts";
export { Board, boardUrl, BoardVariable, type BoardLink } from "./boards.ts";
export type { NodeGroupPrices } from "./cost/index.ts";
export type { EngineOptions } from "./vllm/index.ts";
export type { Duration } from "./duration.ts";
export { ruleGroups } from "./render.ts";
export { ruleProblems } from "./check.ts";
export { inhibitions, type Inhibition } from "./inhibitions.ts";

export { kubernetesRules, type KubernetesSources } from "./kubernetes/index.ts";
export { modelRules, type ServedModel } from "./fleet/model-rules.ts";
export * from "./slo/index.ts";

/** What the rules on a whole fleet depend on. */
export interface RuleOptions {
  /** Spellings and versions of the engines. */
  engines?: EngineOptions;
  /** US dollars per hour of a node, by the name of its group. Default: none, so that costs are not recorded. */
  prices?: NodeGroupPrices;
}

/** Every rule on the fleet and its monitoring; {@link modelRules} makes those of a model. */
export function fleetRules({ engines, prices = {} }: RuleOptions = {}): RuleSet[] {
  const costs = costRules(prices);
  return [
    engineRules(engines),
    gpuRules,
    gatewayRules,
    rayRules,
    autoscalingRules,
    ...(costs === undefined ? [] : [costs]),
    monitoringRules,
  ];
}

/** {@link fleetRules} with every default. */
export const ruleSets: RuleSet[] = fleetRules();
