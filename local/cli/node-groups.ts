import { hasGpus, provisionerOf } from "../../stacks/mapping/node-groups.ts";
import type { Settings } from "../../stacks/config/settings.ts";
import type { NodeGroup } from "../nodes.ts";

/** CPU and memory of a simulated node: ample, for nothing runs on it but what this machine can carry anyway. */
const simulatedMachine = { cpu: "192", memory: "2Ti" } as const;

/**
 * The simulated nodes that an environment's node groups without GPUs stand for: as many as the group may have at most.
 * Those with GPUs are the stack's, as in every other environment.
 */
export function simulatedNodeGroups(settings: Settings): NodeGroup[] {
  return settings.nodeGroups
    .filter((group) => !hasGpus(group))
    .map((group) => ({
      name: group.name,
      count: group.maxSize,
      labels: {
        ...group.labels,
        ...(group.instanceType === undefined
          ? {}
          : { "node.kubernetes.io/instance-type": group.instanceType }),
      },
      taints: group.taints.map(({ key, value, effect }) => ({
        key,
        effect,
        ...(value === undefined ? {} : { value }),
      })),
      capacity: simulatedMachine,
    }));
}

/** Names of the groups whose nodes the stack makes. */
export function groupsOfStack(settings: Settings): string[] {
  return settings.nodeGroups
    .filter((group) => provisionerOf(group, settings) !== undefined)
    .map(({ name }) => name);
}
