/** What arguments a `GpuNodeGroup` refuses, rule by rule. */
import { requireDnsLabel, requireInteger, requireOneOf, type Report } from "../support/validation.ts";
import { amiFacts, amiTypesFor, defaultAmiType } from "./ami.ts";
import { CAPACITY_RULES } from "./capacity-rules.ts";
import { isPool, provisionerOf, typesOf, type NodeGroupRule } from "./checked-args.ts";
import { CpuArchitecture, similarInstanceTypes, type GpuInstanceType } from "./instance-types.ts";
import { LABEL_RULES } from "./label-rules.ts";
import { MODEL_RULES } from "./model-rules.ts";
import {
  GpuAmiType,
  GpuNodeProvisioner,
  GpuNodeRepairAction,
  GpuNodeUpdateStrategy,
} from "./node-group-args.ts";
import { resolveInstanceType } from "./node-group-plan.ts";
import { POOL_RULES } from "./pool-rules.ts";

/** EKS appends a random suffix to names that end at 63 characters. */
const MAXIMUM_NAME_LENGTH = 48;

const identityRules: NodeGroupRule[] = [
  (args, report) => {
    requireDnsLabel(report, "name", args.name ?? args.componentName, MAXIMUM_NAME_LENGTH);
  },
  (args, report) => {
    requireOneOf(report, "provisioner", args.provisioner, GpuNodeProvisioner);
  },
  (args, report) => {
    if (provisionerOf(args) === GpuNodeProvisioner.Simulated) return;
    if (args.cluster === undefined) {
      report("cluster", undefined, "is required", "name the EKS cluster, or set provisioner to simulated");
    }
    if (args.network === undefined) {
      report("network", undefined, "is required", "give the private subnets of the nodes");
    }
  },
  (args, report) => {
    const { cluster, network } = args;
    if (cluster === undefined || cluster.securityGroupId !== undefined) return;
    const needs = isPool(args)
      ? "a pool selects security groups"
      : args.efa?.enabled === true
        ? "EFA interfaces name their security groups"
        : network?.securityGroupIds !== undefined
          ? "a launch template with security groups replaces the cluster's"
          : undefined;
    if (needs === undefined) return;
    const remedy = `give the cluster's own security group (clusterSecurityGroupId): ${needs}`;
    report("cluster.securityGroupId", undefined, "is required", remedy);
  },
  (args, report) => {
    if (args.network?.subnetIds.length !== 0) return;
    report("network.subnetIds", [], "must name at least one subnet", "give private subnets");
  },
];

const instanceRules: NodeGroupRule[] = [
  ({ instanceTypes, hardware }, report) => {
    if (instanceTypes.length === 0) {
      report("instanceTypes", [], "must name at least one instance type", "write p5.48xlarge, for example");
    }
    instanceTypes.forEach((name, index) => {
      if (resolveInstanceType(name, hardware) !== undefined) return;
      const similar = similarInstanceTypes(name).join(", ");
      const remedy = `spelled like ${similar}; a type that is newer than the table is described by hardware`;
      report(`instanceTypes[${index}]`, name, "is no known GPU instance type", remedy);
    });
  },
  (args, report) => {
    const [first, ...rest] = typesOf(args);
    for (const type of rest) {
      const differences = differencesOf(first, type);
      if (differences.length === 0) continue;
      const reason = `differs from ${first?.name ?? ""} in ${differences.join(" and ")}`;
      report("instanceTypes", type.name, reason, "make a group of its own for it");
    }
  },
  ({ hardware }, report) => {
    if (hardware === undefined) return;
    requireInteger(report, "hardware.gpuCount", hardware.gpuCount, 1);
    requireInteger(report, "hardware.vcpus", hardware.vcpus, 1);
    requireOneOf(report, "hardware.architecture", hardware.architecture, CpuArchitecture);
    for (const field of ["gpuMemoryGiB", "memoryGiB", "computeCapability"] as const) {
      if (hardware[field] > 0) continue;
      report(`hardware.${field}`, hardware[field], "must be above 0", "correct the number");
    }
    if (!/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(hardware.gpuProduct)) {
      const remedy = "write the node's label nvidia.com/gpu.product, such as NVIDIA-L4";
      report("hardware.gpuProduct", hardware.gpuProduct, "must be a label value", remedy);
    }
  },
  (args, report) => {
    const [type] = typesOf(args);
    const { amiType } = args;
    requireOneOf(report, "amiType", amiType, GpuAmiType);
    if (type === undefined || (amiType !== undefined && !Object.values(GpuAmiType).includes(amiType))) return;
    if (provisionerOf(args) === GpuNodeProvisioner.AutoMode && amiType !== undefined) {
      report("amiType", amiType, "can't be chosen in Auto Mode", "leave it out");
      return;
    }
    const chosen = amiType ?? defaultAmiType(type.architecture);
    const possible = amiTypesFor(type.name, type.architecture);
    if (possible.includes(chosen)) return;
    const { architecture } = amiFacts(chosen);
    const reason =
      architecture === type.architecture
        ? `does not support ${type.name}`
        : `is of architecture ${architecture}, ${type.name} of ${type.architecture}`;
    report("amiType", chosen, reason, `use ${possible.join(" or ")}`);
  },
];

