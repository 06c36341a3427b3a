/**
 * What a change of a model or of the gateway does, through the real engine with a provider that knows which fields only a new
 * object can take: nothing is ever replaced but by another name, and other objects are left alone.
 */
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { LiteLlmGateway, type LiteLlmGatewayArgs } from "../../../components/litellm-gateway.ts";
import { RayVllmService, type RayVllmServiceArgs } from "../../../components/ray-vllm-service.ts";
import { VllmDeployment, type VllmDeploymentArgs } from "../../../components/vllm-deployment.ts";
import { VllmMultiNode, type VllmMultiNodeArgs } from "../../../components/vllm-multi-node.ts";
import { nameOfUrn } from "../../../review/run/aliases.ts";
import { spareTraces } from "../../support/spare-traces.ts";
import { MINIMAL as GATEWAY } from "../../unit/components/litellm-typical.ts";
import { MINIMAL_RAY as RAY } from "../../unit/components/ray-args.ts";
import { MINIMAL as VLLM } from "../../unit/components/vllm-args.ts";
import { Sandbox } from "../stacks/stub.ts";

interface Changes {
  one?: Partial<VllmDeploymentArgs>;
  several?: Partial<VllmMultiNodeArgs>;
  ray?: Partial<RayVllmServiceArgs>;
  gateway?: Partial<LiteLlmGatewayArgs>;
}

const IMAGE = `vllm/vllm-openai:v0.34.0@sha256:${"fedcba9876543210".repeat(4)}`;
const several: VllmMultiNodeArgs = {
  ...VLLM,
  nodes: 2,
  parallelism: { tensor: 8, pipeline: 2 },
};
const gateway: LiteLlmGatewayArgs = { ...GATEWAY, masterKey: "sk-0123456789abcdef0123456789abcdef" };

const sandbox = new Sandbox();
spareTraces();
let stack: Stack;
let changes: Changes = {};

beforeAll(async () => {
  stack = await sandbox.stackOf("serving", "test", () => {
    new VllmDeployment("one", { ...VLLM, ...changes.one });
    new VllmMultiNode("several", { ...several, ...changes.several });
    new RayVllmService("under-ray", { ...RAY, ...changes.ray });
    new LiteLlmGateway("gateway", { ...gateway, ...changes.gateway });
    return Promise.resolve();
  });
  await stack.up();
});
afterAll(() => {
  sandbox.remove();
});

/** Steps of a preview that are more than "same", as `update one-server`. */
async function steps(of: Changes): Promise<string[]> {
  changes = of;
  const found: string[] = [];
  await stack.preview({
    onEvent: ({ resourcePreEvent }: EngineEvent) => {
      const metadata = resourcePreEvent?.metadata;
      if (metadata === undefined || metadata.op === "same" || metadata.type === "pulumi:pulumi:Stack") return;
      // Components are no objects: their inputs are what the user wrote.
      if (metadata.type.startsWith("vllm-monitoring:")) return;
      found.push(`${metadata.op} ${nameOfUrn(metadata.urn)}`);
    },
  });
  return found.sort();
}

const inPlace: Record<string, [Changes, string[]]> = {
  nothing: [{}, []],
  replicas: [{ one: { replicas: 3 } }, ["create one-budget", "update one-server"]],
  image: [{ one: { image: IMAGE } }, ["update one-server"]],
  labels: [{ one: { podLabels: { "example.com/stage": "canary" } } }, ["update one-server"]],
  "engine arguments": [{ one: { extraArgs: ["--enable-prefix-caching"] } }, ["update one-server"]],
  GPUs: [{ one: { gpu: { count: 2 }, parallelism: { tensor: 2 } } }, ["update one-server"]],
  "an autoscaler": [{ one: { autoscaled: true } }, ["create one-budget", "update one-server"]],
  "groups of nodes": [{ several: { replicas: 3 } }, ["create several-budget", "update several-group"]],
  "image of several nodes": [{ several: { image: IMAGE } }, ["update several-group"]],
  "number of nodes": [
    { several: { nodes: 4, parallelism: { tensor: 8, pipeline: 4 } } },
    ["update several-group"],
  ],
  "bounds under Ray": [
    { ray: { autoscaling: { minReplicas: 1, maxReplicas: 4 } } },
    ["update under-ray-service"],
  ],
  "image under Ray": [
    { ray: { image: `rayproject/ray-llm:2.61.0@sha256:${"ab".repeat(32)}`, rayVersion: "2.61.0" } },
    ["update under-ray-service"],
  ],
  "gateway's replicas and workers": [{ gateway: { replicas: 5, workers: 4 } }, ["update gateway-proxy"]],
};

describe("a change in place", () => {
  it.each(Object.entries(inPlace))("of %s", async (_, [change, expected]) => {
    expect(await steps(change)).toEqual(expected);
  });
});

// The other half: the provider does tell when only a new object will do.
it("of a name makes another object", async () => {
  const found = await steps({ one: { name: "another" } });
  expect(found).toContain("replace one-server");
});
