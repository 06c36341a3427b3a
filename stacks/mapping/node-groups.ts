/** From settings to node groups and their cluster, and back from findings to settings. */
import type { EksClusterArgs } from "../../components/eks/args.ts";
import { gpuInstanceTypes, type GpuInstanceType } from "../../components/gpu/instance-types.ts";
import {
  GpuNodeProvisioner,
  type GpuModelArgs,
  type GpuNodeClusterArgs,
  type GpuNodeGroupArgs,
} from "../../components/gpu/node-group-args.ts";
import { GpuKvCacheFormat } from "../../components/gpu/fit.ts";
import type { EksSettings } from "../config/cluster.ts";
import type { ModelSettings } from "../config/model.ts";
import { gpusPerPod } from "../config/replicas.ts";
import { gpuProducts, type GpuKind, type NodeGroupSettings } from "../config/node-groups.ts";
import type { MadeProvision } from "../config/provision.ts";
import type { Settings } from "../config/settings.ts";
import { defined, given, inOrder } from "./fields.ts";
import { formatOf } from "./load-time.ts";

/** A group with GPUs. */
export type GpuGroupSettings = NodeGroupSettings & { gpu: NonNullable<NodeGroupSettings["gpu"]> };

/** What a cluster tells the node groups that join it. */
export interface NodeGroupSite {
  cluster: GpuNodeClusterArgs;
  subnetIds: NonNullable<GpuNodeGroupArgs["network"]>["subnetIds"];
}

export function hasGpus(group: NodeGroupSettings): group is GpuGroupSettings {
  return group.gpu !== undefined;
}

/** By what means the stack makes the nodes; undefined: it doesn't. */
export function provisionerOf(group: NodeGroupSettings, settings: Settings): GpuNodeProvisioner | undefined {
  if (!hasGpus(group)) return undefined;
  const { cluster } = settings;
  if (cluster.kind === "embedded") return cluster.simulateNodes ? GpuNodeProvisioner.Simulated : undefined;
  return group.provision.kind === "existing" ? undefined : group.provision.kind;
}

/** Whether the stack makes machines in AWS. */
export function makesMachines(settings: Settings): boolean {
  return (
    settings.cluster.kind === "new-eks" ||
    settings.nodeGroups.some(({ provision }) => provision.kind !== "existing")
  );
}

/** A model with the place of its settings. */
interface PlacedModel {
  index: number;
  args: GpuModelArgs;
}

/** Models that are to run on the group and whose size is told. */
export function modelsOn(group: GpuGroupSettings, settings: Settings): PlacedModel[] {
  return settings.fleet.models.flatMap((model, index) => {
    const args = modelRequirements(model);
    const runsHere = model.gpu.kind === group.gpu.kind && gpusPerNode(model) <= group.gpu.count;
    return args === undefined || !runsHere ? [] : [{ index, args }];
  });
}

/** GPUs that the model takes of one node. */
export function gpusPerNode(
  model: Pick<ModelSettings, "gpu" | "nodes" | "engine" | "pipelineParallelSize">,
): number {
  return gpusPerPod(model);
}

/** What the fit is calculated from; undefined where the settings don't tell the model's size. */
export function modelRequirements(model: ModelSettings): GpuModelArgs | undefined {
  const { size } = model;
  if (size === undefined) return undefined;
  const format = formatOf(model);
  if (format === undefined) return undefined;
  return {
    ...defined(size),
    name: model.name,
    weightFormat: format,
    tensorParallel: model.tensorParallelSize,
    pipelineParallel: model.pipelineParallelSize,
    dataParallel: model.dataParallelSize,
    nodes: model.nodes,
    maxLength: model.maxModelLength,
    kvCacheFormat:
      model.kvCacheDtype?.startsWith("fp8") === true ? GpuKvCacheFormat.Fp8 : GpuKvCacheFormat.SixteenBit,
    ...given("gpuMemoryUtilization", model.gpuMemoryUtilization),
  };
}

/**
 * Arguments of a group that the stack makes. The models are left out: the configuration's check has seen that they fit, and
 * a new model should change nothing of the nodes.
 */
export function gpuNodeGroupArgs(
  group: GpuGroupSettings,
  settings: Settings,
  site: NodeGroupSite | undefined,
): GpuNodeGroupArgs {
  const shared = {
    name: group.name,
    labels: group.labels,
    taints: inOrder(group.taints, ({ key, effect }) => `${key}:${effect}`).map((taint) => defined(taint)),
  };
  const { provision } = group;
  if (settings.cluster.kind === "embedded" || provision.kind === "existing" || site === undefined)
    return {
      ...shared,
      provisioner: GpuNodeProvisioner.Simulated,
      instanceTypes: [typeOf(group).name],
      ...given("hardware", hardwareOf(group)),
      // Nothing scales simulated nodes: there are as many as there may be.
      scaling: { min: group.minSize, max: group.maxSize, desired: group.maxSize },
    };
  return {
    ...shared,
    provisioner: provision.kind,
    cluster: site.cluster,
    network: {
      subnetIds: provision.subnetIds === undefined ? site.subnetIds : inOrder(provision.subnetIds, String),
    },
    instanceTypes: [group.instanceType ?? "", ...provision.additionalInstanceTypes],
    scaling: { min: group.minSize, max: group.maxSize, ...given("desired", group.desiredSize) },
    capacity: capacityArgs(group, provision),
    nodeRole: defined(provision.role),
    tags: { "vllm-monitoring:environment": settings.environment },
    ...machineArgs(provision),
  };
}

