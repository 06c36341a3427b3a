import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";

import { GpuNodeGroup, type GpuNodeGroupArgs } from "../../../../components/gpu-node-group.ts";
import { RULES } from "../../../../components/gpu/node-group-rules.ts";
import { findings, type Finding } from "../../../../components/support/validation.ts";
import { runWithMocks } from "../../../support/mocks.ts";

/** Anything may be wrong in the arguments of these tests. */
type Wrong = Record<string, unknown>;

const base = {
  cluster: { name: "vllm-prod", securityGroupId: "sg-0c1a", vpcId: "vpc-0a1b" },
  network: { subnetIds: ["subnet-0a1b"] },
  instanceTypes: ["p5.48xlarge"],
  scaling: { min: 0, max: 4 },
};
const karpenter = { provisioner: "karpenter", pool: { amiVersion: "v20261101" } };
const groupArn = "arn:aws:resource-groups:eu-central-1:111122223333:group/gpus";
const roleArn = "arn:aws:iam::111122223333:role/nodes";
const block = { kind: "capacity-block", reservationId: "cr-0123456789abcdef0" };

function check(args: Wrong, without: string[] = []): Finding[] {
  const all: Wrong = { componentName: "gpu", ...base, ...args };
  const kept = Object.fromEntries(Object.entries(all).filter(([key]) => !without.includes(key)));
  return findings(kept as never, RULES);
}

describe("GpuNodeGroup accepts", () => {
  it.each<[string, Wrong]>([
    ["the least there can be", {}],
    ["Karpenter", karpenter],
    ["Karpenter with the newest image", { ...karpenter, pool: { amiVersion: "latest" } }],
    ["Auto Mode", { provisioner: "auto-mode" }],
    ["several equal types", { instanceTypes: ["g6.xlarge", "g6.2xlarge", "gr6.4xlarge"] }],
    ["a subnet per zone", { network: { subnetIds: ["subnet-0a", "subnet-0b"] } }],
    ["all values of labels", { labels: { a: "", "example.com/b": "x.y_z-1", "node.kubernetes.io/c": "d" } }],
    ["no taints", { taints: [] }],
    [
      "a bounded pool that never expires",
      { ...karpenter, pool: { amiVersion: "latest", expireAfter: "Never" } },
    ],
  ])("%s", (_, args) => {
    expect(check(args)).toEqual([]);
  });

  it("simulated nodes without a cluster", () => {
    expect(check({ provisioner: "simulated" }, ["cluster", "network"])).toEqual([]);
  });
});

