import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { monitoringCrds } from "../../../components/crds/manifests.ts";
import { DcgmExporter, type DcgmExporterArgs } from "../../../components/dcgm-exporter.ts";
import { GpuNodeGroup, type GpuNodeGroupArgs } from "../../../components/gpu-node-group.ts";
import { NvidiaDevicePlugin, type NvidiaDevicePluginArgs } from "../../../components/nvidia-device-plugin.ts";
import nodeClassSchema from "../../fixtures/eks/node-class.schema.json" with { type: "json" };
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier } from "../../support/apply.ts";
import { karpenterCrds } from "../../support/go-modules.ts";
import { manifestsOf, type Manifest } from "../../support/manifests.ts";
import { at, runWithMocks } from "../../support/mocks.ts";
import { podsOf } from "../../support/pods.ts";

let server: ApiServer;
let applier: Applier;

beforeAll(async () => {
  server = await startApiServer();
  applier = new Applier(server);
  await applier.applyCrds([...monitoringCrds(), ...karpenterCrds()]);
  for (const [name, level] of Object.entries({ "gpu-monitoring": "privileged", strict: "baseline" })) {
    const labels = { "pod-security.kubernetes.io/enforce": level };
    await applier.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  }
});

afterAll(async () => {
  await server.stop();
});

const base: GpuNodeGroupArgs = {
  provisioner: "karpenter",
  cluster: { name: "c", securityGroupId: "sg-0a1b", vpcId: "vpc-0a1b" },
  network: { subnetIds: ["subnet-0a1b"] },
  nodeRole: { arn: "arn:aws:iam::111122223333:role/nodes" },
  instanceTypes: ["p5.48xlarge"],
  scaling: { max: 4 },
  pool: { amiVersion: "v20261101" },
};

async function nodeGroup(args: Partial<GpuNodeGroupArgs>, name = "gpu"): Promise<Manifest[]> {
  return manifestsOf(await runWithMocks(() => new GpuNodeGroup(name, { ...base, ...args })));
}

/** Mocks make ids of their own, which the schema knows to be none. */
function withRealIds(manifest: Manifest): Manifest {
  return JSON.parse(JSON.stringify(manifest).replaceAll("gpu-efa-id", "sg-0efa")) as Manifest;
}

/** Every option of pools, alone and together. */
const pools: Record<string, Partial<GpuNodeGroupArgs>> = {
  defaults: {},
  spot: { capacity: { kind: "spot" }, instanceTypes: ["g6.xlarge", "g6.2xlarge"] },
  reservation: { capacity: { kind: "capacity-reservation", reservationId: "cr-0123456789abcdef0" } },
  "capacity block": { capacity: { kind: "capacity-block", reservationId: "cr-0123456789abcdef0" } },
  arm: { instanceTypes: ["g5g.xlarge"] },
  static: { scaling: { min: 2, max: 4 }, pool: { amiVersion: "latest", staticCapacity: true } },
  "all options": {
    amiType: "BOTTLEROCKET_x86_64_NVIDIA",
    efa: { enabled: true },
    network: { subnetIds: ["subnet-0a1b", "subnet-0c1d"], securityGroupIds: ["sg-0extra"] },
    storage: {
      sizeGiB: 500,
      iops: 6000,
      throughput: 1000,
      kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/k",
      useInstanceStore: true,
    },
    labels: { workload: "inference", "node.kubernetes.io/purpose": "gpu" },
    taints: [{ key: "nvidia.com/gpu", effect: "NoExecute" }],
    pool: {
      amiVersion: "1.52.0",
      consolidateAfter: "Never",
      expireAfter: "720h",
      terminationGracePeriod: "1h30m",
      disruptionBudget: "10%",
      weight: 10,
    },
    tags: { "cost-centre": "search" },
  },
  "no taints": { taints: [] },
};

describe("the API server with Karpenter's CRDs", () => {
  it.each(Object.entries(pools))("accepts a pool, field by field: %s", async (_, args) => {
    const manifests = await nodeGroup(args);
    expect(manifests.map(({ kind }) => kind)).toEqual(["EC2NodeClass", "NodePool"]);
    for (const manifest of manifests) await applier.apply(withRealIds(manifest), { dryRun: true });
  });

  it("refuses labels that the component refuses, so that its rule is not too strict", async () => {
    const [, pool] = await nodeGroup({});
    const wrong = structuredClone(pool) as Manifest;
    const labels = at(wrong, "spec.template.metadata.labels") as Record<string, string>;
    labels["karpenter.sh/a"] = "b";
    await expect(applier.apply(wrong, { dryRun: true })).rejects.toThrow(/karpenter.sh/);
  });

  it("takes new bounds, labels, taints and images, but no switch of capacity or provisioner", async () => {
    for (const manifest of await nodeGroup({}, "changing")) await applier.apply(manifest);
    const args: Partial<GpuNodeGroupArgs> = {
      scaling: { max: 8 },
      labels: { a: "b" },
      taints: [],
      pool: { amiVersion: "v20261201", expireAfter: "24h" },
    };
    for (const manifest of await nodeGroup(args, "changing")) await applier.apply(manifest);
    const fixed = { scaling: { min: 1, max: 8 }, pool: { amiVersion: "latest", staticCapacity: true } };
    const [, staticPool] = await nodeGroup(fixed, "changing");
    await expect(applier.apply(staticPool ?? {})).rejects.toThrow(/Cannot transition NodePool/);
    const [, autoPool] = await nodeGroup({ provisioner: "auto-mode", pool: {} }, "changing");
    await expect(applier.apply(autoPool ?? {})).rejects.toThrow(/nodeClassRef.kind is immutable/);
  });
});

