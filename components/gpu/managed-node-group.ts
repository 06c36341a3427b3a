/** EKS managed node group of a `GpuNodeGroup`. */
import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { lift } from "../support/inputs.ts";
import { namesInstanceType } from "./launch-template.ts";
import { eksTaint, nodeLabels, nodeTags, nodeTaints } from "./node-labels.ts";
import {
  GpuCapacityType,
  type GpuNodeGroupArgs,
  type GpuNodeRepairArgs,
  type GpuNodeRepairOverrideArgs,
} from "./node-group-args.ts";
import type { NodeGroupPlan } from "./node-group-plan.ts";

/** What the node group refers to. */
export interface ManagedNodeGroupParts {
  readonly nodeRoleArn: pulumi.Input<string>;
  readonly launchTemplateId: pulumi.Input<string>;
  readonly launchTemplateVersion: pulumi.Input<string>;
}

const eksCapacityTypes: Record<GpuCapacityType, string> = {
  "on-demand": "ON_DEMAND",
  spot: "SPOT",
  // A reservation is on-demand capacity that the launch template points at.
  "capacity-reservation": "ON_DEMAND",
  "capacity-block": "CAPACITY_BLOCK",
};

/** Changes of these fields are left to others: an autoscaler owns the size. */
export const IGNORED_CHANGES = ["scalingConfig.desiredSize"];

/**
 * The group has no name of its own, so that a change that only a new group can take (image type, capacity type, subnets,
 * role, instance types) makes the new one before the old one goes. Labels, taints, scaling bounds, launch template
 * and release are updated in place.
 */
export function managedNodeGroupArgs(
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
  parts: ManagedNodeGroupParts,
): aws.eks.NodeGroupArgs {
  const { scaling, managed = {} } = args;
  const min = scaling.min ?? 0;
  return {
    clusterName: args.cluster?.name ?? "",
    nodeRoleArn: parts.nodeRoleArn,
    subnetIds: args.network?.subnetIds ?? [],
    amiType: plan.amiType,
    capacityType: eksCapacityTypes[plan.capacity],
    ...(namesInstanceType(plan) ? {} : { instanceTypes: args.instanceTypes }),
    launchTemplate: { id: parts.launchTemplateId, version: parts.launchTemplateVersion },
    scalingConfig: { minSize: min, maxSize: scaling.max, desiredSize: scaling.desired ?? min },
    updateConfig: { maxUnavailable: managed.maxUnavailable ?? 1, updateStrategy: plan.updateStrategy },
    nodeRepairConfig: repairConfig(args.repair ?? {}),
    labels: nodeLabels(plan, args),
    taints: lift(nodeTaints(args), (taints) => taints.map((taint) => lift(taint, eksTaint))),
    ...(managed.releaseVersion === undefined ? {} : { releaseVersion: managed.releaseVersion }),
    ...(managed.kubernetesVersion === undefined ? {} : { version: managed.kubernetesVersion }),
    ...(managed.forceUpdate === undefined ? {} : { forceUpdateVersion: managed.forceUpdate }),
    tags: nodeTags(plan, args),
  };
}

function repairConfig({ enabled = true, maxParallel = 1, maxUnhealthy, overrides }: GpuNodeRepairArgs) {
  return {
    enabled,
    maxParallelNodesRepairedCount: maxParallel,
    ...(maxUnhealthy === undefined ? {} : { maxUnhealthyNodeThresholdCount: maxUnhealthy }),
    ...(overrides === undefined
      ? {}
      : {
          nodeRepairConfigOverrides: lift(overrides, (list) => list.map((one) => lift(one, repairOverride))),
        }),
  };
}

function repairOverride({ condition, reason, waitMinutes, action }: GpuNodeRepairOverrideArgs) {
  return {
    nodeMonitoringCondition: condition,
    nodeUnhealthyReason: reason,
    minRepairWaitTimeMins: waitMinutes,
    repairAction: action,
  };
}

/** A scheduled action on the group's Auto Scaling group. */
export interface ScheduledSize {
  readonly suffix: "start" | "end";
  /** RFC 3339, UTC. */
  readonly startTime: string;
  readonly desiredCapacity: pulumi.Input<number>;
}

/** EC2 ends instances from 30 minutes before the end of a Capacity Block; draining starts half an hour earlier. */
const DRAIN_LEAD_MS = 60 * 60 * 1000;

/** Scale to the maximum when the Capacity Block starts, to zero before it ends; empty without both times. */
export function capacityBlockSchedule({ capacity = {}, scaling }: GpuNodeGroupArgs): ScheduledSize[] {
  const { kind, startTime, endTime } = capacity;
  if (kind !== GpuCapacityType.CapacityBlock || startTime === undefined || endTime === undefined) return [];
  const drain = new Date(Date.parse(endTime) - DRAIN_LEAD_MS).toISOString().replace(".000Z", "Z");
  return [
    { suffix: "start", startTime, desiredCapacity: scaling.max },
    { suffix: "end", startTime: drain, desiredCapacity: 0 },
  ];
}

/** Most GPUs that the group can have. */
export function greatestGpuCount(plan: NodeGroupPlan, { scaling }: GpuNodeGroupArgs): pulumi.Input<number> {
  return lift(scaling.max, (max) => max * plan.type.gpuCount);
}
