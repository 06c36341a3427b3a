/** Pools and simulated nodes through the real engine, the Kubernetes provider and a real API server with Karpenter's CRDs. */
import * as k8s from "@pulumi/kubernetes";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { GpuNodeGroup, type GpuNodeGroupArgs } from "../../../components/gpu-node-group.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier } from "../../support/apply.ts";
import { installAwsStub } from "../../support/aws-stub/install.ts";
import { karpenterCrds } from "../../support/go-modules.ts";
import { at } from "../../support/mocks.ts";
import { createTestStack, type TestStack } from "../../support/pulumi-engine.ts";

let server: ApiServer;
let test: TestStack;

beforeAll(async () => {
  // Objects are deleted in the foreground, which the garbage collector finishes.
  server = await startApiServer({
    controllers: ["garbage-collector-controller", "serviceaccount-controller"],
  });
  await new Applier(server).applyCrds(karpenterCrds());
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  test = await createTestStack();
  await installAwsStub(test.stack.workspace.pulumiHome ?? "");
});

afterEach(async () => {
  await test.destroy();
  await test.remove();
});

const karpenter: GpuNodeGroupArgs = {
  provisioner: "karpenter",
  cluster: { name: "vllm", securityGroupId: "sg-0c1a", vpcId: "vpc-0a1b" },
  network: { subnetIds: ["subnet-0a1b"] },
  nodeRole: { arn: "arn:aws:iam::111122223333:role/nodes" },
  instanceTypes: ["p5.48xlarge"],
  scaling: { max: 4 },
  pool: { amiVersion: "v20261101" },
};
const simulated: GpuNodeGroupArgs = {
  provisioner: "simulated",
  instanceTypes: ["g6e.12xlarge"],
  scaling: { min: 1, max: 4, desired: 2 },
};

async function up(args: GpuNodeGroupArgs): Promise<string[]> {
  test.program = () => {
    const cluster = new k8s.Provider("cluster", {
      kubeconfig: server.kubeconfigPath,
      clusterIdentifier: "test",
    });
    new GpuNodeGroup("gpu", args, { providers: { kubernetes: cluster } });
    return Promise.resolve();
  };
  await test.up();
  return test
    .steps()
    .filter(({ name }) => name.startsWith("gpu-"))
    .map(({ op, name }) => `${op} ${name}`);
}

const names = async (path: string) => {
  const list = (await server.request("GET", path)) as { items: { metadata: { name: string } }[] };
  return list.items.map(({ metadata }) => metadata.name);
};

describe("a pool of Karpenter", () => {
  it("takes new bounds, labels, taints and images in place", async () => {
    expect(await up(karpenter)).toEqual(["create gpu-class", "create gpu-pool"]);
    const changed: Partial<GpuNodeGroupArgs> = {
      scaling: { max: 8 },
      labels: { workload: "inference" },
      taints: [],
      pool: { amiVersion: "v20261201", expireAfter: "720h" },
    };
    expect(await up({ ...karpenter, ...changed })).toEqual(["update gpu-class", "update gpu-pool"]);
    const pool = await server.request("GET", "/apis/karpenter.sh/v1/nodepools/gpu");
    expect(at(pool, 'spec.limits["nvidia.com/gpu"]')).toBe("64");
    expect(await up({ ...karpenter, ...changed })).toEqual([]);
  });
});

describe("simulated nodes", () => {
  it("come and go with their number, and keep their GPUs", async () => {
    expect(await up(simulated)).toEqual(["create gpu-0", "create gpu-1"]);
    const node = await server.request("GET", "/api/v1/nodes/gpu-1");
    expect(at(node, 'status.capacity["nvidia.com/gpu"]')).toBe("4");
    expect(await up({ ...simulated, scaling: { min: 1, max: 4 } })).toEqual(["delete gpu-1"]);
    expect(await names("/api/v1/nodes")).toEqual(["gpu-0"]);
  });

  it("take labels and taints in place, and make way for nodes of another size", async () => {
    await up(simulated);
    const labelled = { ...simulated, labels: { workload: "inference" }, taints: [] };
    expect(await up(labelled)).toEqual(["update gpu-0", "update gpu-1"]);
    const steps = await up({ ...labelled, instanceTypes: ["g6e.48xlarge"] });
    expect(steps).toEqual(expect.arrayContaining(["delete-replaced gpu-0", "create-replacement gpu-0"]));
    const node = await server.request("GET", "/api/v1/nodes/gpu-0");
    expect(at(node, 'status.capacity["nvidia.com/gpu"]')).toBe("8");
  });
});
