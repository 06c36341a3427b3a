import { gpuProducts } from "../../stacks/config/node-groups.ts";
import type { Settings } from "../../stacks/config/settings.ts";
import type { NodeGroup } from "../nodes.ts";

/** CPU and memory of a simulated node: ample, for nothing runs on it but what this machine can carry anyway. */
const simulatedMachine = { cpu: "192", memory: "2Ti" } as const;

/** The simulated nodes that an environment's node groups stand for: as many as the group may have at most. */
export function simulatedNodeGroups(settings: Settings): NodeGroup[] {
  return settings.nodeGroups.map((group) => ({
    name: group.name,
    count: group.maxSize,
    labels: {
      ...group.labels,
      ...(group.instanceType === undefined ? {} : { "node.kubernetes.io/instance-type": group.instanceType }),
      ...(group.gpu === undefined
        ? {}
        : {
            "nvidia.com/gpu.present": "true",
            "nvidia.com/gpu.product": gpuProducts[group.gpu.kind],
            "nvidia.com/gpu.count": String(group.gpu.count),
          }),
    },
    taints: group.taints.map(({ key, value, effect }) => ({
      key,
      effect,
      ...(value === undefined ? {} : { value }),
    })),
    capacity: {
      ...simulatedMachine,
      ...(group.gpu === undefined ? {} : { "nvidia.com/gpu": String(group.gpu.count) }),
    },
  }));
}
