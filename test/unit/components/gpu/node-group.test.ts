import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";

import { GpuNodeGroup, type GpuNodeGroupArgs } from "../../../../components/gpu-node-group.ts";
import { at, runWithMocks, valueOf, type MockRun } from "../../../support/mocks.ts";
import { renderResources } from "../../../support/resources.ts";

const cluster = { name: "vllm-prod", securityGroupId: "sg-0c1a", vpcId: "vpc-0a1b" };
const network = { subnetIds: ["subnet-0a1b"] };
const base: GpuNodeGroupArgs = {
  cluster,
  network,
  instanceTypes: ["p5.48xlarge"],
  scaling: { min: 1, max: 4 },
};
const karpenter: GpuNodeGroupArgs = {
  ...base,
  provisioner: "karpenter",
  scaling: { max: 4 },
  pool: { amiVersion: "v20261101" },
};
const autoMode: GpuNodeGroupArgs = { ...base, provisioner: "auto-mode", scaling: { max: 4 } };
const simulated: GpuNodeGroupArgs = {
  provisioner: "simulated",
  instanceTypes: ["g6e.12xlarge"],
  scaling: { min: 1, max: 3, desired: 2 },
};

/** What the AWS provider adds. */
function outputs(type: string, name: string) {
  if (type === "aws:ec2/launchTemplate:LaunchTemplate") return { id: `lt-${name}`, latestVersion: 3 };
  if (type === "aws:eks/nodeGroup:NodeGroup") {
    return { resources: [{ autoscalingGroups: [{ name: "eks-gpu-1234" }] }] };
  }
  if (type === "aws:iam/role:Role") return { arn: `arn:aws:iam::111122223333:role/${name}`, name };
  return {};
}

function build(args: Partial<GpuNodeGroupArgs> = {}, from: GpuNodeGroupArgs = base): Promise<MockRun> {
  return runWithMocks(() => new GpuNodeGroup("gpu-h100", { ...from, ...args }), { outputs });
}

const nodeGroup = (run: MockRun) => run.find("aws:eks/nodeGroup:NodeGroup").inputs;
const template = (run: MockRun) => run.find("aws:ec2/launchTemplate:LaunchTemplate").inputs;

