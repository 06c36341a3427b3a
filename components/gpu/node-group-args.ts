/**
 * Arguments of a `GpuNodeGroup`.
 *
 * Fields that decide which resources exist or how they are put together are plain values, so that every rule about them
 * is checked before anything is registered; the others may be outputs of other resources.
 */
import type * as pulumi from "@pulumi/pulumi";
import type { CpuArchitecture } from "./instance-types.ts";
import type { GpuKvCacheFormat } from "./fit.ts";
import type { GpuWeightFormat } from "./weights.ts";

/** What makes the nodes. */
export const GpuNodeProvisioner = {
  /** EKS managed node group. */
  Managed: "managed",
  /** Karpenter that runs in the cluster: NodePool and EC2NodeClass. */
  Karpenter: "karpenter",
  /** EKS Auto Mode: NodePool and NodeClass. */
  AutoMode: "auto-mode",
  /** Node objects without a machine behind them, kept alive by kwok. */
  Simulated: "simulated",
} as const;
export type GpuNodeProvisioner = (typeof GpuNodeProvisioner)[keyof typeof GpuNodeProvisioner];

/** How the machines are paid for. */
export const GpuCapacityType = {
  OnDemand: "on-demand",
  /** Spare capacity that AWS takes back with two minutes' notice. */
  Spot: "spot",
  /** On-demand capacity reservation (ODCR). */
  CapacityReservation: "capacity-reservation",
  /** Capacity Block for ML: reserved for a span of time. */
  CapacityBlock: "capacity-block",
} as const;
export type GpuCapacityType = (typeof GpuCapacityType)[keyof typeof GpuCapacityType];

/** EKS optimised image with NVIDIA drivers, as the EKS API calls it. */
export const GpuAmiType = {
  Al2023Amd64: "AL2023_x86_64_NVIDIA",
  Al2023Arm64: "AL2023_ARM_64_NVIDIA",
  BottlerocketAmd64: "BOTTLEROCKET_x86_64_NVIDIA",
  BottlerocketArm64: "BOTTLEROCKET_ARM_64_NVIDIA",
} as const;
export type GpuAmiType = (typeof GpuAmiType)[keyof typeof GpuAmiType];

/** The cluster that the nodes join. */
export interface GpuNodeClusterArgs {
  /** Name of the EKS cluster. */
  name: pulumi.Input<string>;
  /** The cluster's own security group. Needed when the launch template names security groups: EFA, or additional ones. */
  securityGroupId?: pulumi.Input<string>;
  /** VPC of the cluster. Needed for EFA, which gets a security group of its own. */
  vpcId?: pulumi.Input<string>;
}

/** Describes an instance type that is not in the table of known ones, or machines without one. */
export interface GpuHardwareArgs {
  /** Value of the node label nvidia.com/gpu.product. */
  gpuProduct: string;
  /** GPUs of one node. */
  gpuCount: number;
  /** Memory of one GPU in GiB. */
  gpuMemoryGiB: number;
  /** CUDA compute capability, such as 9.0. */
  computeCapability: number;
  /** Default amd64. */
  architecture?: CpuArchitecture;
  vcpus: number;
  /** Main memory in GiB. */
  memoryGiB: number;
  /** Instance store in GB. Default 0: none. */
  instanceStoreGB?: number;
  /** Network cards that can carry EFA. Default: none. */
  efaCards?: number[];
}

/** Bounds of the number of nodes. */
export interface GpuNodeScalingArgs {
  /** Fewest nodes. Default 0. Karpenter and Auto Mode make nodes for pods: there 0, unless `pool.staticCapacity`. */
  min?: pulumi.Input<number>;
  /** Most nodes, at least 1. */
  max: pulumi.Input<number>;
  /** Nodes at first; later the autoscaler owns the number and changes here are ignored. Default: `min`. */
  desired?: pulumi.Input<number>;
}

/** Where capacity comes from. */
export interface GpuNodeCapacityArgs {
  /** Default on-demand. */
  kind?: GpuCapacityType;
  /** Capacity reservation or Capacity Block, `cr-…`. */
  reservationId?: pulumi.Input<string>;
  /** ARN of a resource group of capacity reservations, instead of `reservationId`. Managed node groups only. */
  reservationGroupArn?: pulumi.Input<string>;
  /**
   * Start of a Capacity Block, RFC 3339 in UTC ("2026-12-01T11:30:00Z"). With it and `endTime`, scheduled actions scale
   * the managed node group to its maximum at the start and to zero an hour before the end. Default: none.
   */
  startTime?: string;
  /** End of the Capacity Block, RFC 3339 in UTC. */
  endTime?: string;
}

/** Disks of a node. */
export interface GpuNodeStorageArgs {
  /** Size of the encrypted gp3 volume in GiB. vLLM images take 10 to 20 GiB each. Default 200. */
  sizeGiB?: pulumi.Input<number>;
  /** 3000 to 80000. Default 3000, which is free of charge. */
  iops?: pulumi.Input<number>;
  /** MiB/s, 125 to 2000. Default 500: image pulls and model loads are throughput bound. */
  throughput?: pulumi.Input<number>;
  /**
   * KMS key of the volume. Its policy must let the role AWSServiceRoleForAutoScaling use it, or no node starts. Default: the
   * account's key for EBS.
   */
  kmsKeyArn?: pulumi.Input<string>;
  /**
   * Put images, logs and emptyDir volumes on the instance store, its disks joined to a RAID 0. The data are gone with the
   * node. Default false.
   */
  useInstanceStore?: boolean;
}

