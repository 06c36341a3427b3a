import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Input } from "./monitoring/scrape-types.ts";

/**
 * Typed custom resources of Karpenter and of EKS Auto Mode; only the fields that this project writes.
 *
 * Sources: sigs.k8s.io/karpenter v1.11 (NodePool), github.com/aws/karpenter-provider-aws v1.6 (EC2NodeClass), EKS user
 * guide, create-node-class (NodeClass). As with the monitoring kinds, tokens are those of
 * `k8s.apiextensions.CustomResource`.
 */
type ObjectMeta = k8s.types.input.meta.v1.ObjectMeta;

export interface NodeClassReference {
  group: Input<string>;
  kind: Input<string>;
  name: Input<string>;
}

export interface NodeRequirement {
  key: Input<string>;
  operator: Input<string>;
  values: Input<Input<string>[]>;
}

export interface NodePoolTaint {
  key: Input<string>;
  value?: Input<string>;
  effect: Input<string>;
}

export interface NodePoolTemplateSpec {
  nodeClassRef: Input<NodeClassReference>;
  requirements: Input<Input<NodeRequirement>[]>;
  taints?: Input<Input<NodePoolTaint>[]>;
  expireAfter?: Input<string>;
  terminationGracePeriod?: Input<string>;
}

export interface NodePoolTemplate {
  metadata?: Input<{ labels?: Input<Record<string, Input<string>>> }>;
  spec: Input<NodePoolTemplateSpec>;
}

export interface NodePoolDisruption {
  consolidationPolicy?: Input<string>;
  consolidateAfter: Input<string>;
  budgets?: Input<Input<{ nodes: Input<string> }>[]>;
}

export interface NodePoolSpec {
  template: Input<NodePoolTemplate>;
  disruption?: Input<NodePoolDisruption>;
  limits?: Input<Record<string, Input<string>>>;
  replicas?: Input<number>;
  weight?: Input<number>;
}

export interface SelectorTerm {
  id: Input<string>;
}

export interface Ec2BlockDevice {
  deviceName: Input<string>;
  ebs: Input<{
    encrypted: Input<boolean>;
    deleteOnTermination: Input<boolean>;
    volumeType: Input<string>;
    volumeSize: Input<string>;
    iops?: Input<number>;
    throughput?: Input<number>;
    kmsKeyID?: Input<string>;
  }>;
}

export interface Ec2NodeClassSpec {
  amiSelectorTerms: Input<Input<{ alias: Input<string> }>[]>;
  role: Input<string>;
  subnetSelectorTerms: Input<Input<SelectorTerm>[]>;
  securityGroupSelectorTerms: Input<Input<SelectorTerm>[]>;
  capacityReservationSelectorTerms?: Input<Input<SelectorTerm>[]>;
  blockDeviceMappings?: Input<Input<Ec2BlockDevice>[]>;
  instanceStorePolicy?: Input<string>;
  metadataOptions?: Input<{
    httpEndpoint: Input<string>;
    httpTokens: Input<string>;
    httpPutResponseHopLimit: Input<number>;
  }>;
  associatePublicIPAddress?: Input<boolean>;
  detailedMonitoring?: Input<boolean>;
  tags?: Input<Record<string, Input<string>>>;
}

export interface AutoModeNodeClassSpec {
  role: Input<string>;
  subnetSelectorTerms: Input<Input<SelectorTerm>[]>;
  securityGroupSelectorTerms: Input<Input<SelectorTerm>[]>;
  capacityReservationSelectorTerms?: Input<Input<SelectorTerm>[]>;
  ephemeralStorage?: Input<{
    size: Input<string>;
    iops: Input<number>;
    throughput: Input<number>;
    kmsKeyID?: Input<string>;
  }>;
  networkPolicy?: Input<string>;
  snatPolicy?: Input<string>;
  tags?: Input<Record<string, Input<string>>>;
}

export interface NodeResourceArgs<Spec> {
  metadata?: Input<ObjectMeta>;
  spec: Input<Spec>;
}

/** Nodes that Karpenter may make, and when it removes them. */
export class NodePool extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: NodeResourceArgs<NodePoolSpec>, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: "karpenter.sh/v1", kind: "NodePool", ...args }, opts);
  }
}

/** How Karpenter makes an EC2 instance. */
export class Ec2NodeClass extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: NodeResourceArgs<Ec2NodeClassSpec>, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: "karpenter.k8s.aws/v1", kind: "EC2NodeClass", ...args }, opts);
  }
}

/** How EKS Auto Mode makes an instance. */
export class AutoModeNodeClass extends k8s.apiextensions.CustomResource {
  constructor(
    name: string,
    args: NodeResourceArgs<AutoModeNodeClassSpec>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(name, { apiVersion: "eks.amazonaws.com/v1", kind: "NodeClass", ...args }, opts);
  }
}
