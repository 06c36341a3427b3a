/** Control plane of an EKS cluster: role, key, logs, the cluster itself and who may use it. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { lift } from "../support/inputs.ts";
import { EksAccessLevel, type EksAccessArgs, type EksClusterArgs } from "./args.ts";
import type { ClusterNetwork } from "./network.ts";
import { accessPolicy, clusterPolicies, clusterTrustPolicy, managedPolicy } from "./policies.ts";

/** All logs that a control plane has. */
export const CONTROL_PLANE_LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/** @param nodeRoleArn role of the nodes of Auto Mode */
export function makeControlPlane(
  component: pulumi.Resource,
  name: string,
  args: EksClusterArgs,
  network: ClusterNetwork,
  nodeRoleArn: pulumi.Input<string> | undefined,
): aws.eks.Cluster {
  const options = { parent: component };
  const tags = args.tags === undefined ? {} : { tags: args.tags };
  const autoMode = args.autoMode ?? false;
  const role = new aws.iam.Role(
    `${name}-cluster`,
    {
      description: `Control plane of ${name}`,
      assumeRolePolicy: JSON.stringify(clusterTrustPolicy(autoMode)),
      ...tags,
    },
    options,
  );
  const attachments = clusterPolicies(autoMode).map(
    (policy) =>
      new aws.iam.RolePolicyAttachment(
        `${name}-cluster-${policy}`,
        { role: role.name, policyArn: managedPolicy(policy, args.partition) },
        options,
      ),
  );
  // Made first and by us, so that it has an end; EKS would make it with none.
  const logs = new aws.cloudwatch.LogGroup(
    `${name}-logs`,
    {
      name: `/aws/eks/${args.name ?? name}/cluster`,
      retentionInDays: args.logs?.retentionDays ?? 90,
      ...tags,
    },
    options,
  );
  const keyArn = args.secretsKeyArn ?? makeKey(component, name, args);
  return new aws.eks.Cluster(
    `${name}-cluster`,
    {
      ...clusterArgs(name, args, network, keyArn),
      roleArn: role.arn,
      ...autoModeArgs(autoMode, nodeRoleArn),
    },
    { ...options, dependsOn: [...attachments, logs, ...network.dependencies] },
  );
}

function makeKey(component: pulumi.Resource, name: string, args: EksClusterArgs): pulumi.Output<string> {
  const tags = args.tags === undefined ? {} : { tags: args.tags };
  const key = new aws.kms.Key(
    `${name}-secrets`,
    {
      description: `Secrets of the cluster ${args.name ?? name}`,
      enableKeyRotation: true,
      // Without the key the Secrets of the cluster are lost; this is the time to notice.
      deletionWindowInDays: 30,
      ...tags,
    },
    { parent: component },
  );
  new aws.kms.Alias(
    `${name}-secrets`,
    { name: `alias/eks/${args.name ?? name}/secrets`, targetKeyId: key.keyId },
    { parent: component },
  );
  return key.arn;
}

type ClusterArgs = Omit<aws.eks.ClusterArgs, "roleArn">;

/** Arguments of the cluster but for its role. */
export function clusterArgs(
  name: string,
  args: EksClusterArgs,
  network: ClusterNetwork,
  keyArn: pulumi.Input<string>,
): ClusterArgs {
  const publicCidrs = args.endpoint?.publicCidrs ?? [];
  return {
    name: args.name ?? name,
    ...(args.kubernetesVersion === undefined ? {} : { version: args.kubernetesVersion }),
    vpcConfig: {
      subnetIds: network.controlPlaneSubnetIds,
      endpointPrivateAccess: true,
      endpointPublicAccess: publicCidrs.length > 0,
      ...(publicCidrs.length > 0 ? { publicAccessCidrs: publicCidrs } : {}),
    },
    accessConfig: {
      authenticationMode: "API",
      // Whoever happens to run the deployment would be administrator for good, and in no list.
      bootstrapClusterCreatorAdminPermissions: false,
    },
    encryptionConfig: { provider: { keyArn }, resources: ["secrets"] },
    enabledClusterLogTypes: args.logs?.types ?? CONTROL_PLANE_LOGS,
    upgradePolicy: {
      supportType: lift(args.extendedSupport ?? false, (extended) => (extended ? "EXTENDED" : "STANDARD")),
    },
    deletionProtection: args.deletionProtection ?? true,
    // The add-ons are made as such, with versions and roles.
    bootstrapSelfManagedAddons: false,
    ...(args.tags === undefined ? {} : { tags: args.tags }),
  };
}

function autoModeArgs(
  autoMode: boolean,
  nodeRoleArn: pulumi.Input<string> | undefined,
): Partial<aws.eks.ClusterArgs> {
  if (!autoMode || nodeRoleArn === undefined) return {};
  return {
    computeConfig: { enabled: true, nodePools: ["system", "general-purpose"], nodeRoleArn },
    kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
    storageConfig: { blockStorage: { enabled: true } },
  };
}

const accessPolicies: Record<EksAccessLevel, string> = {
  administrator: "AmazonEKSClusterAdminPolicy",
  viewer: "AmazonEKSAdminViewPolicy",
};

/** Entry and policy of everyone who may use the cluster. */
export function makeAccess(
  component: pulumi.Resource,
  name: string,
  args: EksClusterArgs,
  clusterName: pulumi.Input<string>,
): pulumi.Resource[] {
  const tags = args.tags === undefined ? {} : { tags: args.tags };
  return (args.access ?? []).flatMap(({ name: who, principalArn, level }: EksAccessArgs) => {
    const options = { parent: component };
    const entry = new aws.eks.AccessEntry(
      `${name}-access-${who}`,
      { clusterName, principalArn, type: "STANDARD", ...tags },
      options,
    );
    const association = new aws.eks.AccessPolicyAssociation(
      `${name}-access-${who}`,
      {
        clusterName,
        principalArn: entry.principalArn,
        policyArn: accessPolicy(accessPolicies[level ?? EksAccessLevel.Viewer], args.partition),
        accessScope: { type: "cluster" },
      },
      options,
    );
    return [entry, association];
  });
}
