/** Node groups, their cluster and the models' sizes: what the configuration refuses, and where it says so. */
import { describe, expect, test } from "vitest";
import { componentProblems } from "../../../stacks/configuration.ts";
import { change, environments, newCluster, problemsOf, said, settingsOf, valuesOf } from "./support.ts";

type Changes = [path: string, value: unknown][];

function problemsAfter(changes: Changes, environment = "prod") {
  const values = valuesOf(environment);
  for (const [path, value] of changes) change(values, path, value);
  return said(problemsOf(values));
}

/** What the components refuse of a configuration that the schema takes. */
function refusedAfter(changes: Changes, environment = "prod") {
  return said(componentProblems(settingsOf(environment, changes).settings));
}

const onNewCluster: Changes = [["cluster", newCluster]];
const managed = { kind: "managed" };
const group = "nodeGroups[0]";

interface Case {
  path: string;
  value: unknown;
  expected: RegExp;
  at?: string;
}

describe("fields of a node group's provision", () => {
  const cases: Case[] = [
    {
      path: `${group}.provision.kind`,
      value: "terraform",
      expected: /existing, managed, karpenter, auto-mode/,
    },
    { path: `${group}.provision.amiType`, value: "AL2_x86_64_GPU", expected: /AL2023_x86_64_NVIDIA/ },
    { path: `${group}.provision.subnetIds`, value: [], expected: /at least one subnet/ },
    { path: `${group}.provision.subnetIds[0]`, value: "10.0.0.0/24", expected: /id of a subnet/ },
    { path: "nodeGroups[3].provision.additionalInstanceTypes[0]", value: "P5", expected: /instance type/ },
    { path: `${group}.provision.reservation.id`, value: "reserved", expected: /capacity reservation/ },
    { path: `${group}.provision.reservation.resourceGroupArn`, value: "group", expected: /resource group/ },
    { path: `${group}.provision.reservation.startTime`, value: "tomorrow", expected: /time in UTC/ },
    { path: `${group}.provision.reservation.endTime`, value: "tomorrow", expected: /time in UTC/ },
    { path: `${group}.provision.disk.sizeGiB`, value: 10, expected: /from 20/ },
    { path: `${group}.provision.disk.iops`, value: 100, expected: /from 3000/ },
    { path: `${group}.provision.disk.throughput`, value: 5000, expected: /2000 MiB/ },
    { path: `${group}.provision.disk.kmsKeyArn`, value: "key", expected: /KMS key/ },
    { path: `${group}.provision.disk.useInstanceStore`, value: "yes", expected: /true or false/ },
    {
      path: `${group}.provision.efa`,
      value: { enabled: "yes" },
      at: `${group}.provision.efa.enabled`,
      expected: /true or false/,
    },
    {
      path: `${group}.provision.efa`,
      value: { interfaces: 0 },
      at: `${group}.provision.efa.interfaces`,
      expected: /from 1/,
    },
    {
      path: `${group}.provision.efa`,
      value: { placementGroup: "" },
      at: `${group}.provision.efa.placementGroup`,
      expected: /placement group/,
    },
    { path: `${group}.provision.autoRepair`, value: "on", expected: /true or false/ },
    { path: `${group}.provision.updateStrategy`, value: "FAST", expected: /DEFAULT, MINIMAL/ },
    { path: `${group}.provision.maxUnavailable`, value: 0, expected: /from 1/ },
    { path: `${group}.provision.releaseVersion`, value: "newest", expected: /release such as/ },
    { path: `${group}.provision.kubernetesVersion`, value: 1.34, expected: /version such as/ },
    {
      path: `${group}.provision.role`,
      value: { arn: "admin" },
      at: `${group}.provision.role.arn`,
      expected: /ARN of an IAM role/,
    },
    {
      path: `${group}.provision.role`,
      value: { permissionsBoundaryArn: "b" },
      at: `${group}.provision.role.permissionsBoundaryArn`,
      expected: /IAM policy/,
    },
    {
      path: `${group}.provision.role`,
      value: { allowSessionManager: 1 },
      at: `${group}.provision.role.allowSessionManager`,
      expected: /true or false/,
    },
    {
      path: `${group}.provision.role`,
      value: { allowNetworkInterfaces: 1 },
      at: `${group}.provision.role.allowNetworkInterfaces`,
      expected: /true or false/,
    },
    { path: "nodeGroups[4].provision.amiVersion", value: "new", expected: /release of the image/ },
    { path: "nodeGroups[4].provision.staticCapacity", value: "yes", expected: /true or false/ },
    { path: "nodeGroups[4].provision.consolidateAfter", value: "soon", expected: /duration such as/ },
    { path: "nodeGroups[4].provision.expireAfter", value: "2w", expected: /duration such as/ },
    { path: "nodeGroups[4].provision.terminationGracePeriod", value: "long", expected: /duration such as/ },
    { path: "nodeGroups[4].provision.disruptionBudget", value: 1, expected: /number or percentage/ },
    { path: "nodeGroups[4].provision.weight", value: 101, expected: /from 1 to 100/ },
    {
      path: "gpuSoftware",
      value: { devicePlugin: { install: "no" } },
      at: "gpuSoftware.devicePlugin.install",
      expected: /true or false/,
    },
    {
      path: "gpuSoftware",
      value: { devicePlugin: { migStrategy: "all" } },
      at: "gpuSoftware.devicePlugin.migStrategy",
      expected: /none, single, mixed/,
    },
    {
      path: "gpuSoftware",
      value: { dcgmExporter: { image: "x/dcgm:latest" } },
      at: "gpuSoftware.dcgmExporter.image",
      expected: /version tag/,
    },
    {
      path: "gpuSoftware",
      value: { dcgmExporter: { eventWindow: "5" } },
      at: "gpuSoftware.dcgmExporter.eventWindow",
      expected: /duration/,
    },
    { path: "cluster.provisioningRoleArn", value: "admin", expected: /ARN of an IAM role/ },
    { path: "cluster.network.vpcId", value: "default", expected: /id of a VPC/ },
    { path: "cluster.network.clusterSecurityGroupId", value: "default", expected: /security group/ },
    { path: "cluster.network.privateSubnetIds[0]", value: "a", expected: /id of a subnet/ },
    {
      path: "cluster.addons",
      value: { podIdentityAgent: 1 },
      at: "cluster.addons.podIdentityAgent",
      expected: /true or false/,
    },
    { path: "fleet.models[0].size.parametersBillion", value: 0, expected: /billions above 0/ },
    { path: "fleet.models[0].size.weightFormat", value: "int3", expected: /fp8/ },
    { path: "fleet.models[0].size.layers", value: 0, expected: /from 1/ },
    { path: "fleet.models[0].size.kvHeads", value: "8", expected: /whole number/ },
    { path: "fleet.models[0].size.concurrentRequests", value: 0, expected: /from 1/ },
  ];

  test.each(cases)("$path = $value", ({ path, value, at = path, expected }) => {
    const problems = problemsAfter([[path, value]]);
    const problem = problems.find((candidate) => candidate.path === at);
    expect(problem, `only: ${problems.map((other) => other.path).join(", ")}`).toBeDefined();
    expect(problem?.says).toMatch(expected);
  });

  test.each([
    ["kubernetesVersion", 1.34, /version of EKS/],
    ["zones[0]", "eu-central-1", /availability zone/],
    ["cidr", "10.0.0.0", /CIDR/],
    ["natGateways", "many", /per-zone, single, none/],
    ["publicCidrs[0]", "everybody", /list of blocks|CIDR/],
    ["access[0].principalArn", "deploy", /IAM role or user/],
    ["access[0].level", "root", /administrator, viewer/],
    ["autoMode", "yes", /true or false/],
    ["deletionProtection", "yes", /true or false/],
  ])("of a new cluster: %s = %j", (path, value, expected) => {
    const cluster = structuredClone({ ...newCluster, publicCidrs: ["203.0.113.7/32"] });
    const problems = problemsAfter([["cluster", change(cluster, path, value)]], "staging");
    expect(problems.find((problem) => problem.path === `cluster.${path}`)?.says).toMatch(expected);
  });
});

