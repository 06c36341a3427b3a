/** What a deployment leaves as it was, although the program says something else. */

import { urnsOf, type Comparison } from "../diff/changes.ts";
import { withIgnoredChanges } from "../diff/replacement.ts";
import { at, textOf } from "../model/json.ts";
import type { Snapshot } from "../model/snapshot.ts";

/** The head as it will be: what `ignoreChanges` leaves alone is as in the base. */
export function effectiveHead({ pairs, head }: Comparison): Snapshot {
  const kept = new Map(
    pairs
      .filter(({ after }) => after.ignoreChanges.length > 0)
      .map(({ before, after }) => [after.urn, withIgnoredChanges(before.inputs, after)]),
  );
  if (kept.size === 0) return head;
  return {
    ...head,
    resources: head.resources.map((resource) => {
      const inputs = kept.get(resource.urn);
      return inputs === undefined ? resource : { ...resource, inputs };
    }),
  };
}

/** The label by which a group of nodes says which one of the configuration it is. */
const GROUP = "vllm-monitoring/node-group";

/**
 * Names of the node groups that are there already and keep the size they have. Only a new one gets the size of the
 * configuration: later on an autoscaler, or somebody, sets it.
 */
export function groupsOfKeptSize({ pairs, changes }: Comparison): Set<string> {
  const replaced = urnsOf(changes, "replace");
  return new Set(
    pairs
      .map(({ after }) => after)
      .filter(
        (resource) =>
          resource.type === "aws:eks/nodeGroup:NodeGroup" &&
          resource.ignoreChanges.some((path) => keepsSize.has(path)) &&
          !replaced.has(resource.urn),
      )
      .map(({ inputs }) => textOf(at(inputs, "labels", GROUP)) || textOf(inputs["nodeGroupName"])),
  );
}

const keepsSize = new Set(["scalingConfig.desiredSize", "scalingConfig", "*"]);
