import * as k8s from "@pulumi/kubernetes";
import { describe, expect, it } from "vitest";
import { RayVllmService } from "../../../components/ray-vllm-service.ts";
import { renderManifests } from "../../support/manifests.ts";
import { at, runWithMocks, valueOf } from "../../support/mocks.ts";
import { cluster, deployRay, MINIMAL_RAY, RAY_IMAGE } from "./ray-args.ts";
import { RAY_TYPICAL } from "./ray-typical.ts";

describe("RayVllmService", () => {
  it.each(Object.entries(RAY_TYPICAL))("renders %s as in its golden manifest", async (name, args) => {
    const run = await deployRay(args);
    await expect(renderManifests(run)).toMatchFileSnapshot(`golden/ray-${name}.yaml`);
  });

  it("names its children after itself and is their parent", async () => {
    const run = await deployRay({ autoscaling: { minReplicas: 2 } });
    const names = run.childrenOf("chat").map(({ type, name }) => `${type.split(":").at(-1) ?? ""} ${name}`);
    expect(names.sort()).toEqual([
      "NetworkPolicy chat-ingress",
      "PodDisruptionBudget chat-budget",
      "PodMonitor chat-head-monitor",
      "PodMonitor chat-monitor",
      "RayService chat-service",
      "ServiceAccount chat-account",
      "ServiceAccount chat-head-account",
    ]);
    expect(run.resources).toHaveLength(8);
  });

  it("makes the ingress rules and the accounts before the pods", async () => {
    const run = await deployRay();
    const { dependencies } = run.find("RayService");
    expect(dependencies).toContain(run.find("NetworkPolicy").urn);
    for (const account of run.all("ServiceAccount")) expect(dependencies).toContain(account.urn);
  });

  it("gives names and endpoint, as outputs and to the engine", async () => {
    const run = await deployRay({ name: "chat-1" });
    const { result } = run;
    const expected = {
      rayServiceName: "chat-1",
      serviceName: "chat-1-serve-svc",
      endpoint: "http://chat-1-serve-svc.serving.svc:8000",
      modelName: "Qwen/Qwen3-0.6B",
      podMonitorName: "chat-1",
    };
    expect(run.find("RayVllmService").outputs).toEqual(expected);
    for (const [field, value] of Object.entries(expected)) {
      expect(await valueOf(result[field as keyof typeof expected])).toBe(value);
    }
  });

  it("shows its arguments to the engine, for a diff at the level of the component", async () => {
    const run = await deployRay({ autoscaling: { minReplicas: 3 } });
    expect(run.find("RayVllmService").inputs).toMatchObject({
      autoscaling: { minReplicas: 3 },
      image: RAY_IMAGE,
    });
  });

  it("puts every object under the parent's provider", async () => {
    const run = await runWithMocks(() => {
      const provider = new k8s.Provider("cluster", { kubeconfig: "{}" });
      return new RayVllmService("chat", MINIMAL_RAY, { providers: [provider] });
    });
    const urn = run.find("pulumi:providers:kubernetes").urn;
    for (const child of run.childrenOf("chat")) expect(child.provider).toMatch(new RegExp(`^${urn}::`));
  });

  it("can stand twice in one program", async () => {
    const run = await runWithMocks(() => [
      new RayVllmService("a", MINIMAL_RAY),
      new RayVllmService("b", { ...MINIMAL_RAY, namespace: "other" }),
    ]);
    expect(run.all("RayService").map(({ inputs }) => at(inputs, "metadata.name"))).toEqual(["a", "b"]);
  });

  it("selects its own pods everywhere, and leaves the operator's labels to the operator", async () => {
    const run = await deployRay({ autoscaling: { minReplicas: 2 }, podLabels: { tier: "gold" } });
    const own = { "vllm-monitoring/ray-service": "chat" };
    const worker = { ...own, "app.kubernetes.io/component": "ray-worker" };
    const head = { ...own, "app.kubernetes.io/component": "ray-head" };
    const workerLabels = cluster(run, "workerGroupSpecs[0].template.metadata.labels") as object;
    const headLabels = cluster(run, "headGroupSpec.template.metadata.labels") as object;
    expect(workerLabels).toMatchObject({ ...worker, tier: "gold" });
    expect(headLabels).toMatchObject({ ...head, tier: "gold" });
    for (const labels of [workerLabels, headLabels])
      expect(labels).not.toHaveProperty(["app.kubernetes.io/name"]);
    const selector = (type: string, name: string) =>
      at(run.find(type, name).inputs, "spec.selector.matchLabels");
    expect(selector("PodMonitor", "chat-monitor")).toEqual(worker);
    expect(selector("PodMonitor", "chat-head-monitor")).toEqual(head);
    expect(selector("PodDisruptionBudget", "chat-budget")).toEqual(worker);
    expect(at(run.find("NetworkPolicy").inputs, "spec.podSelector.matchLabels")).toEqual(own);
  });
});
