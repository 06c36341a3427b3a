/** The cluster and its GPU nodes as the stack wires them, without an engine. */
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import type { GpuNodeGroupArgs } from "../../../components/gpu/node-group-args.ts";
import { eksClusterArgs, gpuNodeGroupArgs, hasGpus } from "../../../stacks/mapping/node-groups.ts";
import { isEks } from "../../../stacks/config/cluster.ts";
import { defineStack } from "../../../stacks/program.ts";
import { at, runWithMocks, valueOf } from "../../support/mocks.ts";
import { newCluster, settingsOf } from "./support.ts";

type Changes = [path: string, value: unknown][];

async function run(environment: string, changes: Changes = [], isNew = false) {
  const { settings, secretKeys } = settingsOf(environment, changes);
  const access = { kubeconfig: isNew ? undefined : "kubeconfig", clusterIdentifier: "this-cluster" };
  return runWithMocks(
    () =>
      defineStack({
        settings,
        secrets: Object.fromEntries(
          secretKeys.map((key) => [key, pulumi.secret("a-secret-that-is-long-enough-for-every-use")]),
        ),
        access,
      }),
    { stack: environment },
  );
}

/** Arguments of the first node group of staging with another provision. */
function argsWith(provision: object, changes: Changes = []): GpuNodeGroupArgs {
  const { settings } = settingsOf("staging", [["nodeGroups[0].provision", provision], ...changes]);
  const [group] = settings.nodeGroups;
  if (group === undefined || !hasGpus(group)) throw new Error("no group with GPUs");
  return gpuNodeGroupArgs(group, settings, { cluster: { name: "c" }, subnetIds: ["subnet-1"] });
}

describe("a node group's arguments", () => {
  test("managed, with every field", () => {
    const args = argsWith({
      kind: "managed",
      subnetIds: ["subnet-0a0a0a0a0a0a0a0a0"],
      additionalInstanceTypes: ["p5.4xlarge"],
      role: { permissionsBoundaryArn: "arn:aws:iam::111122223333:policy/b", allowSessionManager: true },
      amiType: "BOTTLEROCKET_x86_64_NVIDIA",
      reservation: {
        resourceGroupArn: "arn:aws:resource-groups:eu-central-1:111122223333:group/r",
        startTime: "2026-12-01T11:30:00Z",
        endTime: "2026-12-02T11:30:00Z",
      },
      disk: {
        sizeGiB: 300,
        iops: 6000,
        throughput: 1000,
        kmsKeyArn: "arn:aws:kms:x",
        useInstanceStore: true,
      },
      efa: { enabled: true, interfaces: 4, placementGroup: "near" },
      autoRepair: false,
      updateStrategy: "MINIMAL",
      maxUnavailable: 2,
      releaseVersion: "1.34.1-20261101",
      kubernetesVersion: "1.34",
    });
    expect(args).toEqual({
      name: "gpu-h100",
      provisioner: "managed",
      cluster: { name: "c" },
      network: { subnetIds: ["subnet-0a0a0a0a0a0a0a0a0"] },
      instanceTypes: ["p5.48xlarge", "p5.4xlarge"],
      scaling: { min: 1, max: 2 },
      capacity: {
        kind: "capacity-reservation",
        reservationGroupArn: "arn:aws:resource-groups:eu-central-1:111122223333:group/r",
        startTime: "2026-12-01T11:30:00Z",
        endTime: "2026-12-02T11:30:00Z",
      },
      nodeRole: { permissionsBoundaryArn: "arn:aws:iam::111122223333:policy/b", allowSessionManager: true },
      labels: {},
      taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" }],
      tags: { "vllm-monitoring:environment": "staging" },
      storage: {
        sizeGiB: 300,
        iops: 6000,
        throughput: 1000,
        kmsKeyArn: "arn:aws:kms:x",
        useInstanceStore: true,
      },
      efa: { enabled: true, interfaces: 4, placementGroup: "near" },
      repair: { enabled: false },
      managed: {
        updateStrategy: "MINIMAL",
        maxUnavailable: 2,
        releaseVersion: "1.34.1-20261101",
        kubernetesVersion: "1.34",
      },
      amiType: "BOTTLEROCKET_x86_64_NVIDIA",
    });
  });

  test("managed, with nothing but the kind: the cluster's subnets and the desired size", () => {
    const args = argsWith({ kind: "managed" }, [["nodeGroups[0].desiredSize", 2]]);
    expect(args).toMatchObject({
      network: { subnetIds: ["subnet-1"] },
      scaling: { min: 1, max: 2, desired: 2 },
      repair: { enabled: true },
      managed: { maxUnavailable: 1 },
    });
    expect(args).not.toHaveProperty("amiType");
    expect(args).not.toHaveProperty("pool");
  });

  const pool = {
    staticCapacity: true,
    consolidateAfter: "5m",
    expireAfter: "240h",
    terminationGracePeriod: "2h",
    disruptionBudget: "10%",
    weight: 5,
  };

  test("Karpenter", () => {
    const args = argsWith({
      kind: "karpenter",
      amiVersion: "1.52.0",
      amiType: "BOTTLEROCKET_x86_64_NVIDIA",
      reservation: { id: "cr-0a0a0a0a0a0a0a0a0" },
      efa: { enabled: true },
      ...pool,
    });
    expect(args).toMatchObject({
      provisioner: "karpenter",
      amiType: "BOTTLEROCKET_x86_64_NVIDIA",
      capacity: { kind: "capacity-reservation", reservationId: "cr-0a0a0a0a0a0a0a0a0" },
      pool: { amiVersion: "1.52.0", ...pool },
      efa: { enabled: true },
      storage: { sizeGiB: 200, iops: 3000, throughput: 500, useInstanceStore: false },
    });
    expect(args).not.toHaveProperty("managed");
    expect(args).not.toHaveProperty("repair");
  });

  test("Auto Mode", () => {
    const args = argsWith({ kind: "auto-mode", ...pool });
    expect(args).toMatchObject({ provisioner: "auto-mode", pool });
    expect(args.pool).not.toHaveProperty("amiVersion");
    expect(args.storage).not.toHaveProperty("useInstanceStore");
  });

  test("simulated: as many as there may be, also of machines that the table lacks", () => {
    const group = { kind: "l4", count: 3 };
    const { settings } = settingsOf("local", [
      ["nodeGroups[0].instanceType", undefined],
      ["nodeGroups[0].gpu", group],
      ["nodeGroups[0].minSize", 0],
    ]);
    const [first] = settings.nodeGroups;
    if (first === undefined || !hasGpus(first)) throw new Error("no group with GPUs");
    expect(gpuNodeGroupArgs(first, settings, undefined)).toMatchObject({
      provisioner: "simulated",
      instanceTypes: ["any l4 node"],
      scaling: { min: 0, max: 2, desired: 2 },
      hardware: { gpuProduct: "NVIDIA-L4", gpuCount: 3, computeCapability: 8.9 },
    });
  });
});