function capacityArgs(
  group: NodeGroupSettings,
  { reservation }: MadeProvision,
): GpuNodeGroupArgs["capacity"] {
  const fields: { id?: string | undefined; resourceGroupArn?: string | undefined } & Record<string, unknown> =
    reservation ?? {};
  const { id, resourceGroupArn, ...times } = fields;
  return {
    kind: group.capacityType,
    ...given("reservationId", id),
    ...given("reservationGroupArn", resourceGroupArn),
    ...defined(times),
  };
}

/** What each provisioner alone knows. */
function machineArgs(provision: MadeProvision): Partial<GpuNodeGroupArgs> {
  const storage = defined(provision.disk);
  switch (provision.kind) {
    case "managed": {
      const { amiType, autoRepair, updateStrategy, maxUnavailable, releaseVersion, kubernetesVersion } =
        provision;
      return {
        storage,
        efa: defined(provision.efa),
        repair: { enabled: autoRepair },
        managed: defined({ updateStrategy, maxUnavailable, releaseVersion, kubernetesVersion }),
        ...given("amiType", amiType),
      };
    }
    case "karpenter":
      return {
        storage,
        efa: provision.efa,
        pool: { amiVersion: provision.amiVersion, ...poolArgs(provision) },
        ...given("amiType", provision.amiType),
      };
    case "auto-mode":
      return { storage, efa: provision.efa, pool: poolArgs(provision) };
  }
}

function poolArgs(provision: Exclude<MadeProvision, { kind: "managed" }>): GpuNodeGroupArgs["pool"] {
  const { staticCapacity, consolidateAfter, expireAfter, terminationGracePeriod, disruptionBudget, weight } =
    provision;
  return {
    staticCapacity,
    ...defined({ consolidateAfter, expireAfter, terminationGracePeriod, disruptionBudget, weight }),
  };
}

/** The group's instance type, or one with the same kind of GPU where the group names none that is known. */
function typeOf(group: GpuGroupSettings): Pick<GpuInstanceType, "name"> {
  const name = group.instanceType ?? "";
  return gpuInstanceTypes.get(name) ?? { name: name === "" ? `any ${group.gpu.kind} node` : name };
}

/** The machine of a simulated or existing group that the table of instance types lacks, from others with its GPUs. */
function hardwareOf({ instanceType = "", gpu }: GpuGroupSettings): GpuNodeGroupArgs["hardware"] {
  if (gpuInstanceTypes.has(instanceType)) return undefined;
  const like = nearestType(gpu.kind, gpu.count);
  if (like === undefined) return undefined;
  return {
    gpuProduct: gpuProducts[gpu.kind],
    gpuCount: gpu.count,
    gpuMemoryGiB: like.gpuMemoryGiB,
    computeCapability: like.computeCapability,
    vcpus: like.vcpus,
    memoryGiB: like.memoryGiB,
  };
}

function nearestType(kind: GpuKind, count: number): GpuInstanceType | undefined {
  const ofKind = [...gpuInstanceTypes.values()].filter(({ gpuKind }) => gpuKind === kind);
  return ofKind.find(({ gpuCount }) => gpuCount >= count) ?? ofKind.at(-1);
}

/** Arguments of the cluster that the node groups join. */
export function eksClusterArgs(settings: Settings & { cluster: EksSettings }): EksClusterArgs {
  const { cluster, nodeGroups } = settings;
  if (cluster.kind === "eks") {
    const { network } = cluster;
    return {
      existing: {
        name: cluster.name,
        endpoint: cluster.endpoint,
        certificateAuthority: cluster.certificateAuthorityData,
        securityGroupId: network?.clusterSecurityGroupId ?? "",
        vpcId: network?.vpcId ?? "",
        privateSubnetIds: inOrder(network?.privateSubnetIds ?? [], String),
      },
      ...cluster.addons,
    };
  }
  const system = nodeGroups.find((group) => !hasGpus(group));
  return {
    name: cluster.name,
    network: { cidr: cluster.cidr, zones: cluster.zones, natGateways: cluster.natGateways },
    endpoint: { publicCidrs: inOrder(cluster.publicCidrs, String) },
    access: inOrder(cluster.access, ({ name }) => name),
    autoMode: cluster.autoMode,
    deletionProtection: cluster.deletionProtection,
    ...given("kubernetesVersion", cluster.kubernetesVersion),
    ...given("systemNodes", system === undefined || cluster.autoMode ? undefined : systemNodes(system)),
    tags: { "vllm-monitoring:environment": settings.environment },
  };
}

function systemNodes(group: NodeGroupSettings): EksClusterArgs["systemNodes"] {
  return {
    min: group.minSize,
    max: group.maxSize,
    ...given("instanceTypes", group.instanceType === undefined ? undefined : [group.instanceType]),
  };
}
