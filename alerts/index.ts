import { monitoringRules } from "./monitoring/index.ts";
import type { RuleSet } from "./types.ts";
import { vllmRules } from "./vllm/index.ts";

export * from "./types.ts";
export type { Duration } from "./duration.ts";
export { ruleGroups } from "./render.ts";
export { ruleProblems } from "./check.ts";

/** Every rule that this project ships. */
export const ruleSets: RuleSet[] = [vllmRules, monitoringRules];
