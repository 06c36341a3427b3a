import { monitoringRules } from "./monitoring/index.ts";
import type { RuleSet } from "./types.ts";
import { vllmRules } from "./vllm/index.ts";

export * from "./types.ts";
export type { Duration } from "./duration.ts";
export { ruleGroups } from "./render.ts";
export { ruleProblems } from "./check.ts";
export { inhibitions, type Inhibition } from "./inhibitions.ts";

export { modelRules, type ServedModel } from "./fleet/model-rules.ts";
export * from "./slo/index.ts";

/** Every rule that depends on no configuration; {@link modelRules} makes those of a model. */
export const ruleSets: RuleSet[] = [vllmRules, monitoringRules];
