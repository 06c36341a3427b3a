/** Labels, taints and tags of GPU nodes. */
import type * as pulumi from "@pulumi/pulumi";
import { lift, merge } from "../support/inputs.ts";
import {
  GpuNodeProvisioner,
  GpuTaintEffect,
  type GpuNodeGroupArgs,
  type GpuNodeTaintArgs,
} from "./node-group-args.ts";
import type { NodeGroupPlan } from "./node-group-plan.ts";

/** Label of the node group on each of its nodes. */
export const NODE_GROUP_LABEL = "vllm-monitoring/node-group";
/** Label of GPU nodes, by which the device plugin and the exporter choose theirs. */
export const GPU_PRESENT_LABEL = "nvidia.com/gpu.present";
/** Label of nodes whose image or provisioner brings a device plugin; the DaemonSet of the plugin leaves them out. */
export const DEVICE_PLUGIN_LABEL = "vllm-monitoring/device-plugin";
export const DEVICE_PLUGIN_BUILT_IN = "built-in";
/** Extended resource of a GPU. */
export const GPU_RESOURCE = "nvidia.com/gpu";

/**
 * Labels of every node of the group. The nvidia.com ones are those of GPU feature discovery with the same values: written
 * by the node group they are there before the first node is, so that an autoscaler can tell from zero which group a pod
 * fits. k8s.amazonaws.com/accelerator makes the cluster autoscaler wait for the GPUs of a new node.
 */
export function ownLabels(plan: NodeGroupPlan): Record<string, string> {
  const { groupName, type, provisioner } = plan;
  return {
    [NODE_GROUP_LABEL]: groupName,
    ...(hasDevicePlugin(plan) ? { [DEVICE_PLUGIN_LABEL]: DEVICE_PLUGIN_BUILT_IN } : {}),
    [GPU_PRESENT_LABEL]: "true",
    "nvidia.com/gpu.product": type.gpuProduct,
    "nvidia.com/gpu.count": String(type.gpuCount),
    "nvidia.com/gpu.memory": String(Math.round(type.gpuMemoryGiB * 1024)),
    ...(provisioner === GpuNodeProvisioner.Managed
      ? { "k8s.amazonaws.com/accelerator": `nvidia-${type.gpuKind ?? "gpu"}` }
      : {}),
  };
}

/** Whether the nodes offer their GPUs without the device plugin's DaemonSet. */
export function hasDevicePlugin({ provisioner, ami }: NodeGroupPlan): boolean {
  const isElsewhere =
    provisioner === GpuNodeProvisioner.AutoMode || provisioner === GpuNodeProvisioner.Simulated;
  return isElsewhere || ami.hasDevicePlugin;
}

/** Labels of the nodes: the given ones and the component's own, which win. */
export function nodeLabels(
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
): pulumi.Input<Record<string, pulumi.Input<string>>> {
  return merge(args.labels, ownLabels(plan));
}

/** Keeps pods without GPUs away from nodes that cost a hundred times as much. */
export const DEFAULT_TAINT: GpuNodeTaintArgs = {
  key: GPU_RESOURCE,
  value: "true",
  effect: GpuTaintEffect.NoSchedule,
};

/** Taints of the nodes. */
export function nodeTaints(args: GpuNodeGroupArgs): pulumi.Input<pulumi.Input<GpuNodeTaintArgs>[]> {
  return args.taints ?? [DEFAULT_TAINT];
}

const eksEffects: Record<GpuTaintEffect, string> = {
  NoSchedule: "NO_SCHEDULE",
  PreferNoSchedule: "PREFER_NO_SCHEDULE",
  NoExecute: "NO_EXECUTE",
};

/** A taint as the EKS API spells it. */
export function eksTaint({ key, value, effect }: GpuNodeTaintArgs) {
  return {
    key,
    ...(value === undefined ? {} : { value }),
    effect: lift(effect, (known) => eksEffects[known]),
  };
}

/** A taint as Kubernetes spells it. */
export function kubernetesTaint({ key, value, effect }: GpuNodeTaintArgs) {
  return { key, ...(value === undefined ? {} : { value }), effect };
}

/** Tags of instances and volumes. */
export function nodeTags(
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
): pulumi.Input<Record<string, pulumi.Input<string>>> {
  return merge({ Name: plan.groupName, "vllm-monitoring:node-group": plan.groupName }, args.tags);
}