function differencesOf(a: GpuInstanceType | undefined, b: GpuInstanceType): string[] {
  if (a === undefined) return [];
  const differences: string[] = [];
  if (a.gpuProduct !== b.gpuProduct) differences.push(`GPU (${a.gpuProduct}, ${b.gpuProduct})`);
  if (a.gpuCount !== b.gpuCount) differences.push(`number of GPUs (${a.gpuCount}, ${b.gpuCount})`);
  if (a.architecture !== b.architecture) {
    differences.push(`architecture (${a.architecture}, ${b.architecture})`);
  }
  return differences;
}

const storageRules: NodeGroupRule[] = [
  ({ storage }, report) => {
    requireRange(report, "storage.sizeGiB", storage?.sizeGiB, 20, 65_536);
  },
  ({ storage }, report) => {
    requireRange(report, "storage.iops", storage?.iops, 3000, 80_000);
  },
  ({ storage }, report) => {
    requireRange(report, "storage.throughput", storage?.throughput, 125, 2000);
  },
  ({ storage }, report) => {
    const { iops = 3000, throughput = 500 } = storage ?? {};
    if (throughput <= iops / 4) return;
    const remedy = `set storage.iops to ${throughput * 4} or more`;
    report("storage.throughput", throughput, `needs an operation per 0.25 MiB/s, ${iops} are given`, remedy);
  },
  ({ storage }, report) => {
    const { iops = 3000, sizeGiB = 200 } = storage ?? {};
    if (iops <= 500 * sizeGiB) return;
    const remedy = `set storage.sizeGiB to ${Math.ceil(iops / 500)} or more`;
    report("storage.iops", iops, `must be at most 500 per GiB of ${sizeGiB} GiB`, remedy);
  },
  (args, report) => {
    if (args.storage?.useInstanceStore !== true) return;
    if (provisionerOf(args) === GpuNodeProvisioner.AutoMode) {
      report("storage.useInstanceStore", true, "can't be chosen in Auto Mode", "leave it out");
      return;
    }
    for (const { name, instanceStoreGB } of typesOf(args)) {
      if (instanceStoreGB > 0) continue;
      const reason = `needs an instance store, ${name} has none`;
      report("storage.useInstanceStore", true, reason, "leave it out and choose storage.sizeGiB");
    }
  },
];

function requireRange(
  report: Report,
  path: string,
  value: number | undefined,
  least: number,
  most: number,
): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
  report(path, value, `must be a whole number from ${least} to ${most}`, "correct the number");
}

