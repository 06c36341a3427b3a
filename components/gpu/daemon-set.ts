/** Placement of DaemonSets on GPU nodes. */
import type * as k8s from "@pulumi/kubernetes";
import { lift } from "../support/inputs.ts";
import type { GpuPlacementArgs, GpuTolerationArgs } from "./daemon-set-args.ts";
import { GPU_PRESENT_LABEL } from "./node-labels.ts";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** Node selector, tolerations and classes of the pods. */
export function placementOf(placement: GpuPlacementArgs): Partial<PodSpec> {
  const { nodeSelector, tolerations, priorityClassName, runtimeClassName } = placement;
  return {
    nodeSelector: nodeSelector ?? { [GPU_PRESENT_LABEL]: "true" },
    tolerations:
      tolerations === undefined
        ? [{ operator: "Exists" }]
        : lift(tolerations, (list) => list.map((one) => lift(one, toleration))),
    priorityClassName: priorityClassName ?? "system-node-critical",
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
  };
}

function toleration({ key, value, effect }: GpuTolerationArgs) {
  return {
    key,
    ...(value === undefined ? { operator: "Exists" } : { operator: "Equal", value }),
    ...(effect === undefined ? {} : { effect }),
  };
}
