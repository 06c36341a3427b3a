/** What changes of a managed GPU node group do, through the real engine: nothing but new machines makes a new group. */
import { readFile, writeFile } from "node:fs/promises";
import * as path from "node:path";

import type { Deployment } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EksCluster, type EksClusterArgs } from "../../../components/eks-cluster.ts";
import { GpuNodeGroup, type GpuNodeGroupArgs } from "../../../components/gpu-node-group.ts";
import { installAwsStub } from "../../support/aws-stub/install.ts";
import { createTestStack, type TestStack } from "../../support/pulumi-engine.ts";

/** State of a stack that the last released version made. Write it anew with RECORD_STATE=1 when that changes on purpose. */
const recordedState = path.join(import.meta.dirname, "../../fixtures/states/gpu-nodes.json");

const clusterArgs: EksClusterArgs = {
  network: { zones: ["eu-central-1a", "eu-central-1b"] },
  access: [{ name: "deploy", principalArn: "arn:aws:iam::111122223333:role/deploy", level: "administrator" }],
};
const base: GpuNodeGroupArgs = {
  cluster: { name: "vllm", securityGroupId: "sg-0c1a", vpcId: "vpc-0a1b" },
  network: { subnetIds: ["subnet-0a1b"] },
  instanceTypes: ["p5.48xlarge"],
  capacity: { kind: "capacity-reservation", reservationId: "cr-0123456789abcdef0" },
  efa: { enabled: true },
  scaling: { min: 1, max: 4, desired: 2 },
  labels: { workload: "inference" },
};
const spot: GpuNodeGroupArgs = {
  ...base,
  instanceTypes: ["g6.12xlarge"],
  capacity: { kind: "spot" },
  efa: {},
};

let test: TestStack;

async function newStack(): Promise<TestStack> {
  const stack = await createTestStack();
  await installAwsStub(stack.stack.workspace.pulumiHome ?? "");
  return stack;
}

function run(args: GpuNodeGroupArgs, more: Partial<EksClusterArgs> = {}): () => Promise<void> {
  return () => {
    new EksCluster("vllm", { ...clusterArgs, ...more });
    new GpuNodeGroup("gpu", args);
    new GpuNodeGroup("spot", { ...spot, scaling: args.scaling });
    return Promise.resolve();
  };
}

/** Operations on each resource, as "update gpu-nodes". */
const changes = () => test.steps().map(({ op, name }) => `${op} ${name}`);

beforeAll(async () => {
  test = await newStack();
  test.program = run(base);
  await test.up();
});

afterAll(async () => {
  await test.destroy();
  await test.remove();
});

