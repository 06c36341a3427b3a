/** NodePool and node classes of Karpenter and of EKS Auto Mode. */
import type * as pulumi from "@pulumi/pulumi";
import type {
  AutoModeNodeClassSpec,
  Ec2BlockDevice,
  Ec2NodeClassSpec,
  NodePoolSpec,
  SelectorTerm,
} from "../crds/karpenter.ts";
import { concat, lift } from "../support/inputs.ts";
import { DEFAULT_VOLUME_GIB, DEFAULT_VOLUME_IOPS, DEFAULT_VOLUME_THROUGHPUT } from "./launch-template.ts";
import { greatestGpuCount } from "./managed-node-group.ts";
import { GpuNodeProvisioner, type GpuCapacityType, type GpuNodeGroupArgs } from "./node-group-args.ts";
import { isReserved, type NodeGroupPlan } from "./node-group-plan.ts";
import { GPU_RESOURCE, kubernetesTaint, nodeLabels, nodeTags, nodeTaints } from "./node-labels.ts";

const poolCapacityTypes: Record<GpuCapacityType, string> = {
  "on-demand": "on-demand",
  spot: "spot",
  "capacity-reservation": "reserved",
  "capacity-block": "reserved",
};

/** Group and kind of the node class. */
export function nodeClassKind(provisioner: GpuNodeProvisioner): { group: string; kind: string } {
  return provisioner === GpuNodeProvisioner.AutoMode
    ? { group: "eks.amazonaws.com", kind: "NodeClass" }
    : { group: "karpenter.k8s.aws", kind: "EC2NodeClass" };
}

/** @param nodeClassName name of the node class, known once it is there */
export function nodePoolSpec(
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
  nodeClassName: pulumi.Input<string>,
): NodePoolSpec {
  const pool = args.pool ?? {};
  const isAuto = plan.provisioner === GpuNodeProvisioner.AutoMode;
  return {
    template: {
      metadata: { labels: nodeLabels(plan, args) },
      spec: {
        nodeClassRef: { ...nodeClassKind(plan.provisioner), name: nodeClassName },
        requirements: [
          { key: "node.kubernetes.io/instance-type", operator: "In", values: args.instanceTypes },
          { key: "kubernetes.io/arch", operator: "In", values: [plan.type.architecture] },
          {
            key: "karpenter.sh/capacity-type",
            operator: "In",
            values: [poolCapacityTypes[plan.capacity]],
          },
        ],
        taints: lift(nodeTaints(args), (taints) => taints.map((taint) => lift(taint, kubernetesTaint))),
        expireAfter: pool.expireAfter ?? (isAuto ? "336h" : "Never"),
        terminationGracePeriod: pool.terminationGracePeriod ?? "1h",
      },
    },
    disruption: {
      // A model takes minutes to load: its node goes only when nothing runs on it.
      consolidationPolicy: "WhenEmpty",
      consolidateAfter: pool.consolidateAfter ?? "10m",
      budgets: [{ nodes: pool.disruptionBudget ?? "1" }],
    },
    ...size(plan, args),
    ...(pool.weight === undefined ? {} : { weight: pool.weight }),
  };
}

/** A static pool is bounded by its nodes, a dynamic one by the GPUs that it may have in all. */
function size(plan: NodeGroupPlan, args: GpuNodeGroupArgs): Pick<NodePoolSpec, "replicas" | "limits"> {
  const { min = 0, max } = args.scaling;
  if (args.pool?.staticCapacity === true) {
    return { replicas: min, limits: { nodes: lift(max, String) } };
  }
  return { limits: { [GPU_RESOURCE]: lift(greatestGpuCount(plan, args), String) } };
}