describe("the cluster's arguments", () => {
  const clusterArgs = (changes: Changes) => {
    const { settings } = settingsOf("staging", changes);
    if (!isEks(settings.cluster)) throw new Error("not in AWS");
    return eksClusterArgs({ ...settings, cluster: settings.cluster });
  };

  test("of one that is there", () => {
    expect(clusterArgs([["cluster.addons", { nodeMonitoringAgent: true }]])).toMatchObject({
      existing: {
        name: "vllm-staging",
        vpcId: "vpc-0a0a0a0a0a0a0a0a0",
        securityGroupId: "sg-0a0a0a0a0a0a0a0a0",
      },
      podIdentityAgent: false,
      nodeMonitoringAgent: true,
    });
  });

  test("of a new one, whose system nodes are the group without GPUs", () => {
    expect(clusterArgs([["cluster", newCluster]])).toEqual({
      name: "vllm-new",
      network: { cidr: "10.0.0.0/16", zones: ["eu-central-1a", "eu-central-1b"], natGateways: "per-zone" },
      endpoint: { publicCidrs: [] },
      access: newCluster.access,
      autoMode: false,
      deletionProtection: true,
      systemNodes: { min: 2, max: 4, instanceTypes: ["m7i.2xlarge"] },
      tags: { "vllm-monitoring:environment": "staging" },
    });
  });
});

