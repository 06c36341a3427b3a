import * as pulumi from "@pulumi/pulumi";

import { addonsOf, makeAddons } from "./eks/addons.ts";
import type { EksClusterArgs } from "./eks/args.ts";
import { makeAccess, makeControlPlane } from "./eks/control-plane.ts";
import { makeNetwork } from "./eks/network.ts";
import { RULES } from "./eks/rules.ts";
import { makeSystemNodeRole, makeSystemNodes } from "./eks/system-nodes.ts";
import { check } from "./support/validation.ts";

export * from "./eks/args.ts";

/**
 * A small EKS cluster for GPU nodes: private nodes in a VPC of its own, an API server that only named addresses reach,
 * Secrets encrypted with an own key, all control-plane logs, access by IAM roles that are listed, add-ons with roles of
 * their own by Pod Identity, NetworkPolicies in force, and system nodes for everything that needs no GPU. Or the same
 * outputs for a cluster that is there already.
 *
 * Let GPU node groups depend on the component (`dependsOn: cluster`), so that the network plugin is there before them.
 */
export class EksCluster extends pulumi.ComponentResource {
  /** Name of the cluster. */
  readonly clusterName: pulumi.Output<string>;
  /** Address of the API server. */
  readonly endpoint: pulumi.Output<string>;
  /** Certificate authority of the API server, base64. */
  readonly certificateAuthority: pulumi.Output<string>;
  /** The cluster's own security group, which all nodes are in. */
  readonly securityGroupId: pulumi.Output<string>;
  /** VPC of the cluster. */
  readonly vpcId: pulumi.Output<string>;
  /** Subnets for nodes. */
  readonly privateSubnetIds: pulumi.Output<string[]>;
  /** Subnets for load balancers; none with an existing network. */
  readonly publicSubnetIds: pulumi.Output<string[]>;

  constructor(name: string, args: EksClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`EksCluster "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:EksCluster", name, { ...args }, opts);
    const cluster =
      args.existing === undefined ? makeCluster(this, name, args) : adoptCluster(this, name, args);

    this.clusterName = pulumi.output(cluster.name);
    this.endpoint = pulumi.output(cluster.endpoint);
    this.certificateAuthority = pulumi.output(cluster.certificateAuthority);
    this.securityGroupId = pulumi.output(cluster.securityGroupId);
    this.vpcId = pulumi.output(cluster.vpcId);
    this.privateSubnetIds = pulumi.output(cluster.privateSubnetIds);
    this.publicSubnetIds = pulumi.output(cluster.publicSubnetIds);
    this.registerOutputs({
      clusterName: this.clusterName,
      endpoint: this.endpoint,
      certificateAuthority: this.certificateAuthority,
      securityGroupId: this.securityGroupId,
      vpcId: this.vpcId,
      privateSubnetIds: this.privateSubnetIds,
      publicSubnetIds: this.publicSubnetIds,
    });
  }
}

/** What the component says of its cluster. */
interface ClusterFacts {
  name: pulumi.Input<string>;
  endpoint: pulumi.Input<string>;
  certificateAuthority: pulumi.Input<string>;
  securityGroupId: pulumi.Input<string>;
  vpcId: pulumi.Input<string>;
  privateSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  publicSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
}

function makeCluster(component: EksCluster, name: string, args: EksClusterArgs): ClusterFacts {
  const network = makeNetwork(component, name, args.network ?? {}, args.tags);
  const nodeRole = makeSystemNodeRole(component, name, args);
  const cluster = makeControlPlane(component, name, args, network, nodeRole.arn);
  makeAccess(component, name, args, cluster.name);
  const target = { clusterName: cluster.name, clusterArn: cluster.arn };
  const addons = addonsOf(args);
  const early = addons.filter(({ needsNodes }) => !needsNodes);
  const late = addons.filter(({ needsNodes }) => needsNodes);
  const earlyAddons = makeAddons(component, name, args, target, early, []);
  if (args.autoMode !== true) {
    const nodes = makeSystemNodes(
      component,
      name,
      args,
      cluster.name,
      network.privateSubnetIds,
      nodeRole,
      earlyAddons,
    );
    makeAddons(component, name, args, target, late, [nodes]);
  }
  return {
    name: cluster.name,
    endpoint: cluster.endpoint,
    certificateAuthority: cluster.certificateAuthority.data,
    securityGroupId: cluster.vpcConfig.clusterSecurityGroupId,
    vpcId: network.vpcId,
    privateSubnetIds: network.privateSubnetIds,
    publicSubnetIds: network.publicSubnetIds,
  };
}

function adoptCluster(component: EksCluster, name: string, args: EksClusterArgs): ClusterFacts {
  const { existing } = args;
  if (existing === undefined) throw new Error("existing is missing");
  makeAddons(component, name, args, { clusterName: existing.name }, addonsOf(args), []);
  return { ...existing, publicSubnetIds: [] };
}