describe("nodes that can't come to be", () => {
  const cases: [what: string, environment: string, changes: Changes, at: string, expected: RegExp][] = [
    ["made on a cluster without AWS", "dev", [[`${group}.provision`, managed]], `${group}.provision.kind`, /existing on a cluster of kind kubeconfig/],
    ["made beside the simulated ones", "local", [[`${group}.provision`, managed]], `${group}.provision.kind`, /existing on a cluster of kind embedded/],
    ["made without the cluster's network", "prod", [["cluster.network", undefined]], "cluster.network", /gpu-h200, gpu-h100, gpu-a100, gpu-l40s, gpu-l4-spot needs/],
    ["without GPUs, made one by one", "prod", [["nodeGroups[5].provision", managed]], "nodeGroups[5].provision.kind", /only groups with GPUs/],
    ["made of no instance type", "prod", [[`${group}.instanceType`, undefined]], `${group}.instanceType`, /managed group is made of/],
    ["of a type with other GPUs", "prod", [[`${group}.instanceType`, "p5.48xlarge"]], `${group}.gpu.kind`, /h100-80gb: p5.48xlarge has 8/],
    ["of a type with fewer GPUs", "prod", [["nodeGroups[3].instanceType", "g6e.2xlarge"]], "nodeGroups[3].gpu.count", /^1: g6e.2xlarge has 1 l40s/],
    ["of a GPU type that tells none", "prod", [["nodeGroups[5].instanceType", "g6.xlarge"]], "nodeGroups[5].gpu", /1 l4/],
    ["by others on a new cluster", "staging", [...onNewCluster, ["nodeGroups[1].provision", { kind: "existing" }]], "nodeGroups[1].provision.kind", /nobody else makes the nodes/],
    ["by Karpenter on a new cluster", "staging", [...onNewCluster, ["nodeGroups[1].provision", { kind: "karpenter", amiVersion: "latest" }]], "nodeGroups[1].provision.kind", /no Karpenter yet/],
    ["by Auto Mode on a cluster without", "staging", [...onNewCluster, ["nodeGroups[1].provision", { kind: "auto-mode" }]], "nodeGroups[1].provision.kind", /without Auto Mode/],
    ["system nodes in Auto Mode", "staging", [["cluster", { ...newCluster, autoMode: true }]], "nodeGroups[2]", /Auto Mode makes the system nodes/],
    ["a size that leaves the format open", "prod", [["fleet.models[0].quantization", "compressed-tensors"]], "fleet.models[0].size.weightFormat", /only the checkpoint knows/],
  ]; // prettier-ignore

  test.each(cases)("%s", (_, environment, changes, at, expected) => {
    const problems = problemsAfter(changes, environment);
    const problem = problems.find((candidate) => candidate.path === at);
    expect(problem, `only: ${problems.map((other) => other.path).join(", ")}`).toBeDefined();
    expect(problem?.says).toMatch(expected);
    expect(problem?.remedy).not.toBe("");
  });

  test("the environments' own nodes are fine, also on a new cluster", () => {
    for (const environment of environments) expect(refusedAfter([], environment), environment).toEqual([]);
    expect(problemsAfter(onNewCluster, "staging")).toEqual([]);
  });
});

