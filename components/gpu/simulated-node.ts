/** Simulated GPU nodes: Node objects that kwok keeps alive. */
import * as pulumi from "@pulumi/pulumi";
import type * as k8s from "@pulumi/kubernetes";
import { GPU_RESOURCE, kubernetesTaint, nodeLabels, nodeTaints } from "./node-labels.ts";
import type { GpuNodeGroupArgs } from "./node-group-args.ts";
import type { NodeGroupPlan } from "./node-group-plan.ts";
import { lift, merge } from "../support/inputs.ts";

/** Arguments of a Node with its status. */
export interface SimulatedNodeArgs {
  metadata: pulumi.Input<k8s.types.input.meta.v1.ObjectMeta>;
  spec: pulumi.Input<k8s.types.input.core.v1.NodeSpec>;
  status: pulumi.Input<k8s.types.input.core.v1.NodeStatus>;
}

/**
 * A Node object with capacity. The SDK's own class leaves the status out, because a kubelet writes it; here nobody else
 * does. The API server takes it when the object is made and not later, so that another capacity is another node.
 */
export class SimulatedNode extends pulumi.CustomResource {
  constructor(name: string, args: SimulatedNodeArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "kubernetes:core/v1:Node",
      name,
      { apiVersion: "v1", kind: "Node", ...args },
      { ...opts, replaceOnChanges: ["status"], deleteBeforeReplace: true },
    );
  }
}

/** The annotation by which kwok knows its nodes. */
const KWOK_ANNOTATIONS = { "kwok.x-k8s.io/node": "fake" };

/** Pods that a simulated node takes. */
const POD_CAPACITY = "250";

/**
 * Nodes that a simulated group has: `desired`, or else `min`.
 *
 * @throws pulumi.InputPropertyError if the number is known later only, because it decides how many objects there are
 */
export function simulatedCount({ scaling }: GpuNodeGroupArgs): number {
  const count = scaling.desired ?? scaling.min ?? 0;
  if (typeof count === "number") return count;
  throw new pulumi.InputPropertyError({
    propertyPath: scaling.desired === undefined ? "scaling.min" : "scaling.desired",
    reason: "must be a plain number for simulated nodes; write the number instead of an output",
  });
}

/** The nodes `<group>-0`, `<group>-1`, … of a group. */
export function simulatedNodes(
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
): { name: string; args: SimulatedNodeArgs }[] {
  const { type, groupName } = plan;
  const capacity = {
    cpu: String(type.vcpus),
    memory: `${String(type.memoryGiB)}Gi`,
    pods: POD_CAPACITY,
    [GPU_RESOURCE]: String(type.gpuCount),
  };
  return Array.from({ length: simulatedCount(args) }, (_, index) => {
    const name = `${groupName}-${String(index)}`;
    return {
      name,
      args: {
        metadata: {
          name,
          annotations: KWOK_ANNOTATIONS,
          labels: merge(nodeLabels(plan, args), {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": type.architecture,
            "node.kubernetes.io/instance-type": type.name,
          }),
        },
        spec: {
          taints: lift(nodeTaints(args), (taints) => taints.map((taint) => lift(taint, kubernetesTaint))),
        },
        status: { capacity, allocatable: capacity },
      },
    };
  });
}