/** Elastic Fabric Adapter, for models that span nodes. */
export interface GpuNodeEfaArgs {
  /** Default false. */
  enabled?: boolean;
  /** EFA interfaces of a node. Default: all that the instance type has. */
  interfaces?: number;
  /**
   * Existing cluster placement group. Default: none, because a forced group keeps capacity reservations and Capacity
   * Blocks, which have a place already, from being used.
   */
  placementGroup?: pulumi.Input<string>;
}

/** Network of the nodes. */
export interface GpuNodeNetworkArgs {
  /** Private subnets. One decides the zone, as a reservation needs. */
  subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  /** Security groups besides the cluster's. Default: none. */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;
}

/** IAM role of the nodes. */
export interface GpuNodeRoleArgs {
  /** An existing role. The other fields are for an own one. Default: an own role with least rights. */
  arn?: pulumi.Input<string>;
  /** Path of the own role. Default "/". */
  path?: pulumi.Input<string>;
  /** Permissions boundary of the own role. */
  permissionsBoundaryArn?: pulumi.Input<string>;
  /** Allow shells through AWS Systems Manager (AmazonSSMManagedInstanceCore). Default false. */
  allowSessionManager?: boolean;
  /**
   * Give the nodes the rights of the VPC CNI (AmazonEKS_CNI_Policy). Only where the CNI has no role of its own by Pod
   * Identity or IRSA: with it every pod that reaches the instance's credentials may rewire the network. Default false.
   */
  allowNetworkInterfaces?: boolean;
  /** ARNs of further policies. Default: none. */
  policyArns?: string[];
  /** Partition of the AWS managed policies: aws, aws-cn or aws-us-gov. Default aws. */
  partition?: string;
}

/** A taint of the nodes. */
export interface GpuNodeTaintArgs {
  key: pulumi.Input<string>;
  value?: pulumi.Input<string>;
  effect: pulumi.Input<GpuTaintEffect>;
}

/** What happens to pods that don't tolerate a taint. */
export const GpuTaintEffect = {
  NoSchedule: "NoSchedule",
  PreferNoSchedule: "PreferNoSchedule",
  NoExecute: "NoExecute",
} as const;
export type GpuTaintEffect = (typeof GpuTaintEffect)[keyof typeof GpuTaintEffect];

/** What a managed node group does about a condition of a node instead of EKS' own choice. */
export interface GpuNodeRepairOverrideArgs {
  /** Such as AcceleratedHardwareReady. */
  condition: pulumi.Input<string>;
  /** Such as NvidiaXID64Error. */
  reason: pulumi.Input<string>;
  /** Minutes that the condition must last. */
  waitMinutes: pulumi.Input<number>;
  /** Replace, Reboot or NoAction. */
  action: pulumi.Input<GpuNodeRepairAction>;
}

export const GpuNodeRepairAction = { Replace: "Replace", Reboot: "Reboot", None: "NoAction" } as const;
export type GpuNodeRepairAction = (typeof GpuNodeRepairAction)[keyof typeof GpuNodeRepairAction];

/**
 * Node auto repair of managed node groups. GPU faults (AcceleratedHardwareReady) are seen by the add-on
 * eks-node-monitoring-agent only, which the cluster must have. Auto Mode repairs always; Karpenter has a feature gate of
 * its own (NodeRepair).
 */
export interface GpuNodeRepairArgs {
  /** Default true. */
  enabled?: pulumi.Input<boolean>;
  /** Nodes repaired at a time. Default 1: GPU nodes are few. */
  maxParallel?: pulumi.Input<number>;
  /** Repairs stop above this many unhealthy nodes. Default: EKS' own rule (more than 5 nodes and 20 %). */
  maxUnhealthy?: pulumi.Input<number>;
  overrides?: pulumi.Input<pulumi.Input<GpuNodeRepairOverrideArgs>[]>;
}

/** How a managed node group replaces its nodes. */
export const GpuNodeUpdateStrategy = {
  /** New nodes first, then the old ones go. */
  Default: "DEFAULT",
  /** Old nodes first, which needs no capacity beyond what there is. */
  Minimal: "MINIMAL",
} as const;
export type GpuNodeUpdateStrategy = (typeof GpuNodeUpdateStrategy)[keyof typeof GpuNodeUpdateStrategy];

/** Settings of managed node groups alone. */
export interface GpuManagedNodesArgs {
  /** Default: minimal with capacity reservations and Capacity Blocks, which have nothing to spare; else default. */
  updateStrategy?: GpuNodeUpdateStrategy;
  /** Nodes out of service at a time during an update. Default 1. */
  maxUnavailable?: pulumi.Input<number>;
  /**
   * Release of the image, such as 1.34.1-20261101. Default: unset, so that the group keeps the release it was made with
   * and a new one never replaces nodes by itself.
   */
  releaseVersion?: pulumi.Input<string>;
  /** Kubernetes version of the nodes. Default: that of the cluster at the time the group is made. */
  kubernetesVersion?: pulumi.Input<string>;
  /** Update nodes even where a PodDisruptionBudget keeps pods from moving. Default false. */
  forceUpdate?: pulumi.Input<boolean>;
}