describe("EKS Auto Mode", () => {
  const validate = new Ajv({ allErrors: true }).compile(nodeClassSchema);

  it.each(Object.entries(pools))(
    "gets a pool and a node class of the published shape: %s",
    async (_, args) => {
      const pool = without(args.pool ?? {}, "amiVersion");
      const manifests = await nodeGroup({
        ...without(args, "amiType"),
        provisioner: "auto-mode",
        storage: without(args.storage ?? {}, "useInstanceStore"),
        pool: { ...pool, ...("expireAfter" in pool ? { expireAfter: "480h" } : {}) },
      });
      const [nodeClass, nodePool] = manifests;
      expect(validate(nodeClass?.["spec"]), JSON.stringify(validate.errors)).toBe(true);
      expect(at(nodePool, "spec.template.spec.nodeClassRef")).toEqual({
        group: "eks.amazonaws.com",
        kind: "NodeClass",
        name: nodeClass?.metadata.name,
      });
      await applier.apply(nodePool ?? {}, { dryRun: true });
    },
  );

  it("refuses what the documentation doesn't have, so that the test above can fail", () => {
    expect(validate({ subnetSelectorTerms: [{ id: "s" }], securityGroupSelectorTerms: [], ami: "x" })).toBe(
      false,
    );
  });
});

describe("simulated nodes", () => {
  const simulated: Partial<GpuNodeGroupArgs> = {
    provisioner: "simulated",
    instanceTypes: ["g6e.12xlarge"],
    scaling: { min: 1, max: 3 },
    pool: {},
  };

  it("have their GPUs from the moment they are made", async () => {
    const [node] = await nodeGroup(simulated);
    await applier.apply(node ?? {});
    const made = await server.request("GET", "/api/v1/nodes/gpu-0");
    expect(at(made, "status.capacity")).toEqual({
      cpu: "48",
      memory: "384Gi",
      pods: "250",
      "nvidia.com/gpu": "4",
    });
    expect(at(made, "status.allocatable")).toEqual(at(made, "status.capacity"));
    expect(at(made, "spec.taints")).toContainEqual({
      key: "nvidia.com/gpu",
      value: "true",
      effect: "NoSchedule",
    });
  });

  it("take labels and taints later, but no other capacity: that is why it replaces them", async () => {
    const [node] = await nodeGroup({ ...simulated, instanceTypes: ["g6e.48xlarge"], labels: { a: "b" } });
    await applier.apply(node ?? {});
    const kept = await server.request("GET", "/api/v1/nodes/gpu-0");
    expect(at(kept, "metadata.labels.a")).toBe("b");
    expect(at(kept, 'status.capacity["nvidia.com/gpu"]')).toBe("4");
  });
});

const daemonSets: Record<string, () => unknown> = {
  "the exporter": () => new DcgmExporter("dcgm", { namespace: "gpu-monitoring" }),
  "the exporter with all options": () => {
    const args: DcgmExporterArgs = {
      namespace: "gpu-monitoring",
      imagePullSecrets: ["registry"],
      profiling: false,
      podLabels: ["team"],
      extraCounters: [{ name: "DCGM_FI_DEV_FAN_SPEED", kind: "gauge", help: "Fan speed (in %)." }],
      placement: {
        nodeSelector: { a: "b" },
        tolerations: [{ key: "a" }, { key: "b", value: "c", effect: "NoExecute" }],
        priorityClassName: "system-cluster-critical",
        runtimeClassName: "nvidia",
      },
      resources: { cpuRequest: "20m", cpuLimit: "1", memoryRequest: "100Mi", memoryLimit: "2Gi" },
      maxUnavailable: "2",
      monitorLabels: { release: "prometheus" },
    };
    return new DcgmExporter("dcgm", args);
  },
  "the exporter in its own namespace": () => new DcgmExporter("dcgm", {}),
  "the device plugin": () => new NvidiaDevicePlugin("plugin", {}),
  "the device plugin with all options": () => {
    const args: NvidiaDevicePluginArgs = {
      namespace: "gpu-monitoring",
      imagePullSecrets: ["registry"],
      migStrategy: "mixed",
      failOnInitError: false,
      placement: { tolerations: [{ key: "nvidia.com/gpu", effect: "NoSchedule" }] },
      maxUnavailable: 3,
    };
    return new NvidiaDevicePlugin("plugin", args);
  },
};

function without<T extends object>(object: T, ...keys: string[]): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key))) as Partial<T>;
}

describe("DaemonSets of GPU nodes", () => {
  it.each(Object.entries(daemonSets))("are accepted, field by field: %s", async (_, make) => {
    for (const manifest of manifestsOf(await runWithMocks(make)))
      await applier.apply(manifest, { dryRun: true });
  });

  it.each(Object.entries(daemonSets))("make pods that the own namespace admits: %s", async (_, make) => {
    const manifests = manifestsOf(await runWithMocks(make));
    const [[own], [strict]] = [podsOf(manifests, "gpu-monitoring"), podsOf(manifests, "strict")];
    await applier.apply(own ?? {}, { dryRun: true });
    // And that a stricter one doesn't, which is why there is an own one.
    await expect(applier.apply(strict ?? {}, { dryRun: true })).rejects.toThrow(
      /violates PodSecurity .*baseline.*hostPath/,
    );
  });
});
