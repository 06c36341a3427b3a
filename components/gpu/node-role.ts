/** IAM role of GPU nodes. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { lift } from "../support/inputs.ts";
import { GpuNodeProvisioner, type GpuNodeGroupArgs, type GpuNodeRoleArgs } from "./node-group-args.ts";
import type { NodeGroupPlan } from "./node-group-plan.ts";
import { nodeTags } from "./node-labels.ts";

/** Trust policy of a role that EC2 instances run with. */
export const nodeTrustPolicy = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
};

/**
 * AWS managed policies of the nodes. Auto Mode joins its nodes itself, so that they need less. The rights of the VPC CNI
 * and shells are extra.
 */
export function nodePolicies(provisioner: GpuNodeProvisioner, role: GpuNodeRoleArgs): string[] {
  const partition = role.partition ?? "aws";
  const isAuto = provisioner === GpuNodeProvisioner.AutoMode;
  const names = [
    isAuto ? "AmazonEKSWorkerNodeMinimalPolicy" : "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryPullOnly",
    ...(role.allowNetworkInterfaces === true ? ["AmazonEKS_CNI_Policy"] : []),
    ...(role.allowSessionManager === true ? ["AmazonSSMManagedInstanceCore"] : []),
  ];
  return [...names.map((name) => `arn:${partition}:iam::aws:policy/${name}`), ...(role.policyArns ?? [])];
}

/** The role that the nodes run with. */
export interface NodeRole {
  readonly arn: pulumi.Input<string>;
  readonly name: pulumi.Input<string>;
  /** What must exist before a node starts. */
  readonly dependencies: pulumi.Resource[];
}

/** The given role, or an own one with its policies; with Karpenter and Auto Mode also its entry to the cluster. */
export function makeNodeRole(
  component: pulumi.Resource,
  name: string,
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
): NodeRole {
  const given = args.nodeRole ?? {};
  if (given.arn !== undefined) {
    return { arn: given.arn, name: lift(given.arn, roleNameOf), dependencies: [] };
  }
  const options = { parent: component };
  const role = new aws.iam.Role(
    `${name}-role`,
    {
      description: `GPU nodes of ${plan.groupName}`,
      assumeRolePolicy: JSON.stringify(nodeTrustPolicy),
      ...(given.path === undefined ? {} : { path: given.path }),
      ...(given.permissionsBoundaryArn === undefined
        ? {}
        : { permissionsBoundary: given.permissionsBoundaryArn }),
      tags: nodeTags(plan, args),
    },
    options,
  );
  const attachments = nodePolicies(plan.provisioner, given).map(
    (policyArn) =>
      new aws.iam.RolePolicyAttachment(
        `${name}-role-${policyArn.split("/").at(-1) ?? ""}`,
        { role: role.name, policyArn },
        options,
      ),
  );
  const entries = makeAccessEntry(component, name, plan, args, role.arn);
  return { arn: role.arn, name: role.name, dependencies: [...attachments, ...entries] };
}

/** EKS lets the nodes of managed groups in by itself; others need an access entry. */
function makeAccessEntry(
  component: pulumi.Resource,
  name: string,
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
  roleArn: pulumi.Input<string>,
): pulumi.Resource[] {
  if (plan.provisioner === GpuNodeProvisioner.Managed) return [];
  const isAuto = plan.provisioner === GpuNodeProvisioner.AutoMode;
  const clusterName = args.cluster?.name ?? "";
  const options = { parent: component };
  const entry = new aws.eks.AccessEntry(
    `${name}-access`,
    { clusterName, principalArn: roleArn, type: isAuto ? "EC2" : "EC2_LINUX", tags: nodeTags(plan, args) },
    options,
  );
  if (!isAuto) return [entry];
  const association = new aws.eks.AccessPolicyAssociation(
    `${name}-access-policy`,
    {
      clusterName,
      principalArn: entry.principalArn,
      policyArn: `arn:${args.nodeRole?.partition ?? "aws"}:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy`,
      accessScope: { type: "cluster" },
    },
    options,
  );
  return [entry, association];
}

/** Name of a role from its ARN, which may hold a path. */
export function roleNameOf(arn: string): string {
  return arn.split("/").at(-1) ?? arn;
}