describe("what the components refuse is told at the setting", () => {
  const cases: [what: string, changes: Changes, at: string, expected: RegExp][] = [
    ["weights that don't fit", [["fleet.models[1].quantization", undefined], ["fleet.models[1].tensorParallelSize", 1], ["fleet.models[1].gpu.count", 1]], "fleet.models[1].size.parametersBillion", /llama-70b-fp8 needs weights 131.5 .* GiB/],
    ["a context that doesn't fit", [["fleet.models[6].maxModelLength", 1_000_000]], "fleet.models[6].maxModelLength", /KV cache/],
    ["a format without kernels", [["fleet.models[2].quantization", "modelopt_fp4"]], "fleet.models[2].size.weightFormat", /compute capability 10/],
    ["weights on nodes that others made", [[`nodeGroups[3].provision`, undefined], ["fleet.models[6].size.parametersBillion", 70]], "fleet.models[6].size.parametersBillion", /g6e.12xlarge gives/],
    ["a pool with nodes nobody asked for", [["nodeGroups[4].minSize", 1]], "nodeGroups[4].minSize", /must be 0|is 0/],
    ["a pool with a desired size", [["nodeGroups[4].desiredSize", 1]], "nodeGroups[4].desiredSize", /managed node groups/],
    ["a reservation over several zones", [[`${group}.provision.subnetIds`, undefined]], `${group}.provision.subnetIds`, /./],
    ["reserved capacity from nowhere", [[`${group}.provision.reservation`, undefined]], `${group}.provision.reservation.id`, /./],
    ["an image of another architecture", [[`${group}.provision.amiType`, "AL2023_ARM_64_NVIDIA"]], `${group}.provision.amiType`, /architecture/],
    ["EFA where there is none", [["nodeGroups[4].instanceType", "g6.4xlarge"], ["nodeGroups[4].gpu.count", 1], ["nodeGroups[4].maxSize", 16], ["nodeGroups[4].provision.additionalInstanceTypes", []], ["nodeGroups[4].provision.efa", { enabled: true }]], "nodeGroups[4].provision.efa.enabled", /EFA/],
    ["more throughput than operations", [["nodeGroups[3].provision.disk", { throughput: 2000 }]], "nodeGroups[3].provision.disk.throughput", /operation per/],
    ["other GPUs beside the first", [["nodeGroups[3].provision.additionalInstanceTypes[0]", "g6.12xlarge"]], "nodeGroups[3].instanceType", /differs/],
    ["a type that does not exist", [["nodeGroups[3].provision.additionalInstanceTypes[0]", "g6e.13xlarge"]], "nodeGroups[3].provision.additionalInstanceTypes[0]", /no known GPU instance type/],
    ["an image release of the other kind", [["nodeGroups[4].provision.amiVersion", "1.52.0"]], "nodeGroups[4].provision.amiVersion", /release/],
    ["a label that nodes can't write", [[`${group}.labels`, { "eks.amazonaws.com/x": "y" }]], `${group}.labels["eks.amazonaws.com/x"]`, /domain/],
    ["an own role beside an existing one", [[`${group}.provision.role`, { arn: "arn:aws:iam::444455556666:role/nodes", allowSessionManager: true }]], `${group}.provision.role.allowSessionManager`, /own role/],
  ]; // prettier-ignore

  test.each(cases)("%s", (_, changes, at, expected) => {
    const problems = refusedAfter(changes);
    const problem = problems.find((candidate) => candidate.path === at);
    expect(problem, `only: ${problems.map((other) => other.path).join(", ")}`).toBeDefined();
    expect(problem?.says).toMatch(expected);
  });

  test.each([
    ["zones", ["eu-central-1a"], "cluster.zones", /2 to 8 zones/],
    ["publicCidrs", ["0.0.0.0/0"], "cluster.publicCidrs[0]", /opens the API server/],
    ["cidr", "8.0.0.0/16", "cluster.cidr", /public internet/],
    ["access", [], "cluster.access", /administrator/],
  ])("of a new cluster: %s = %j", (field, value, at, expected) => {
    const problems = refusedAfter([["cluster", { ...newCluster, [field]: value }]], "staging");
    expect(problems.find((problem) => problem.path === at)?.says).toMatch(expected);
  });

  test("system nodes of a new cluster", () => {
    const changes: Changes = [...onNewCluster, ["nodeGroups[2].minSize", 0]];
    expect(refusedAfter(changes, "staging").map(({ path }) => path)).toEqual(["nodeGroups[2].minSize"]);
  });
});