describe("a managed GPU node group", () => {
  it("is left alone when nothing changes", async () => {
    await test.preview();
    expect(changes()).toEqual([]);
  });

  it("leaves its size to the autoscaler", async () => {
    test.program = run({ ...base, scaling: { min: 1, max: 4, desired: 3 } });
    await test.up();
    expect(changes().filter((change) => !change.endsWith(" gpu") && !change.endsWith(" spot"))).toEqual([]);
  });

  const inPlace: Record<string, Partial<GpuNodeGroupArgs>> = {
    "scaling bounds": { scaling: { min: 0, max: 8 } },
    labels: { labels: { workload: "embedding", team: "search" } },
    "no labels": { labels: {} },
    taints: { taints: [{ key: "nvidia.com/gpu", effect: "NoExecute" }] },
    "no taints": { taints: [] },
    "image release": { managed: { releaseVersion: "1.34.1-20261101" } },
    "Kubernetes version": { managed: { kubernetesVersion: "1.35" } },
    "update strategy": { managed: { updateStrategy: "DEFAULT", maxUnavailable: 2 } },
    "repair settings": { repair: { enabled: false } },
    "disk size": { storage: { sizeGiB: 400, throughput: 700 } },
    "instance store": { storage: { useInstanceStore: true } },
    "EFA interfaces": { efa: { enabled: true, interfaces: 8 } },
    "no EFA": { efa: { enabled: false } },
    "another reservation": {
      capacity: { kind: "capacity-reservation", reservationId: "cr-0fedcba9876543210" },
    },
    tags: { tags: { "cost-centre": "search" } },
    rights: { nodeRole: { allowSessionManager: true } },
    "security groups": { network: { subnetIds: ["subnet-0a1b"], securityGroupIds: ["sg-0extra"] } },
    "placement group": { efa: { enabled: true, placementGroup: "training" } },
  };

  it.each(Object.entries(inPlace))("is never replaced by a change of %s", async (_, args) => {
    test.program = run(base);
    await test.up();
    test.program = run({ ...base, ...args });
    await test.up();
    expect(changes().length).toBeGreaterThan(0);
    expect(
      changes().filter((change) => /replace|delete/.test(change) && /-(nodes|template|role)$/.test(change)),
    ).toEqual([]);
    await test.preview();
    expect(changes()).toEqual([]);
  });

  it("is not replaced when EFA comes or goes, without a reservation either", async () => {
    const plain: GpuNodeGroupArgs = { ...base, capacity: {} };
    for (const efa of [{}, { enabled: true }, {}]) {
      test.program = run({ ...plain, efa });
      await test.up();
      if (efa.enabled === undefined) continue;
      expect(changes()).toContain("update gpu-nodes");
      expect(changes().filter((change) => change.includes("replace"))).toEqual([]);
    }
    expect(changes().filter((change) => change.includes("replace"))).toEqual([]);
  });

  it("rolls its nodes by a new version of the same launch template", async () => {
    test.program = run(base);
    await test.up();
    const version = async () => {
      const group = (await test.resources()).find(({ urn }) => urn.endsWith("::gpu-nodes"));
      return (group?.inputs?.["launchTemplate"] as { version: string }).version;
    };
    const before = await version();
    test.program = run({ ...base, storage: { sizeGiB: 300 } });
    await test.up();
    expect(changes()).toEqual(expect.arrayContaining(["update gpu-template", "update gpu-nodes"]));
    expect(Number(await version())).toBe(Number(before) + 1);
  });

  const replacing: Record<string, Partial<GpuNodeGroupArgs>> = {
    "the image's family": { amiType: "BOTTLEROCKET_x86_64_NVIDIA" },
    "spot instead of a reservation": { capacity: { kind: "spot" }, efa: {} },
    subnets: { network: { subnetIds: ["subnet-0c1d"] } },
  };

  // The other half: the stub does tell when a group must be new, and then the new one comes first.
  it.each(Object.entries(replacing))("is replaced, the new one first, by a change of %s", async (_, args) => {
    test.program = run(base);
    await test.up();
    test.program = run({ ...base, ...args });
    await test.up();
    const steps = changes().filter((change) => change.endsWith(" gpu-nodes"));
    expect(steps).toEqual(["create-replacement gpu-nodes", "replace gpu-nodes", "delete-replaced gpu-nodes"]);
  });

  it("is not touched by changes of the cluster that need no new one", async () => {
    test.program = run(base);
    await test.up();
    test.program = run(base, {
      kubernetesVersion: "1.35",
      endpoint: { publicCidrs: ["203.0.113.7/32"] },
      access: [
        ...(clusterArgs.access ?? []),
        { name: "b", principalArn: "arn:aws:iam::111122223333:role/b" },
      ],
      systemNodes: { min: 3, max: 9 },
      addonVersions: { vpcCni: "v1.20.4-eksbuild.2" },
      logs: { retentionDays: 365 },
      deletionProtection: false,
      extendedSupport: true,
    });
    await test.up();
    expect(changes().filter((change) => /replace|delete/.test(change))).toEqual([]);
    expect(changes().filter((change) => change.endsWith("gpu-nodes"))).toEqual([]);
  });
});

/** Leaves out where on the recording machine a resource was registered, and how its (absent) secrets are encrypted. */
function withoutTraces(key: string, value: unknown): unknown {
  return ["sourcePosition", "stackTrace", "secrets_providers"].includes(key) ? undefined : value;
}

describe("a stack that the last version made", () => {
  it("previews without a replacement or a deletion", async () => {
    const stack = await newStack();
    try {
      stack.program = run(base);
      if (process.env["RECORD_STATE"] === "1") {
        await stack.up();
        const state = await stack.stack.exportStack();
        await writeFile(recordedState, `${JSON.stringify(state, withoutTraces, 2)}\n`);
      }
      await stack.stack.importStack(JSON.parse(await readFile(recordedState, "utf8")) as Deployment);
      await stack.preview();
      expect(stack.steps().filter(({ op }) => op !== "update")).toEqual([]);
    } finally {
      await stack.remove();
    }
  });
});