describe("machines", () => {
  test("of production: each group by its means, in the account that is named", async () => {
    const result = await run("prod");
    const provider = result.find("pulumi:providers:aws", "aws");
    expect(provider.inputs).toMatchObject({
      region: "eu-central-1",
      allowedAccountIds: JSON.stringify(["444455556666"]),
    });
    const names = (type: string) =>
      result
        .all(type)
        .map(({ name }) => name)
        .sort();
    expect(names("GpuNodeGroup")).toEqual(["gpu-a100", "gpu-h100", "gpu-h200", "gpu-l4-spot", "gpu-l40s"]);
    expect(names("NodeGroup")).toEqual([
      "gpu-a100-nodes",
      "gpu-h100-nodes",
      "gpu-h200-nodes",
      "gpu-l40s-nodes",
    ]);
    expect(names("NodePool")).toEqual(["gpu-l4-spot-pool"]);
    const group = result.find("aws:eks/nodeGroup:NodeGroup", "gpu-h200-nodes");
    expect(group.inputs).toMatchObject({
      clusterName: "vllm-prod",
      capacityType: "CAPACITY_BLOCK",
      subnetIds: ["subnet-0c0c0c0c0c0c0c0c0"],
    });
  });

  test("the deploying role is assumed where one is named", async () => {
    const role = "arn:aws:iam::444455556666:role/make";
    const result = await run("prod", [["cluster.provisioningRoleArn", role]]);
    expect(result.find("pulumi:providers:aws", "aws").inputs).toMatchObject({
      assumeRoles: JSON.stringify([{ roleArn: role }]),
    });
  });

  test("none, and no credentials, where others made all of them", async () => {
    const result = await run("dev");
    expect(result.resources.filter(({ type }) => type.includes("aws"))).toEqual([]);
    expect(result.all("GpuNodeGroup")).toEqual([]);
  });

  test("simulated in the embedded environment, unless it is another cluster", async () => {
    const names = async (changes: Changes = []) =>
      (await run("local", changes)).all("Node").map(({ name }) => name);
    expect(await names()).toEqual(["gpu-l4-0", "gpu-l4-1"]);
    expect(await names([["cluster.simulateNodes", false]])).toEqual([]);
  });

  test("of a new cluster, which the objects are deployed to", async () => {
    const result = await run("staging", [["cluster", newCluster]], true);
    expect(result.find("EksCluster", "cluster").inputs).toMatchObject({ name: "vllm-new" });
    const group = result.find("GpuNodeGroup", "gpu-h100");
    // Among others on the system nodes, so that network and DNS are there first.
    expect(group.dependencies.some((urn) => urn.includes("aws:eks/nodeGroup:NodeGroup::cluster"))).toBe(true);
    const provider = result.find("pulumi:providers:kubernetes", "kubernetes");
    expect(provider.secretPaths).toContain("kubeconfig");
    const kubeconfig = parse(String(at(provider.inputs, "kubeconfig"))) as object;
    expect(kubeconfig).toMatchObject({
      users: [{ user: { exec: { args: expect.arrayContaining(["vllm-new"]) as unknown } } }],
    });
  });

  test("the outputs tell every group with GPUs and by what means it is made", async () => {
    const result = await run("prod", [["nodeGroups[2].provision", undefined]]);
    const { nodeGroups } = await valueOf(
      result.result as pulumi.Output<{ nodeGroups: { name: string; provisioner: string }[] }>,
    );
    expect(nodeGroups.map(({ name, provisioner }) => [name, provisioner])).toEqual([
      ["gpu-h200", "managed"],
      ["gpu-h100", "managed"],
      ["gpu-a100", "existing"],
      ["gpu-l40s", "managed"],
      ["gpu-l4-spot", "karpenter"],
    ]);
    expect(nodeGroups[0]).toMatchObject({
      gpuKind: "h200",
      gpusPerNode: 8,
      maximumNodes: 3,
      maximumGpus: 24,
    });
  });
});

test("a model that spans nodes is a set of groups, under the same name", async () => {
  const result = await run("prod", [
    ["fleet.models[0].nodes", 2],
    ["fleet.models[0].gpu.count", 16],
    ["fleet.models[0].pipelineParallelSize", 2],
    ["fleet.models[0].replicas", 1],
  ]);
  const group = result.find("LeaderWorkerSet", "deepseek-v3-group");
  expect(at(group.inputs, "spec.leaderWorkerTemplate.size")).toBe(2);
  expect(result.all("VllmMultiNode")).toHaveLength(1);
  const { models } = await valueOf(
    result.result as pulumi.Output<{ models: { name: string; endpoint: string }[] }>,
  );
  expect(models[0]?.endpoint).toBe("http://deepseek-v3.vllm.svc:8000");
});

describe("what runs on every GPU node", () => {
  test("device plugin and DCGM exporter, scraped as the rest", async () => {
    const result = await run("dev");
    expect(result.all("NvidiaDevicePlugin")).toHaveLength(1);
    const monitor = result.find("PodMonitor", "dcgm-exporter-monitor");
    expect(at(monitor.inputs, "spec.podMetricsEndpoints[0].interval")).toBe("15s");
    const { dependencies } = result.find("DcgmExporter", "dcgm-exporter");
    expect(dependencies.some((urn) => urn.includes("CustomResourceDefinition"))).toBe(true);
  });

  test("with what the settings say", async () => {
    const result = await run("dev", [
      [
        "gpuSoftware",
        {
          devicePlugin: { image: "registry.example.com/plugin:v1", migStrategy: "mixed" },
          dcgmExporter: { image: "registry.example.com/dcgm:v1", profiling: false, eventWindow: "10m" },
        },
      ],
    ]);
    const container = (kind: string, name: string) =>
      at(result.find(kind, name).inputs, "spec.template.spec.containers[0]") as {
        image: string;
        env: object[];
      };
    const [plugin] = result.all("DaemonSet").filter(({ name }) => name.startsWith("nvidia"));
    expect(container("DaemonSet", plugin?.name ?? "")).toMatchObject({
      image: "registry.example.com/plugin:v1",
    });
    const exporter = container("DaemonSet", "dcgm-exporter-exporter");
    expect(exporter.image).toBe("registry.example.com/dcgm:v1");
    expect(exporter.env).toContainEqual({
      name: "DCGM_EXPORTER_XID_COUNT_WINDOW_SIZE",
      value: "600000",
    });
    expect(JSON.stringify(exporter)).not.toContain("SYS_ADMIN");
  });

  test("nothing where it is there already, or where no node has GPUs", async () => {
    const software = { devicePlugin: { install: false }, dcgmExporter: { install: false } };
    const result = await run("dev", [["gpuSoftware", software]]);
    expect(result.all("NvidiaDevicePlugin")).toEqual([]);
    expect(result.all("DcgmExporter")).toEqual([]);
  });
});
