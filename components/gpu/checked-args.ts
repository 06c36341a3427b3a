/** What the rules of a node group look at. */
import type * as pulumi from "@pulumi/pulumi";
import type { Rule } from "../support/validation.ts";
import type { GpuInstanceType } from "./instance-types.ts";
import { GpuNodeProvisioner, type GpuNodeGroupArgs } from "./node-group-args.ts";
import { resolveInstanceType } from "./node-group-plan.ts";

/** Arguments with the component's name, which is the default of theirs. */
export type CheckedArgs = pulumi.Unwrap<GpuNodeGroupArgs> & { componentName: string };
export type NodeGroupRule = Rule<CheckedArgs>;

/** The provisioner, with its default. */
export function provisionerOf(args: CheckedArgs): GpuNodeProvisioner {
  return args.provisioner ?? GpuNodeProvisioner.Managed;
}

/** The instance types that are known or described. */
export function typesOf(args: CheckedArgs): GpuInstanceType[] {
  return args.instanceTypes
    .map((name) => resolveInstanceType(name, args.hardware))
    .filter((type) => type !== undefined);
}

/** Whether the nodes come from a pool of Karpenter or Auto Mode. */
export function isPool(args: CheckedArgs): boolean {
  const provisioner = provisionerOf(args);
  return provisioner === GpuNodeProvisioner.Karpenter || provisioner === GpuNodeProvisioner.AutoMode;
}
