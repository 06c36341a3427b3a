import * as k8s from "@pulumi/kubernetes";
import { describe, expect, it } from "vitest";
import { VllmDeployment } from "../../../components/vllm-deployment.ts";
import { renderManifests } from "../../support/manifests.ts";
import { at, runWithMocks, valueOf } from "../../support/mocks.ts";
import { deploy, IMAGE, MINIMAL } from "./vllm-args.ts";
import { TYPICAL } from "./vllm-typical.ts";

describe("VllmDeployment", () => {
  it.each(Object.entries(TYPICAL))("renders %s as in its golden manifest", async (name, args) => {
    const run = await deploy(args);
    await expect(renderManifests(run)).toMatchFileSnapshot(`golden/vllm-${name}.yaml`);
  });

  it("names its children after itself and is their parent", async () => {
    const run = await deploy({ replicas: 2 });
    const names = run.childrenOf("chat").map(({ type, name }) => `${type.split(":").at(-1) ?? ""} ${name}`);
    expect(names.sort()).toEqual([
      "Deployment chat-server",
      "NetworkPolicy chat-ingress",
      "PodDisruptionBudget chat-budget",
      "PodMonitor chat-monitor",
      "Service chat-service",
      "ServiceAccount chat-account",
    ]);
    expect(run.resources).toHaveLength(7);
  });

  it("makes the ingress rules before the pods", async () => {
    const run = await deploy();
    expect(run.find("Deployment").dependencies).toContain(run.find("NetworkPolicy").urn);
  });

  it("gives names and endpoint, as outputs and to the engine", async () => {
    const run = await deploy({ name: "chat-1" });
    const { result } = run;
    const expected = {
      deploymentName: "chat-1",
      serviceName: "chat-1",
      endpoint: "http://chat-1.serving.svc:8000",
      modelName: "Qwen/Qwen3-0.6B",
      podMonitorName: "chat-1",
    };
    expect(run.find("VllmDeployment").outputs).toEqual(expected);
    for (const [field, value] of Object.entries(expected)) {
      expect(await valueOf(result[field as keyof typeof expected])).toBe(value);
    }
  });

  it("shows its arguments to the engine, for a diff at the level of the component", async () => {
    const run = await deploy({ replicas: 3 });
    expect(run.find("VllmDeployment").inputs).toMatchObject({ replicas: 3, image: IMAGE });
  });

  it("puts every object under the parent's provider", async () => {
    const run = await runWithMocks(() => {
      const provider = new k8s.Provider("cluster", { kubeconfig: "{}" });
      return new VllmDeployment("chat", MINIMAL, { providers: [provider] });
    });
    const urn = run.find("pulumi:providers:kubernetes").urn;
    for (const child of run.childrenOf("chat")) expect(child.provider).toMatch(new RegExp(`^${urn}::`));
  });

  it("can stand twice in one program", async () => {
    const run = await runWithMocks(() => [
      new VllmDeployment("a", MINIMAL),
      new VllmDeployment("b", { ...MINIMAL, namespace: "other" }),
    ]);
    expect(run.all("Deployment").map(({ inputs }) => at(inputs, "metadata.name"))).toEqual(["a", "b"]);
  });

  it("selects the same pods everywhere", async () => {
    const run = await deploy({ replicas: 2, podLabels: { tier: "gold" } });
    const selector = { "app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": "chat" };
    const deployment = run.find("Deployment").inputs;
    expect(at(deployment, "spec.selector.matchLabels")).toEqual(selector);
    expect(at(deployment, "spec.template.metadata.labels")).toMatchObject({ ...selector, tier: "gold" });
    expect(at(run.find("Service").inputs, "spec.selector")).toEqual(selector);
    for (const type of ["PodMonitor", "PodDisruptionBudget"]) {
      expect(at(run.find(type).inputs, "spec.selector.matchLabels")).toEqual(selector);
    }
    expect(at(run.find("NetworkPolicy").inputs, "spec.podSelector.matchLabels")).toEqual(selector);
    expect(
      at(deployment, "spec.template.spec.topologySpreadConstraints[0].labelSelector.matchLabels"),
    ).toEqual(selector);
  });
});
