/** Nodes without GPUs, and the role of nodes that the cluster itself makes. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { merge } from "../support/inputs.ts";
import type { EksClusterArgs } from "./args.ts";
import { managedPolicy, servicePolicy } from "./policies.ts";

/** A role for nodes. */
export interface SystemNodeRole {
  readonly arn: pulumi.Output<string>;
  readonly attachments: pulumi.Resource[];
}

/** AWS managed policies of the nodes; the CNI has a role of its own. */
export function systemNodePolicies(autoMode: boolean): string[] {
  return [
    autoMode ? "AmazonEKSWorkerNodeMinimalPolicy" : "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryPullOnly",
  ];
}

export function makeSystemNodeRole(
  component: pulumi.Resource,
  name: string,
  args: EksClusterArgs,
): SystemNodeRole {
  const options = { parent: component };
  const role = new aws.iam.Role(
    `${name}-nodes`,
    {
      description: `Nodes of ${name}`,
      assumeRolePolicy: JSON.stringify(servicePolicy("ec2.amazonaws.com")),
      ...(args.tags === undefined ? {} : { tags: args.tags }),
    },
    options,
  );
  const attachments = systemNodePolicies(args.autoMode ?? false).map(
    (policy) =>
      new aws.iam.RolePolicyAttachment(
        `${name}-nodes-${policy}`,
        { role: role.name, policyArn: managedPolicy(policy, args.partition) },
        options,
      ),
  );
  return { arn: role.arn, attachments };
}

/** A managed node group on several zones, with the same security as GPU nodes. */
export function makeSystemNodes(
  component: pulumi.Resource,
  name: string,
  args: EksClusterArgs,
  clusterName: pulumi.Input<string>,
  subnetIds: pulumi.Input<pulumi.Input<string>[]>,
  role: SystemNodeRole,
  dependencies: pulumi.Resource[],
): aws.eks.NodeGroup {
  const { instanceTypes = ["m7i.xlarge"], amiType = "BOTTLEROCKET_x86_64" } = args.systemNodes ?? {};
  const { min = 2, max = 6, sizeGiB = 80 } = args.systemNodes ?? {};
  const tags = merge<string>({ Name: `${name}-system` }, args.tags);
  const ebs = { encrypted: "true", deleteOnTermination: "true", volumeType: "gp3" };
  const template = new aws.ec2.LaunchTemplate(
    `${name}-system`,
    {
      description: `System nodes of ${name}`,
      updateDefaultVersion: true,
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        { deviceName: "/dev/xvda", ebs: { ...ebs, volumeSize: 4 } },
        { deviceName: "/dev/xvdb", ebs: { ...ebs, volumeSize: sizeGiB } },
      ],
      tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags })),
      tags,
    },
    { parent: component },
  );
  return new aws.eks.NodeGroup(
    `${name}-system`,
    {
      clusterName,
      nodeRoleArn: role.arn,
      subnetIds,
      amiType,
      capacityType: "ON_DEMAND",
      instanceTypes,
      launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
      scalingConfig: { minSize: min, maxSize: max, desiredSize: min },
      updateConfig: { maxUnavailable: 1, updateStrategy: "DEFAULT" },
      nodeRepairConfig: { enabled: true },
      labels: { "vllm-monitoring/node-group": "system" },
      tags,
    },
    {
      parent: component,
      dependsOn: [...role.attachments, ...dependencies],
      ignoreChanges: ["scalingConfig.desiredSize"],
    },
  );
}