describe("GpuNodeGroup", () => {
  it.each<[string, GpuNodeGroupArgs]>([
    ["managed", base],
    [
      "managed-all-options",
      {
        ...base,
        name: "h100",
        instanceTypes: ["p5.48xlarge"],
        amiType: "BOTTLEROCKET_x86_64_NVIDIA",
        capacity: {
          kind: "capacity-block",
          reservationId: "cr-0123456789abcdef0",
          startTime: "2026-12-01T11:30:00Z",
          endTime: "2026-12-03T11:30:00Z",
        },
        scaling: { min: 0, max: 4 },
        storage: {
          sizeGiB: 500,
          iops: 6000,
          throughput: 1000,
          kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/k",
          useInstanceStore: true,
        },
        efa: { enabled: true, interfaces: 4, placementGroup: "training" },
        network: { ...network, securityGroupIds: ["sg-0extra"] },
        nodeRole: {
          path: "/vllm/",
          permissionsBoundaryArn: "arn:aws:iam::111122223333:policy/boundary",
          allowSessionManager: true,
          allowNetworkInterfaces: true,
          policyArns: ["arn:aws:iam::111122223333:policy/models"],
        },
        labels: { workload: "inference" },
        taints: [{ key: "nvidia.com/gpu", effect: "NoSchedule" }],
        repair: {
          maxParallel: 2,
          maxUnhealthy: 3,
          overrides: [
            {
              condition: "AcceleratedHardwareReady",
              reason: "NvidiaXID79Error",
              waitMinutes: 5,
              action: "Reboot",
            },
          ],
        },
        managed: {
          updateStrategy: "DEFAULT",
          maxUnavailable: 2,
          releaseVersion: "1.34.1-20261101",
          kubernetesVersion: "1.34",
          forceUpdate: true,
        },
        tags: { "cost-centre": "search" },
      },
    ],
    [
      "managed-arm",
      {
        ...base,
        instanceTypes: ["g5g.xlarge", "g5g.2xlarge"],
        capacity: { kind: "spot" },
        scaling: { max: 2 },
      },
    ],
    ["karpenter", karpenter],
    [
      "karpenter-all-options",
      {
        ...karpenter,
        amiType: "BOTTLEROCKET_x86_64_NVIDIA",
        capacity: { kind: "capacity-reservation", reservationId: "cr-0123456789abcdef0" },
        efa: { enabled: true },
        network: { ...network, securityGroupIds: ["sg-0extra"] },
        nodeRole: { arn: "arn:aws:iam::111122223333:role/path/karpenter-nodes" },
        storage: { useInstanceStore: true, kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/k" },
        scaling: { min: 2, max: 4 },
        pool: {
          amiVersion: "1.52.0",
          staticCapacity: true,
          consolidateAfter: "30m",
          expireAfter: "720h",
          terminationGracePeriod: "2h",
          disruptionBudget: "10%",
        },
        tags: { "cost-centre": "search" },
      },
    ],
    ["auto-mode", autoMode],
    ["simulated", simulated],
  ])("asks for the golden resources: %s", async (name, args) => {
    const run = await runWithMocks(() => new GpuNodeGroup("gpu-h100", args), { outputs });
    await expect(renderResources(run)).toMatchFileSnapshot(`../golden/gpu-node-group/${name}.yaml`);
  });

  it("says what others build on", async () => {
    const { result } = await runWithMocks(() => new GpuNodeGroup("gpu-h100", base), { outputs });
    expect(await valueOf(result.groupName)).toBe("gpu-h100");
    expect(await valueOf(result.gpuProduct)).toBe("NVIDIA-H100-80GB-HBM3");
    expect(await valueOf(result.gpusPerNode)).toBe(8);
    expect(await valueOf(result.maximumNodes)).toBe(4);
    expect(await valueOf(result.maximumGpus)).toBe(32);
    expect(await valueOf(result.hasDevicePlugin)).toBe(false);
    expect(await valueOf(result.nodeRoleArn)).toBe("arn:aws:iam::111122223333:role/gpu-h100-role");
    expect(await valueOf(result.nodeLabels)).toMatchObject({
      "vllm-monitoring/node-group": "gpu-h100",
      "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
    });
  });

  it("leaves the size to the autoscaler, and the release to the API", async () => {
    const run = await build({ scaling: { min: 1, max: 4, desired: 2 } });
    expect(at(nodeGroup(run), "scalingConfig")).toEqual({ minSize: 1, maxSize: 4, desiredSize: 2 });
    expect(run.find("aws:eks/nodeGroup:NodeGroup").ignoreChanges).toEqual(["scalingConfig.desiredSize"]);
    expect(nodeGroup(run)).not.toHaveProperty("releaseVersion");
    expect(nodeGroup(run)).not.toHaveProperty("version");
    expect(nodeGroup(run)).not.toHaveProperty("diskSize");
    expect(nodeGroup(run)).not.toHaveProperty("nodeGroupName");
  });

  it.each([
    ["on-demand", "ON_DEMAND", "DEFAULT", undefined],
    ["spot", "SPOT", "DEFAULT", undefined],
    ["capacity-reservation", "ON_DEMAND", "MINIMAL", undefined],
    ["capacity-block", "CAPACITY_BLOCK", "MINIMAL", "capacity-block"],
  ] as const)("%s capacity", async (kind, capacityType, strategy, marketType) => {
    const isReserved = kind.startsWith("capacity");
    const run = await build({
      capacity: { kind, ...(isReserved ? { reservationId: "cr-0123456789abcdef0" } : {}) },
    });
    expect(nodeGroup(run)).toMatchObject({ capacityType, updateConfig: { updateStrategy: strategy } });
    expect(at(template(run), "instanceMarketOptions.marketType")).toBe(marketType);
    expect(at(template(run), "capacityReservationSpecification.capacityReservationTarget")).toEqual(
      isReserved ? { capacityReservationId: "cr-0123456789abcdef0" } : undefined,
    );
    // The template names the type where a reservation must match it, the group elsewhere; never both.
    expect(at(template(run), "instanceType")).toBe(isReserved ? "p5.48xlarge" : undefined);
    expect(nodeGroup(run)["instanceTypes"]).toEqual(isReserved ? undefined : ["p5.48xlarge"]);
  });

  it("points at a group of reservations", async () => {
    const arn = "arn:aws:resource-groups:eu-central-1:111122223333:group/gpus";
    const run = await build({ capacity: { kind: "capacity-reservation", reservationGroupArn: arn } });
    expect(at(template(run), "capacityReservationSpecification.capacityReservationTarget")).toEqual({
      capacityReservationResourceGroupArn: arn,
    });
  });

  it("makes EFA interfaces without a placement group", async () => {
    const run = await build({ efa: { enabled: true } });
    const interfaces = template(run)["networkInterfaces"] as {
      interfaceType: string;
      securityGroups: string[];
    }[];
    expect(interfaces).toHaveLength(33);
    expect(interfaces.filter(({ interfaceType }) => interfaceType === "efa-only")).toHaveLength(32);
    expect(new Set(interfaces.flatMap(({ securityGroups }) => securityGroups))).toEqual(
      new Set(["sg-0c1a", "gpu-h100-efa-id"]),
    );
    expect(template(run)).not.toHaveProperty("placement");
    expect(template(run)).not.toHaveProperty("vpcSecurityGroupIds");
    // Everything between members of the group, nothing from or to elsewhere.
    for (const kind of ["SecurityGroupIngressRule", "SecurityGroupEgressRule"]) {
      expect(run.find(kind).inputs).toMatchObject({
        securityGroupId: "gpu-h100-efa-id",
        referencedSecurityGroupId: "gpu-h100-efa-id",
        ipProtocol: "-1",
      });
      expect(run.find(kind).inputs).not.toHaveProperty("cidrIpv4");
    }
  });

  it("keeps the nodes' credentials from pods, and every volume encrypted", async () => {
    for (const amiType of ["AL2023_x86_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA"] as const) {
      const run = await build({ amiType });
      expect(template(run)["metadataOptions"]).toEqual({
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
      });
      const devices = template(run)["blockDeviceMappings"] as { ebs: Record<string, unknown> }[];
      for (const { ebs } of devices) expect(ebs).toMatchObject({ encrypted: "true", volumeType: "gp3" });
    }
  });

  it("gives nodes the least rights, and no network rights unless asked", async () => {
    const policies = async (args: Partial<GpuNodeGroupArgs>, from = base) =>
      (await build(args, from)).all("RolePolicyAttachment").map(({ inputs }) => inputs["policyArn"]);
    expect(await policies({})).toEqual([
      "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
      "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ]);
    expect(await policies({ nodeRole: { partition: "aws-cn", allowNetworkInterfaces: true } })).toContain(
      "arn:aws-cn:iam::aws:policy/AmazonEKS_CNI_Policy",
    );
    expect(await policies({}, autoMode)).toEqual([
      "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
      "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ]);
    const given = await build({ nodeRole: { arn: "arn:aws:iam::111122223333:role/nodes" } });
    expect(given.all("Role")).toEqual([]);
    expect(nodeGroup(given)["nodeRoleArn"]).toBe("arn:aws:iam::111122223333:role/nodes");
  });

  it("lets nodes of pools into the cluster, those of managed groups come in by themselves", async () => {
    const entry = async (from: GpuNodeGroupArgs) =>
      (await build({}, from)).all("AccessEntry").map(({ inputs }) => inputs["type"]);
    expect(await entry(base)).toEqual([]);
    expect(await entry(karpenter)).toEqual(["EC2_LINUX"]);
    expect(await entry(autoMode)).toEqual(["EC2"]);
    const run = await build({}, autoMode);
    expect(run.find("AccessPolicyAssociation").inputs["policyArn"]).toBe(
      "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy",
    );
  });

  it("repairs nodes unless told otherwise", async () => {
    expect(at(nodeGroup(await build()), "nodeRepairConfig")).toEqual({
      enabled: true,
      maxParallelNodesRepairedCount: 1,
    });
    expect(at(nodeGroup(await build({ repair: { enabled: false } })), "nodeRepairConfig.enabled")).toBe(
      false,
    );
  });

  it("keeps pods without GPUs away by default, and takes other taints or none", async () => {
    expect(nodeGroup(await build())["taints"]).toEqual([
      { key: "nvidia.com/gpu", value: "true", effect: "NO_SCHEDULE" },
    ]);
    expect(nodeGroup(await build({ taints: [] }))["taints"]).toEqual([]);
    const others = await build({
      taints: [
        { key: "a", effect: "NoExecute" },
        { key: "b", value: "c", effect: "PreferNoSchedule" },
      ],
    });
    expect(nodeGroup(others)["taints"]).toEqual([
      { key: "a", effect: "NO_EXECUTE" },
      { key: "b", value: "c", effect: "PREFER_NO_SCHEDULE" },
    ]);
  });

  it("makes node-local storage of the instance store, in each image's own language", async () => {
    const userData = async (amiType: GpuNodeGroupArgs["amiType"]) => {
      const run = await build({ storage: { useInstanceStore: true }, ...(amiType ? { amiType } : {}) });
      return Buffer.from(String(template(run)["userData"]), "base64").toString("utf8");
    };
    const al2023 = await userData(undefined);
    expect(al2023).toMatch(
      /^MIME-Version: 1.0\nContent-Type: multipart\/mixed; boundary="([^"]+)"\n\n--\1\n/,
    );
    expect(al2023).toContain("Content-Type: application/node.eks.aws\n\napiVersion: node.eks.aws/v1alpha1");
    expect(al2023).toContain("strategy: RAID0");
    expect(await userData("BOTTLEROCKET_x86_64_NVIDIA")).toContain(
      '"apiclient", "ephemeral-storage", "init"',
    );
    expect(template(await build())).not.toHaveProperty("userData");
  });

  it("scales a Capacity Block up at its start and down an hour before its end", async () => {
    const run = await build({
      scaling: { max: 4 },
      capacity: {
        kind: "capacity-block",
        reservationId: "cr-0123456789abcdef0",
        startTime: "2026-12-01T11:30:00Z",
        endTime: "2026-12-03T11:30:00Z",
      },
    });
    expect(run.all("Schedule").map(({ inputs }) => inputs)).toMatchObject([
      { autoscalingGroupName: "eks-gpu-1234", startTime: "2026-12-01T11:30:00Z", desiredCapacity: 4 },
      { autoscalingGroupName: "eks-gpu-1234", startTime: "2026-12-03T10:30:00Z", desiredCapacity: 0 },
    ]);
  });

  it("bounds a dynamic pool by GPUs and a static one by nodes", async () => {
    const pool = (run: MockRun) => run.find("kubernetes:karpenter.sh/v1:NodePool").inputs["spec"];
    const dynamic = pool(await build({}, karpenter));
    expect(at(dynamic, "limits")).toEqual({ "nvidia.com/gpu": "32" });
    expect(dynamic).not.toHaveProperty("replicas");
    const fixed = pool(
      await build(
        { scaling: { min: 2, max: 4 }, pool: { amiVersion: "latest", staticCapacity: true } },
        karpenter,
      ),
    );
    expect(fixed).toMatchObject({ replicas: 2, limits: { nodes: "4" } });
  });

  it("gives the four provisioners the same labels and taints", async () => {
    const product = (labels: unknown) => (labels as Record<string, string>)["nvidia.com/gpu.product"];
    const args = { instanceTypes: ["g6e.12xlarge"], labels: { workload: "inference" } };
    const managed = nodeGroup(await build(args))["labels"];
    const pooled = at(
      (await build(args, karpenter)).find("NodePool").inputs,
      "spec.template.metadata.labels",
    );
    const auto = at((await build(args, autoMode)).find("NodePool").inputs, "spec.template.metadata.labels");
    const node = (await build(args, simulated)).find("kubernetes:core/v1:Node", "gpu-h100-0").inputs;
    for (const labels of [managed, pooled, auto, at(node, "metadata.labels")]) {
      expect(product(labels)).toBe("NVIDIA-L40S");
      expect(labels).toMatchObject({ workload: "inference", "vllm-monitoring/node-group": "gpu-h100" });
    }
    expect(at(node, "spec.taints")).toEqual([{ key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" }]);
    expect(at(node, "status.capacity")).toMatchObject({ "nvidia.com/gpu": "4", cpu: "48", memory: "384Gi" });
  });

  it("takes machines that are in no table", async () => {
    const run = await build({
      instanceTypes: ["p9.96xlarge"],
      hardware: {
        gpuProduct: "NVIDIA-R100",
        gpuCount: 16,
        gpuMemoryGiB: 288,
        computeCapability: 11,
        vcpus: 384,
        memoryGiB: 4096,
        efaCards: [1, 2],
      },
      efa: { enabled: true },
    });
    expect(nodeGroup(run)["labels"]).toMatchObject({
      "nvidia.com/gpu.product": "NVIDIA-R100",
      "nvidia.com/gpu.count": "16",
    });
    expect(template(run)["networkInterfaces"]).toHaveLength(3);
  });

  it("accepts values that come later, and checks them when they do", async () => {
    const run = await build({
      cluster: { name: pulumi.output("vllm-prod") },
      network: { subnetIds: pulumi.output(["subnet-0a1b"]) },
      labels: { team: pulumi.output("search") },
    });
    expect(nodeGroup(run)).toMatchObject({ clusterName: "vllm-prod", subnetIds: ["subnet-0a1b"] });
    await expect(build({ scaling: { min: pulumi.output(5), max: 4 } })).rejects.toThrow("scaling.min");
  });

  it("is a component that hides no output and registers its own", async () => {
    const run = await build();
    const [component] = run.resources.filter(({ custom }) => !custom);
    expect(component?.type).toBe("vllm-monitoring:index:GpuNodeGroup");
    expect(Object.keys(component?.outputs ?? {}).sort()).toEqual([
      "gpuProduct",
      "gpusPerNode",
      "groupName",
      "hasDevicePlugin",
      "maximumGpus",
      "maximumNodes",
      "nodeLabels",
      "nodeRoleArn",
    ]);
  });
});