/** @param roleName name, not ARN, of the nodes' role */
export function ec2NodeClassSpec(
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
  roleName: pulumi.Input<string>,
  efaSecurityGroupId?: pulumi.Input<string>,
): Ec2NodeClassSpec {
  const { amiVersion = "" } = args.pool ?? {};
  return {
    amiSelectorTerms: [{ alias: lift(amiVersion, (version) => `${plan.ami.family}@${version}`) }],
    role: roleName,
    ...selectors(plan, args, efaSecurityGroupId),
    blockDeviceMappings: blockDevices(plan, args),
    ...(plan.useInstanceStore ? { instanceStorePolicy: "RAID0" } : {}),
    metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
    associatePublicIPAddress: false,
    detailedMonitoring: true,
    tags: nodeTags(plan, args),
  };
}

/**
 * Auto Mode's own image, metadata options (IMDSv2, one hop) and instance-store set-up can't be chosen. Tags are written
 * only when asked for: the cluster's role needs further rights for them (EKS user guide, auto-cluster-iam-role).
 */
export function autoModeNodeClassSpec(
  plan: NodeGroupPlan,
  args: GpuNodeGroupArgs,
  roleName: pulumi.Input<string>,
  efaSecurityGroupId?: pulumi.Input<string>,
): AutoModeNodeClassSpec {
  const { storage = {} } = args;
  return {
    role: roleName,
    ...selectors(plan, args, efaSecurityGroupId),
    ephemeralStorage: {
      size: lift(storage.sizeGiB ?? DEFAULT_VOLUME_GIB, gibibytes),
      iops: storage.iops ?? DEFAULT_VOLUME_IOPS,
      throughput: storage.throughput ?? DEFAULT_VOLUME_THROUGHPUT,
      ...(storage.kmsKeyArn === undefined ? {} : { kmsKeyID: storage.kmsKeyArn }),
    },
    ...(args.tags === undefined ? {} : { tags: args.tags }),
  };
}

type Selectors = Pick<
  Ec2NodeClassSpec,
  "subnetSelectorTerms" | "securityGroupSelectorTerms" | "capacityReservationSelectorTerms"
>;

function selectors(
  plan: NodeGroupPlan,
  { cluster, network, capacity }: GpuNodeGroupArgs,
  efaSecurityGroupId: pulumi.Input<string> | undefined,
): Selectors {
  const groups = concat<string>(
    cluster?.securityGroupId === undefined ? [] : [cluster.securityGroupId],
    network?.securityGroupIds ?? [],
    efaSecurityGroupId === undefined ? [] : [efaSecurityGroupId],
  );
  return {
    subnetSelectorTerms: terms(network?.subnetIds ?? []),
    securityGroupSelectorTerms: terms(groups),
    ...(isReserved(plan.capacity)
      ? { capacityReservationSelectorTerms: [{ id: capacity?.reservationId ?? "" }] }
      : {}),
  };
}

function terms(ids: pulumi.Input<pulumi.Input<string>[]>): pulumi.Input<pulumi.Input<SelectorTerm>[]> {
  return lift(ids, (list) => list.map((id) => ({ id })));
}

function blockDevices(plan: NodeGroupPlan, { storage = {} }: GpuNodeGroupArgs): Ec2BlockDevice[] {
  const common = {
    encrypted: true,
    deleteOnTermination: true,
    volumeType: "gp3",
    ...(storage.kmsKeyArn === undefined ? {} : { kmsKeyID: storage.kmsKeyArn }),
  };
  const data = {
    deviceName: plan.ami.dataDevice,
    ebs: {
      ...common,
      volumeSize: lift(storage.sizeGiB ?? DEFAULT_VOLUME_GIB, gibibytes),
      iops: storage.iops ?? DEFAULT_VOLUME_IOPS,
      throughput: storage.throughput ?? DEFAULT_VOLUME_THROUGHPUT,
    },
  };
  if (plan.ami.family === "al2023") return [data];
  return [{ deviceName: "/dev/xvda", ebs: { ...common, volumeSize: "4Gi" } }, data];
}

function gibibytes(count: number): string {
  return `${String(count)}Gi`;
}
