import { sloGroups, type SloModel } from "../slo/index.ts";
import type { RuleSet } from "../types.ts";
import { replicaGroups, type FleetModel } from "./index.ts";

/** What the rules on one model are made from. */
export interface ServedModel extends SloModel, FleetModel {}

/**
 * The rules on what the configuration says of one model: its replicas and its objectives. A set of its own for each, so
 * that a model that comes or goes leaves the rules of the others as they are.
 *
 * @throws Error that names every objective which could not be measured or whose alert could never fire
 * @returns undefined when it has neither replicas nor objectives
 */
export function modelRules(model: ServedModel): RuleSet | undefined {
  const groups = [...replicaGroups(model), ...sloGroups(model)];
  return groups.length === 0 ? undefined : { name: "rules", groups };
}