describe("GpuNodeGroup refuses", () => {
  it.each<[path: string, reason: string, args: Wrong]>([
    // Identity
    ["name", "must be a DNS label", { name: "GPU_1" }],
    ["name", "must be a DNS label", { componentName: "x".repeat(49) }],
    ["provisioner", "must be one of", { provisioner: "asg" }],
    ["network.subnetIds", "at least one subnet", { network: { subnetIds: [] } }],
    ["cluster.securityGroupId", "is required", { ...karpenter, cluster: { name: "c" } }],
    ["cluster.securityGroupId", "is required", { provisioner: "auto-mode", cluster: { name: "c" } }],
    [
      "cluster.securityGroupId",
      "is required",
      { cluster: { name: "c", vpcId: "v" }, efa: { enabled: true } },
    ],
    [
      "cluster.securityGroupId",
      "is required",
      { cluster: { name: "c" }, network: { subnetIds: ["s"], securityGroupIds: ["sg"] } },
    ],
    // Instance types and images
    ["instanceTypes", "at least one instance type", { instanceTypes: [] }],
    ["instanceTypes[0]", "is no known GPU instance type", { instanceTypes: ["p5.48xlrage"] }],
    ["instanceTypes[1]", "is no known GPU instance type", { instanceTypes: ["p5.48xlarge", "m7i.large"] }],
    ["instanceTypes", "differs from g6.xlarge in GPU", { instanceTypes: ["g6.xlarge", "g5.xlarge"] }],
    ["instanceTypes", "number of GPUs (1, 4)", { instanceTypes: ["g6.xlarge", "g6.12xlarge"] }],
    ["instanceTypes", "architecture (amd64, arm64)", { instanceTypes: ["g4dn.xlarge", "g5g.xlarge"] }],
    ["amiType", "must be one of", { amiType: "AL2_x86_64_GPU" }],
    ["amiType", "is of architecture arm64, p5.48xlarge of amd64", { amiType: "AL2023_ARM_64_NVIDIA" }],
    [
      "amiType",
      "is of architecture amd64, g5g.xlarge of arm64",
      { instanceTypes: ["g5g.xlarge"], amiType: "BOTTLEROCKET_x86_64_NVIDIA" },
    ],
    [
      "amiType",
      "does not support p6e-gb200.36xlarge",
      { instanceTypes: ["p6e-gb200.36xlarge"], amiType: "BOTTLEROCKET_ARM_64_NVIDIA" },
    ],
    ["amiType", "Auto Mode", { provisioner: "auto-mode", amiType: "AL2023_x86_64_NVIDIA" }],
    ["hardware.gpuCount", "whole number", { hardware: hardware({ gpuCount: 0 }) }],
    ["hardware.vcpus", "whole number", { hardware: hardware({ vcpus: 1.5 }) }],
    ["hardware.memoryGiB", "above 0", { hardware: hardware({ memoryGiB: 0 }) }],
    ["hardware.computeCapability", "above 0", { hardware: hardware({ computeCapability: 0 }) }],
    ["hardware.architecture", "must be one of", { hardware: hardware({ architecture: "x86_64" }) }],
    ["hardware.gpuProduct", "label value", { hardware: hardware({ gpuProduct: "NVIDIA H100" }) }],
    // Scaling
    ["scaling.max", "at least 1", { scaling: { max: 0 } }],
    ["scaling.min", "at least 0", { scaling: { min: -1, max: 1 } }],
    ["scaling.min", "at most scaling.max (1)", { scaling: { min: 2, max: 1 } }],
    [
      "scaling.desired",
      "from scaling.min (1) to scaling.max (3)",
      { scaling: { min: 1, max: 3, desired: 4 } },
    ],
    ["scaling.desired", "managed node groups", { ...karpenter, scaling: { max: 3, desired: 1 } }],
    ["scaling.min", "must be 0", { ...karpenter, scaling: { min: 1, max: 3 } }],
    [
      "scaling.min",
      "at least 1",
      { ...karpenter, pool: { amiVersion: "latest", staticCapacity: true }, scaling: { max: 3 } },
    ],
    // Capacity
    ["capacity.kind", "must be one of", { capacity: { kind: "reserved" } }],
    ["capacity.reservationId", "is required", { capacity: { kind: "capacity-reservation" } }],
    ["capacity.reservationId", "is required", { capacity: { kind: "capacity-block" } }],
    ["capacity.reservationId", "is no reservation", { capacity: { ...block, reservationId: "i-0123" } }],
    [
      "capacity.reservationId",
      "no effect with on-demand",
      { capacity: { reservationId: "cr-0123456789abcdef0" } },
    ],
    [
      "capacity.startTime",
      "no effect with spot",
      { capacity: { kind: "spot", startTime: "2026-12-01T11:30:00Z" } },
    ],
    [
      "capacity.reservationGroupArn",
      "excludes capacity.reservationId",
      { capacity: { ...block, kind: "capacity-reservation", reservationGroupArn: groupArn } },
    ],
    [
      "capacity.reservationGroupArn",
      "capacity reservations of managed groups",
      { capacity: { kind: "capacity-block", reservationGroupArn: groupArn } },
    ],
    [
      "capacity.reservationGroupArn",
      "capacity reservations of managed groups",
      { ...karpenter, capacity: { kind: "capacity-reservation", reservationGroupArn: groupArn } },
    ],
    [
      "capacity.reservationGroupArn",
      "is no ARN",
      { capacity: { kind: "capacity-reservation", reservationGroupArn: "gpus" } },
    ],
    [
      "network.subnetIds",
      "a reservation is in one zone",
      { capacity: block, network: { subnetIds: ["subnet-0a", "subnet-0b"] } },
    ],
    [
      "instanceTypes",
      "must be one with capacity-reservation",
      { instanceTypes: ["g6.xlarge", "g6.2xlarge"], capacity: { ...block, kind: "capacity-reservation" } },
    ],
    [
      "instanceTypes",
      "must be one with EFA",
      { instanceTypes: ["p5e.48xlarge", "p5en.48xlarge"], efa: { enabled: true } },
    ],
    ["capacity.kind", "is not sold for g6.xlarge", { instanceTypes: ["g6.xlarge"], capacity: block }],
    [
      "capacity.kind",
      "is not offered for p6e-gb200.36xlarge",
      { instanceTypes: ["p6e-gb200.36xlarge"], capacity: { kind: "spot" } },
    ],
    [
      "capacity.startTime",
      "is for Capacity Blocks",
      { capacity: { ...block, kind: "capacity-reservation", ...span("11", "15") } },
    ],
    [
      "capacity.startTime",
      "managed node groups",
      { ...karpenter, capacity: { ...block, ...span("11", "15") } },
    ],
    [
      "capacity.startTime",
      "time in UTC",
      { capacity: { ...block, ...span("11", "15"), startTime: "tomorrow" } },
    ],
    ["capacity.endTime", "time in UTC", { capacity: { ...block, startTime: "2026-12-01T11:30:00Z" } }],
    ["capacity.endTime", "more than an hour after", { capacity: { ...block, ...span("11", "12") } }],
    [
      "scaling.min",
      "must be 0 with capacity.startTime",
      { capacity: { ...block, ...span("11", "15") }, scaling: { min: 1, max: 2 } },
    ],
    // Storage
    ["storage.sizeGiB", "from 20 to 65536", { storage: { sizeGiB: 8 } }],
    ["storage.iops", "from 3000 to 80000", { storage: { iops: 100 } }],
    ["storage.throughput", "from 125 to 2000", { storage: { throughput: 4000, iops: 16_000 } }],
    ["storage.throughput", "0.25 MiB/s", { storage: { throughput: 1000 } }],
    ["storage.iops", "at most 500 per GiB", { storage: { sizeGiB: 20, iops: 12_000 } }],
    ["storage.useInstanceStore", "g5g.xlarge has none", instanceStore("g5g.xlarge")],
    [
      "storage.useInstanceStore",
      "Auto Mode",
      { provisioner: "auto-mode", storage: { useInstanceStore: true } },
    ],
    // EFA
    ["efa.enabled", "g6.xlarge has none", { instanceTypes: ["g6.xlarge"], efa: { enabled: true } }],
    ["efa.interfaces", "is more than the 32 of p5.48xlarge", { efa: { enabled: true, interfaces: 33 } }],
    ["efa.interfaces", "at least 1", { efa: { enabled: true, interfaces: 0 } }],
    ["efa.interfaces", "no effect without efa.enabled", { efa: { interfaces: 4 } }],
    ["efa.interfaces", "managed node groups", { ...karpenter, efa: { enabled: true, interfaces: 4 } }],
    ["efa.placementGroup", "managed node groups", { ...karpenter, efa: { placementGroup: "pg" } }],
    [
      "cluster.vpcId",
      "is required with EFA",
      { cluster: { name: "c", securityGroupId: "sg" }, efa: { enabled: true } },
    ],
    // Role
    ["nodeRole.arn", "is no ARN of a role", { nodeRole: { arn: "nodes" } }],
    [
      "nodeRole.allowSessionManager",
      "is for an own role",
      { nodeRole: { arn: roleArn, allowSessionManager: true } },
    ],
    ["nodeRole.policyArns", "is for an own role", { nodeRole: { arn: roleArn, policyArns: [] } }],
    ["nodeRole.partition", "must be one of", { nodeRole: { partition: "aws-mars" } }],
    // Labels and taints
    ['labels["-a"]', "is no key", { labels: { "-a": "b" } }],
    ['labels["A/b/c"]', "is no key", { labels: { "A/b/c": "d" } }],
    ['labels["a"]', "is no label value", { labels: { a: "b c" } }],
    [
      'labels["nvidia.com/gpu.product"]',
      "written by the component",
      { labels: { "nvidia.com/gpu.product": "x" } },
    ],
    [
      'labels["kubernetes.io/role"]',
      "a domain that nodes can't write",
      { labels: { "kubernetes.io/role": "x" } },
    ],
    ['labels["x.k8s.io/a"]', "a domain that nodes can't write", { labels: { "x.k8s.io/a": "x" } }],
    ['labels["karpenter.sh/a"]', "a domain that nodes can't write", { labels: { "karpenter.sh/a": "x" } }],
    ["taints[0].key", "is no key", { taints: [{ key: "", effect: "NoSchedule" }] }],
    ["taints[0].effect", "must be one of", { taints: [{ key: "a", effect: "NO_SCHEDULE" }] }],
    ["taints[0].value", "is no taint value", { taints: [{ key: "a", value: "b c", effect: "NoSchedule" }] }],
    ["taints[1]", "is there twice", { taints: [taint("a"), taint("a")] }],
    [
      "taints",
      "at most 50",
      { taints: Array.from({ length: 51 }, (_, index) => taint(`t${String(index)}`)) },
    ],
    // Managed node groups
    ["managed", "managed node groups", { ...karpenter, managed: { maxUnavailable: 1 } }],
    ["repair", "managed node groups", { provisioner: "auto-mode", repair: { enabled: false } }],
    ["managed.updateStrategy", "must be one of", { managed: { updateStrategy: "ROLLING" } }],
    ["managed.maxUnavailable", "from 1 to 100", { managed: { maxUnavailable: 0 } }],
    ["repair.maxParallel", "at least 1", { repair: { maxParallel: 0 } }],
    ["repair.maxUnhealthy", "at least 1", { repair: { maxUnhealthy: 0.5 } }],
    [
      "repair.overrides[0].action",
      "must be one of",
      { repair: { overrides: [override({ action: "Kill" })] } },
    ],
    [
      "repair.overrides[0].waitMinutes",
      "at least 1",
      { repair: { overrides: [override({ waitMinutes: 0 })] } },
    ],
    // Pools
    ["pool", "Karpenter and Auto Mode", { pool: { weight: 1 } }],
    ["pool.amiVersion", "must be a release", { provisioner: "karpenter" }],
    ["pool.amiVersion", "must be a release", { provisioner: "karpenter", pool: { amiVersion: "1.52.0" } }],
    [
      "pool.amiVersion",
      "must be a release",
      { ...karpenter, amiType: "BOTTLEROCKET_x86_64_NVIDIA", pool: { amiVersion: "v20261101" } },
    ],
    ["pool.amiVersion", "Auto Mode", { provisioner: "auto-mode", pool: { amiVersion: "latest" } }],
    ["pool.consolidateAfter", "duration", pool({ consolidateAfter: "soon" })],
    ["pool.expireAfter", "duration", pool({ expireAfter: "30d" })],
    ["pool.expireAfter", "at most 504h", { provisioner: "auto-mode", pool: { expireAfter: "505h" } }],
    ["pool.expireAfter", "at most 504h", { provisioner: "auto-mode", pool: { expireAfter: "Never" } }],
    ["pool.terminationGracePeriod", "duration", pool({ terminationGracePeriod: "Never" })],
    ["pool.disruptionBudget", "percentage", pool({ disruptionBudget: "110%" })],
    ["pool.weight", "at most 100", pool({ weight: 101 })],
    [
      "pool.weight",
      "static pools",
      { ...pool({ weight: 1, staticCapacity: true }), scaling: { min: 1, max: 2 } },
    ],
    // Models
    ["models[0].weightFormat", "must be one of", model({ weightFormat: "fp6" })],
    ["models[0].kvCacheFormat", "must be one of", model({ kvCacheFormat: "int4" })],
    ["models[0].parametersBillion", "above 0", model({ parametersBillion: 0 })],
    ["models[0].tensorParallel", "at least 1", model({ tensorParallel: 0 })],
    ["models[0].gpuMemoryUtilization", "at most 1", model({ gpuMemoryUtilization: 92 })],
    ["models[0].overheadGiB", "must not be negative", model({ overheadGiB: -1 })],
    ["models[0].parametersBillion", "of llama needs weights 131.4", model({ tensorParallel: 1 })],
    ["models[0].tensorParallel", "16 GPUs, p5.48xlarge has 8", model({ tensorParallel: 16 })],
    [
      "models[0].weightFormat",
      "needs compute capability 8.9, p4de.24xlarge has 8.0",
      { ...model({ weightFormat: "fp8" }), instanceTypes: ["p4de.24xlarge"] },
    ],
    ["models[0].nodes", "is more than scaling.max (4)", model({ nodes: 5 })],
  ])("%s: %s", (path, reason, args) => {
    const found = check(args);
    const one = found.find((finding) => finding.path === path && finding.reason.includes(reason));
    expect(one, JSON.stringify(found)).toBeDefined();
    expect(one?.remedy.length).toBeGreaterThan(5);
  });

  it("a managed group without cluster or network", () => {
    expect(check({}, ["cluster", "network"]).map(({ path }) => path)).toEqual(["cluster", "network"]);
  });

  it("a model that doesn't fit, and says what would work", () => {
    const [finding] = check(model({ tensorParallel: 1 }));
    expect(finding?.remedy).toBe(
      "would work: tensorParallel 2; or p6-b200.48xlarge, p6-b300.48xlarge, p6e-gb200.36xlarge",
    );
  });

  it("all at once, with the component's name", async () => {
    const args = { ...base, instanceTypes: ["p5.48xlrage"], scaling: { max: 0 } } as GpuNodeGroupArgs;
    await expect(runWithMocks(() => new GpuNodeGroup("gpu", args))).rejects.toThrow(
      /GpuNodeGroup "gpu":\n {2}instanceTypes\[0\] .*spelled like p5\.48xlarge.*\n {2}scaling\.max /s,
    );
  });

  it("simulated nodes whose number comes later", async () => {
    const args: GpuNodeGroupArgs = {
      provisioner: "simulated",
      instanceTypes: ["g6.xlarge"],
      scaling: { min: pulumi.output(1), max: 2 },
    };
    await expect(runWithMocks(() => new GpuNodeGroup("gpu", args))).rejects.toThrow("plain number");
  });
});

function hardware(change: Wrong): Wrong {
  return {
    gpuProduct: "NVIDIA-R100",
    gpuCount: 8,
    gpuMemoryGiB: 288,
    computeCapability: 11,
    vcpus: 192,
    memoryGiB: 2048,
    ...change,
  };
}

function span(from: string, to: string): Wrong {
  return { startTime: `2026-12-01T${from}:30:00Z`, endTime: `2026-12-01T${to}:30:00Z` };
}

function instanceStore(instanceType: string): Wrong {
  return { instanceTypes: [instanceType], storage: { useInstanceStore: true } };
}

function taint(key: string): Wrong {
  return { key, effect: "NoSchedule" };
}

function override(change: Wrong): Wrong {
  return { condition: "a", reason: "b", waitMinutes: 1, action: "Reboot", ...change };
}

function pool(change: Wrong): Wrong {
  return { provisioner: "karpenter", pool: { amiVersion: "latest", ...change } };
}

function model(change: Wrong): Wrong {
  const one = {
    name: "llama",
    parametersBillion: 70.55,
    weightFormat: "bfloat16",
    tensorParallel: 4,
    ...change,
  };
  return { models: [one] };
}
