/** One model over several nodes. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VllmMultiNode, type VllmMultiNodeArgs } from "../../../components/vllm-multi-node.ts";
import { gpusOfPod } from "../../../components/vllm/multi-node.ts";
import { renderManifests } from "../../support/manifests.ts";
import { at, runWithMocks, valueOf } from "../../support/mocks.ts";
import { MINIMAL, model } from "./vllm-args.ts";
import { MULTI_NODE } from "./vllm-multi-node.ts";

const group = (args: Partial<VllmMultiNodeArgs> = {}) =>
  runWithMocks(
    () =>
      new VllmMultiNode("giant", { ...MINIMAL, nodes: 2, parallelism: { tensor: 8, pipeline: 2 }, ...args }),
  );
const template = "spec.leaderWorkerTemplate";

describe("VllmMultiNode", () => {
  it.each(Object.entries(MULTI_NODE))("renders %s as in its golden manifest", async (name, args) => {
    await expect(renderManifests(await group(args))).toMatchFileSnapshot(
      `golden/vllm-multi-node-${name}.yaml`,
    );
  });

  it("names its children after itself, and its outputs", async () => {
    const run = await group({ replicas: 2 });
    const names = run.childrenOf("giant").map(({ type, name }) => `${type.split(":").at(-1) ?? ""} ${name}`);
    expect(names.sort()).toEqual([
      "LeaderWorkerSet giant-group",
      "NetworkPolicy giant-ingress",
      "PodDisruptionBudget giant-budget",
      "PodMonitor giant-monitor",
      "Service giant-service",
      "ServiceAccount giant-account",
    ]);
    expect(run.find("LeaderWorkerSet").dependencies).toContain(run.find("NetworkPolicy").urn);
    expect(await valueOf(run.result.endpoint)).toBe("http://giant.serving.svc:8000");
    expect(run.find("VllmMultiNode").outputs).toEqual({
      groupName: "giant",
      serviceName: "giant",
      endpoint: "http://giant.serving.svc:8000",
      modelName: "Qwen/Qwen3-0.6B",
      podMonitorName: "giant",
    });
  });

  it("gives each pod its node's share of the GPUs, and the whole sizes to vLLM", async () => {
    const { inputs } = (await group()).find("LeaderWorkerSet");
    expect(at(inputs, `${template}.size`)).toBe(2);
    for (const part of ["leaderTemplate", "workerTemplate"]) {
      const container = `${template}.${part}.spec.containers[0]`;
      expect(at(inputs, `${container}.resources.limits["nvidia.com/gpu"]`), part).toBe("8");
      const words = at(inputs, `${container}.args`) as string[];
      expect(words.join(" ")).toContain("--tensor-parallel-size 8 --pipeline-parallel-size 2");
      expect(words.join(" ")).toContain(
        "--nnodes $(LWS_GROUP_SIZE) --node-rank $(LWS_WORKER_INDEX) --master-addr $(LWS_LEADER_ADDRESS)",
      );
      expect(words.includes("--headless"), part).toBe(part === "workerTemplate");
    }
  });

  it("serves, probes and scrapes leaders alone", async () => {
    const run = await group({ apiServerCount: 2 });
    const leader = { "leaderworkerset.sigs.k8s.io/worker-index": "0" };
    expect(at(run.find("Service").inputs, "spec.selector")).toMatchObject(leader);
    expect(at(run.find("PodMonitor").inputs, "spec.selector.matchLabels")).toMatchObject(leader);
    const { inputs } = run.find("LeaderWorkerSet");
    const worker = at(inputs, `${template}.workerTemplate.spec.containers[0]`);
    for (const field of ["ports", "startupProbe", "readinessProbe", "livenessProbe", "command"])
      expect(worker, field).not.toHaveProperty(field);
    expect(JSON.stringify(worker)).not.toContain("--api-server-count");
    expect(JSON.stringify(worker)).not.toContain("PROMETHEUS_MULTIPROC_DIR");
    const served = at(inputs, `${template}.leaderTemplate.spec.containers[0]`);
    expect(JSON.stringify(served)).toContain("--api-server-count");
    expect(served).toHaveProperty("readinessProbe");
  });

  it("lets the pods of its groups reach each other, and no others", async () => {
    const ingress = at((await group()).find("NetworkPolicy").inputs, "spec.ingress") as { from: object[] }[];
    expect(ingress[1]).toEqual({
      from: [
        {
          podSelector: {
            matchLabels: {
              "app.kubernetes.io/name": "vllm",
              "app.kubernetes.io/instance": "giant",
              "leaderworkerset.sigs.k8s.io/name": "giant",
            },
          },
        },
      ],
    });
    expect(ingress[1]).not.toHaveProperty("ports");
  });

  it("leaves the number of groups to an autoscaler", async () => {
    const { inputs } = (await group({ autoscaled: true, replicas: 3 })).find("LeaderWorkerSet");
    expect(inputs["spec"]).not.toHaveProperty("replicas");
  });

  it.each<[string, Partial<VllmMultiNodeArgs>, RegExp]>([
    ["one node", { nodes: 1 }, /nodes must be a whole number of at least 2, is 1/],
    ["half a node", { nodes: 2.5 }, /nodes must be a whole number/],
    ["sizes that don't divide", { nodes: 3 }, /nodes must divide tensor × pipeline \(16\) evenly/],
    [
      "data parallelism",
      { parallelism: { tensor: 8, data: 2 } },
      /parallelism.data can't span nodes here, is 2/,
    ],
    ["a topology that is no label", { exclusiveTopologyKey: "near me" }, /exclusiveTopologyKey is no key/],
    ["what a deployment refuses", { model: model({ maxLength: 0 }) }, /model.maxLength must be/],
  ])("refuses %s", async (_, args, message) => {
    await expect(group(args)).rejects.toThrow(message);
  });

  it("shares GPUs evenly or not at all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 512 }), fc.integer({ min: 2, max: 32 }), (gpus, nodes) => {
        const share = gpusOfPod(gpus, nodes);
        if (share === undefined) expect(gpus % nodes).not.toBe(0);
        else expect(share * nodes).toBe(gpus);
      }),
    );
  });
});