/** Settings of Karpenter's and Auto Mode's pools. */
export interface GpuNodePoolArgs {
  /**
   * Release of the image for Karpenter: "v20261101" with AL2023, "1.52.0" with Bottlerocket, or "latest", which replaces
   * nodes with each release. Needed for Karpenter; Auto Mode chooses by itself.
   */
  amiVersion?: pulumi.Input<string>;
  /**
   * Hold `scaling.min` nodes whether or not pods need them; the pool can't be switched over later. Karpenter: feature
   * gate StaticCapacity. Default false.
   */
  staticCapacity?: boolean;
  /** How long a node must be empty before it is removed, as a duration such as "10m". Default "10m". */
  consolidateAfter?: pulumi.Input<string>;
  /** Greatest age of a node, or "Never". Default: "Never" with Karpenter; "336h" in Auto Mode, which caps it at 21 days. */
  expireAfter?: pulumi.Input<string>;
  /** Longest time that pods of a removed node get to end. Default "1h". */
  terminationGracePeriod?: pulumi.Input<string>;
  /** Nodes that may be disrupted at a time, a number or percentage. Default "1". */
  disruptionBudget?: pulumi.Input<string>;
  /** Pools of greater weight are used first, 1 to 100. Default: none. */
  weight?: pulumi.Input<number>;
}

/** A model that must fit the group's nodes. */
export interface GpuModelArgs {
  /** Name, for messages. */
  name: string;
  /** All parameters in billions; of a mixture of experts, all experts. */
  parametersBillion: number;
  weightFormat: GpuWeightFormat;
  /**
   * Parameters that a quantised checkpoint keeps in 16 bit, in billions: vocab_size × hidden_size × 2. Default: 5 % of the
   * parameters.
   */
  unquantisedBillion?: number;
  /** GPUs that share each layer. Default 1. */
  tensorParallel?: number;
  /** Stages that the layers are split into. Default 1. */
  pipelineParallel?: number;
  /** Engines with weights of their own. Default 1. */
  dataParallel?: number;
  /** Nodes that one replica spans (LeaderWorkerSet). Default 1. */
  nodes?: number;
  /** Longest prompt plus output in tokens. Default: the KV cache is not checked. */
  maxLength?: number;
  /** num_hidden_layers of the model's config.json. Default: the KV cache is not checked. */
  layers?: number;
  /** num_key_value_heads. */
  kvHeads?: number;
  /** head_dim. */
  headSize?: number;
  /** Multi-head latent attention: kv_lora_rank + qk_rope_head_dim. */
  kvLatentSize?: number;
  /** Default 16bit. */
  kvCacheFormat?: GpuKvCacheFormat;
  /** Requests of the greatest length to hold at the same time. Default 1, which vLLM insists on. */
  concurrentRequests?: number;
  /** Default 0.92. */
  gpuMemoryUtilization?: number;
  /** GiB of each GPU for activations, CUDA graphs and communication. Default 1.5, with several GPUs 2. */
  overheadGiB?: number;
}

/** Arguments of a `GpuNodeGroup`. */
export interface GpuNodeGroupArgs {
  /** Name of the group: label `vllm-monitoring/node-group` of its nodes. Default: the component's name. */
  name?: string;
  /** Default managed. */
  provisioner?: GpuNodeProvisioner;
  /** The cluster. Needed unless the nodes are simulated. */
  cluster?: GpuNodeClusterArgs;
  /** Instance types with equal GPUs and architecture. More than one: for spot, on-demand and pools. */
  instanceTypes: string[];
  /** Describes the instance types when they are not in the table of known ones. */
  hardware?: GpuHardwareArgs;
  scaling: GpuNodeScalingArgs;
  capacity?: GpuNodeCapacityArgs;
  /** Image. Default AL2023 for the architecture of the instance types. Not for Auto Mode, which has its own. */
  amiType?: GpuAmiType;
  storage?: GpuNodeStorageArgs;
  efa?: GpuNodeEfaArgs;
  /** Needed unless the nodes are simulated. */
  network?: GpuNodeNetworkArgs;
  nodeRole?: GpuNodeRoleArgs;
  /** Labels of the nodes besides the component's own. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Default: nvidia.com/gpu=true:NoSchedule, which keeps pods without GPUs away. */
  taints?: pulumi.Input<pulumi.Input<GpuNodeTaintArgs>[]>;
  repair?: GpuNodeRepairArgs;
  /** Managed node groups. */
  managed?: GpuManagedNodesArgs;
  /** Karpenter and Auto Mode. */
  pool?: GpuNodePoolArgs;
  /** Models that are to run on the group; one that can't is refused. */
  models?: GpuModelArgs[];
  /** Tags of the AWS resources, instances and volumes. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