const efaRules: NodeGroupRule[] = [
  (args, report) => {
    if (args.efa?.enabled !== true) {
      if (args.efa?.interfaces === undefined) return;
      report("efa.interfaces", args.efa.interfaces, "has no effect without efa.enabled", "set efa.enabled");
      return;
    }
    const [type] = typesOf(args);
    if (type === undefined) return;
    if (type.efaCards.length === 0) {
      const remedy = "leave efa out, or use a larger type of the family";
      report("efa.enabled", true, `needs EFA, ${type.name} has none`, remedy);
      return;
    }
    const { interfaces } = args.efa;
    requireInteger(report, "efa.interfaces", interfaces, 1);
    if (interfaces === undefined || interfaces <= type.efaCards.length) return;
    const reason = `is more than the ${type.efaCards.length} of ${type.name}`;
    report("efa.interfaces", interfaces, reason, "lower it or leave it out");
  },
  (args, report) => {
    if (args.efa?.enabled !== true || provisionerOf(args) === GpuNodeProvisioner.Simulated) return;
    if (args.cluster === undefined || args.cluster.vpcId !== undefined) return;
    const remedy = "give the cluster's VPC; EFA traffic needs a security group of its own";
    report("cluster.vpcId", undefined, "is required with EFA", remedy);
  },
  (args, report) => {
    const isManaged = provisionerOf(args) === GpuNodeProvisioner.Managed;
    if (isManaged || args.efa === undefined) return;
    const fields = ["interfaces", "placementGroup"] as const;
    for (const field of fields) {
      if (args.efa[field] === undefined) continue;
      const remedy = "leave it out; pods get EFA by requesting vpc.amazonaws.com/efa";
      report(`efa.${field}`, args.efa[field], "is of managed node groups", remedy);
    }
  },
];

const roleRules: NodeGroupRule[] = [
  ({ nodeRole }, report) => {
    const arn = nodeRole?.arn;
    if (arn === undefined || /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(arn)) return;
    report("nodeRole.arn", arn, "is no ARN of a role", "write arn:aws:iam::<account>:role/<name>");
  },
  ({ nodeRole }, report) => {
    if (nodeRole?.arn === undefined) return;
    const fields = [
      "path",
      "permissionsBoundaryArn",
      "allowSessionManager",
      "allowNetworkInterfaces",
      "policyArns",
    ] as const;
    for (const field of fields) {
      if (nodeRole[field] === undefined) continue;
      const remedy = "leave it out, or leave nodeRole.arn out";
      report(`nodeRole.${field}`, nodeRole[field], "is for an own role", remedy);
    }
  },
  ({ nodeRole }, report) => {
    const partitions = { aws: "aws", china: "aws-cn", government: "aws-us-gov" };
    requireOneOf(report, "nodeRole.partition", nodeRole?.partition, partitions);
  },
];

const managedRules: NodeGroupRule[] = [
  (args, report) => {
    if (provisionerOf(args) === GpuNodeProvisioner.Managed) return;
    for (const field of ["managed", "repair"] as const) {
      if (args[field] === undefined || Object.keys(args[field]).length === 0) continue;
      report(field, Object.keys(args[field]), "is of managed node groups", "leave it out");
    }
  },
  ({ managed }, report) => {
    requireOneOf(report, "managed.updateStrategy", managed?.updateStrategy, GpuNodeUpdateStrategy);
  },
  ({ managed }, report) => {
    requireRange(report, "managed.maxUnavailable", managed?.maxUnavailable, 1, 100);
  },
  ({ repair }, report) => {
    requireInteger(report, "repair.maxParallel", repair?.maxParallel, 1);
  },
  ({ repair }, report) => {
    requireInteger(report, "repair.maxUnhealthy", repair?.maxUnhealthy, 1);
  },
  ({ repair }, report) => {
    (repair?.overrides ?? []).forEach(({ waitMinutes, action }, index) => {
      const path = `repair.overrides[${index}]`;
      requireInteger(report, `${path}.waitMinutes`, waitMinutes, 1);
      requireOneOf(report, `${path}.action`, action, GpuNodeRepairAction);
    });
  },
];

/** Every rule; each reads few arguments, because one that reads a pending value is put off as a whole. */
export const RULES: NodeGroupRule[] = [
  ...identityRules,
  ...instanceRules,
  ...CAPACITY_RULES,
  ...storageRules,
  ...efaRules,
  ...roleRules,
  ...LABEL_RULES,
  ...managedRules,
  ...POOL_RULES,
  ...MODEL_RULES,
];
