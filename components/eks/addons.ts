/** Add-ons of an EKS cluster. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { EksAddonVersionsArgs, EksClusterArgs } from "./args.ts";
import { managedPolicy, podIdentityTrustPolicy } from "./policies.ts";

/** An add-on as this component installs it. */
interface Addon {
  /** Part of the Pulumi name. */
  readonly key: keyof EksAddonVersionsArgs;
  readonly name: string;
  /** Service account with a role of its own, and its AWS managed policy. */
  readonly identity?: { readonly serviceAccount: string; readonly policy: string };
  readonly configuration?: object;
  /** Its pods need a node to become ready, which the add-on waits for. */
  readonly needsNodes: boolean;
}

const vpcCni: Addon = {
  key: "vpcCni",
  name: "vpc-cni",
  identity: { serviceAccount: "aws-node", policy: "AmazonEKS_CNI_Policy" },
  // Off by default, and then every NetworkPolicy is ignored without a word.
  configuration: { enableNetworkPolicy: "true" },
  needsNodes: false,
};
const kubeProxy: Addon = { key: "kubeProxy", name: "kube-proxy", needsNodes: false };
const podIdentityAgent: Addon = {
  key: "podIdentityAgent",
  name: "eks-pod-identity-agent",
  needsNodes: false,
};
const nodeMonitoringAgent: Addon = {
  key: "nodeMonitoringAgent",
  name: "eks-node-monitoring-agent",
  needsNodes: false,
};
const coreDns: Addon = { key: "coreDns", name: "coredns", needsNodes: true };
const ebsCsiDriver: Addon = {
  key: "ebsCsiDriver",
  name: "aws-ebs-csi-driver",
  identity: { serviceAccount: "ebs-csi-controller-sa", policy: "AmazonEBSCSIDriverPolicy" },
  needsNodes: true,
};

/** The add-ons that the arguments ask for. Auto Mode has all of them built in. */
export function addonsOf(args: EksClusterArgs): Addon[] {
  if (args.autoMode === true) return [];
  const isOwn = args.existing === undefined;
  return [
    ...(isOwn ? [vpcCni, kubeProxy] : []),
    ...((args.podIdentityAgent ?? isOwn) ? [podIdentityAgent] : []),
    ...((args.nodeMonitoringAgent ?? isOwn) ? [nodeMonitoringAgent] : []),
    ...(isOwn ? [coreDns, ebsCsiDriver] : []),
  ];
}

/** What the add-ons are installed in. */
export interface AddonTarget {
  readonly clusterName: pulumi.Input<string>;
  /** Needed by add-ons with a role. */
  readonly clusterArn?: pulumi.Input<string>;
}

/** @param nodes what the add-ons that wait for nodes depend on */
export function makeAddons(
  component: pulumi.Resource,
  name: string,
  args: EksClusterArgs,
  target: AddonTarget,
  addons: Addon[],
  nodes: pulumi.Resource[],
): aws.eks.Addon[] {
  return addons.map((addon) => {
    const version = args.addonVersions?.[addon.key];
    const identity = addon.identity === undefined ? {} : identityOf(component, name, args, target, addon);
    return new aws.eks.Addon(
      `${name}-${addon.name}`,
      {
        clusterName: target.clusterName,
        addonName: addon.name,
        ...(version === undefined ? {} : { addonVersion: version }),
        ...(addon.configuration === undefined
          ? {}
          : { configurationValues: JSON.stringify(addon.configuration) }),
        ...identity,
        // What was changed by hand comes back at each update; a setting belongs into the program.
        resolveConflictsOnCreate: "OVERWRITE",
        resolveConflictsOnUpdate: "OVERWRITE",
        ...(args.tags === undefined ? {} : { tags: args.tags }),
      },
      { parent: component, dependsOn: addon.needsNodes ? nodes : [] },
    );
  });
}

/** A role that only the add-on's service account of this cluster can take. */
function identityOf(
  component: pulumi.Resource,
  name: string,
  args: EksClusterArgs,
  { clusterArn }: AddonTarget,
  addon: Addon,
): Pick<aws.eks.AddonArgs, "podIdentityAssociations"> {
  if (addon.identity === undefined || clusterArn === undefined) return {};
  const { serviceAccount, policy } = addon.identity;
  const options = { parent: component };
  const role = new aws.iam.Role(
    `${name}-${addon.name}`,
    {
      description: `${addon.name} of ${name}`,
      assumeRolePolicy: podIdentityTrustPolicy(clusterArn, "kube-system", serviceAccount),
      ...(args.tags === undefined ? {} : { tags: args.tags }),
    },
    options,
  );
  const attachment = new aws.iam.RolePolicyAttachment(
    `${name}-${addon.name}`,
    { role: role.name, policyArn: managedPolicy(policy, args.partition) },
    options,
  );
  // By way of the attachment, so that the role is complete before the add-on uses it.
  const roleArn = attachment.id.apply(() => role.arn);
  return { podIdentityAssociations: [{ roleArn, serviceAccount }] };
}
