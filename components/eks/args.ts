/**
 * Arguments of an `EksCluster`. Fields that decide which resources exist are plain values, the others may be outputs.
 */
import type * as pulumi from "@pulumi/pulumi";

/** NAT gateways of the VPC. */
export const EksNatGateways = {
  /** One in each zone: a zone that fails takes no other one's way out along. */
  PerZone: "per-zone",
  /** One for all zones, at a third of the price. */
  Single: "single",
  /** None: nodes reach AWS through endpoints of the VPC that others make. */
  None: "none",
} as const;
export type EksNatGateways = (typeof EksNatGateways)[keyof typeof EksNatGateways];

/** A network that is there already. */
export interface EksExistingNetworkArgs {
  vpcId: pulumi.Input<string>;
  /** Private subnets for nodes and control plane, in two zones or more. */
  privateSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
}

/** Network of the cluster: a VPC of its own, or `existing`. */
export interface EksNetworkArgs {
  /** Block of the own VPC, /16 to /20. Default 10.0.0.0/16. */
  cidr?: string;
  /**
   * Availability zones of the own VPC by name, two to eight. Order counts: add at the end. Node groups on all private subnets
   * are replaced when a zone is added, because a group's subnets can't change.
   */
  zones?: string[];
  /** Default per-zone. */
  natGateways?: EksNatGateways;
  /** Log rejected traffic of the own VPC to CloudWatch. Default true. */
  flowLogs?: boolean;
  /** Use a network that is there already; the other fields are then left out. */
  existing?: EksExistingNetworkArgs;
}

/** Address of the API server. */
export interface EksEndpointArgs {
  /**
   * Blocks that may reach the API server from the internet, such as ["203.0.113.7/32"]; not 0.0.0.0/0. Default: none, the
   * API server is reached from the VPC only.
   */
  publicCidrs?: string[];
}

/** What an administrator may do. */
export const EksAccessLevel = {
  /** Everything (AmazonEKSClusterAdminPolicy). */
  Administrator: "administrator",
  /** Read everything, Secrets included (AmazonEKSAdminViewPolicy). */
  Viewer: "viewer",
} as const;
export type EksAccessLevel = (typeof EksAccessLevel)[keyof typeof EksAccessLevel];

/** Somebody with access to the cluster. */
export interface EksAccessArgs {
  /** Name, part of the Pulumi name of the access entry. */
  name: string;
  /** IAM role (or user) that is let in. */
  principalArn: pulumi.Input<string>;
  /** Default viewer. */
  level?: EksAccessLevel;
}

/** Logs of the control plane. */
export interface EksLogArgs {
  /** Default: api, audit, authenticator, controllerManager, scheduler. */
  types?: string[];
  /** Days that they are kept, one of CloudWatch's numbers. Default 90. */
  retentionDays?: pulumi.Input<number>;
}

/** Nodes for everything that needs no GPU: CoreDNS, controllers, monitoring. */
export interface EksSystemNodesArgs {
  /** Instance types, all x86_64 or all arm64. Default m7i.xlarge. */
  instanceTypes?: string[];
  /** Default BOTTLEROCKET_x86_64. */
  amiType?: pulumi.Input<string>;
  /** Fewest nodes. Default 2. */
  min?: pulumi.Input<number>;
  /** Most nodes. Default 6. */
  max?: pulumi.Input<number>;
  /** Size of the encrypted gp3 volume in GiB. Default 80. */
  sizeGiB?: pulumi.Input<number>;
}

/** Versions of the add-ons, such as v1.20.4-eksbuild.2. Default: the newest that EKS names for the Kubernetes version. */
export interface EksAddonVersionsArgs {
  vpcCni?: pulumi.Input<string>;
  kubeProxy?: pulumi.Input<string>;
  coreDns?: pulumi.Input<string>;
  podIdentityAgent?: pulumi.Input<string>;
  nodeMonitoringAgent?: pulumi.Input<string>;
  ebsCsiDriver?: pulumi.Input<string>;
}

/** A cluster that is there already. */
export interface EksExistingClusterArgs {
  name: pulumi.Input<string>;
  /** https://… */
  endpoint: pulumi.Input<string>;
  /** Certificate authority of the API server, base64. */
  certificateAuthority: pulumi.Input<string>;
  /** The cluster's own security group (clusterSecurityGroupId). */
  securityGroupId: pulumi.Input<string>;
  vpcId: pulumi.Input<string>;
  privateSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
}

/** Arguments of an `EksCluster`. */
export interface EksClusterArgs {
  /** Use a cluster that is there already: nothing is made but what `podIdentityAgent` and `nodeMonitoringAgent` ask for. */
  existing?: EksExistingClusterArgs;
  /** Name of the cluster. Default: the component's name. */
  name?: string;
  /** Kubernetes version, such as "1.34". Default: EKS' own at the time the cluster is made. */
  kubernetesVersion?: pulumi.Input<string>;
  /** Needed unless `existing`. */
  network?: EksNetworkArgs;
  endpoint?: EksEndpointArgs;
  /**
   * Who may use the cluster. At least one administrator, because whoever makes a cluster gets no rights by that alone; the
   * identity that deploys to it must be among them. Needed unless `existing`.
   */
  access?: EksAccessArgs[];
  logs?: EksLogArgs;
  /** KMS key for Secrets, which must stay as long as the cluster. Default: an own one with yearly rotation. */
  secretsKeyArn?: pulumi.Input<string>;
  /** EKS Auto Mode: AWS runs nodes, Karpenter, CNI, DNS and volumes; there are then no system nodes and no add-ons. Default false. */
  autoMode?: boolean;
  systemNodes?: EksSystemNodesArgs;
  addonVersions?: EksAddonVersionsArgs;
  /** Install the Pod Identity agent. Default true, with `existing` false. */
  podIdentityAgent?: boolean;
  /** Install the node monitoring agent, by which node auto repair sees GPU faults. Default true, with `existing` false. */
  nodeMonitoringAgent?: boolean;
  /** Keep the cluster from being deleted until this is set to false and deployed. Default true. */
  deletionProtection?: pulumi.Input<boolean>;
  /** Stay on versions in extended support, at six times the price. Default false: EKS upgrades the cluster when standard support ends. */
  extendedSupport?: pulumi.Input<boolean>;
  /** Partition of AWS managed policies: aws, aws-cn or aws-us-gov. Default aws. */
  partition?: string;
  /** Tags of every resource that takes any. Default none. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