describe("a replica that spans nodes", () => {
  /** DeepSeek on both nodes of its group, a stage on each. */
  const spanning: Changes = [
    ["fleet.models[0].nodes", 2],
    ["fleet.models[0].gpu.count", 16],
    ["fleet.models[0].pipelineParallelSize", 2],
    ["fleet.models[0].replicas", 1],
  ];

  test("fits where its nodes are", () => {
    expect(problemsAfter(spanning)).toEqual([]);
    expect(refusedAfter(spanning)).toEqual([]);
  });

  test.each<[string, Changes, string, RegExp]>([
    [
      "more replicas than groups of nodes",
      [["fleet.models[0].replicas", 2]],
      "fleet.models[0].replicas",
      /at most 1: so many/,
    ],
    [
      "GPUs that don't divide",
      [["fleet.models[0].nodes", 3]],
      "fleet.models[0].nodes",
      /divides gpu.count \(16\) evenly/,
    ],
    [
      "more GPUs than its nodes have",
      [
        ["fleet.models[0].gpu.count", 32],
        ["fleet.models[0].pipelineParallelSize", 4],
      ],
      "fleet.models[0].gpu.count",
      /at most 16, the GPUs of 2 of the largest h200 nodes/,
    ],
  ])("refuses %s", (_, changes, path, expected) => {
    const problem = problemsAfter([...spanning, ...changes]).find((candidate) => candidate.path === path);
    expect(problem?.says).toMatch(expected);
  });

  test("refuses an autoscaler", () => {
    const autoscaling = { maxReplicas: 2, signals: { waitingRequests: { perReplica: 4 } } };
    const problems = problemsAfter([...spanning, ["fleet.models[0].autoscaling", autoscaling]]);
    expect(problems.map(({ path }) => path)).toContain("fleet.models[0].autoscaling");
  });

  test("refuses engines of its own for each node", () => {
    const changes: Changes = [
      ...spanning,
      ["fleet.models[0].pipelineParallelSize", 1],
      ["fleet.models[0].dataParallelSize", 2],
    ];
    expect(refusedAfter(changes).map(({ path }) => path)).toContain("fleet.models[0].dataParallelSize");
  });
});
