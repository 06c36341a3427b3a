import { beforeAll, describe, expect, it } from "vitest";
import { KubeRayOperator, type KubeRayOperatorArgs } from "../../../components/kuberay-operator.ts";
import { renderManifests } from "../../support/manifests.ts";
import { at, runWithMocks } from "../../support/mocks.ts";

const MINIMAL: KubeRayOperatorArgs = { namespace: "ray", watchNamespaces: ["vllm", "vllm-batch"] };
const install = (args: Partial<KubeRayOperatorArgs> = {}) =>
  runWithMocks(() => new KubeRayOperator("kuberay-operator", { ...MINIMAL, ...args }));
const container = (run: Awaited<ReturnType<typeof install>>, path: string) =>
  at(run.find("Deployment").inputs, `spec.template.spec.containers[0].${path}`);

function refusal(args: object): string {
  try {
    new KubeRayOperator("kuberay-operator", { ...MINIMAL, ...args });
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

describe("KubeRayOperator", () => {
  /** With the defaults. Half a megabyte of CRDs makes a run slow, so all tests of the defaults look at this one. */
  let run: Awaited<ReturnType<typeof install>>;
  beforeAll(async () => {
    run = await install();
  });

  it("renders as in its golden manifest", async () => {
    await expect(renderManifests(run)).toMatchFileSnapshot("golden/kuberay-operator.yaml");
  });

  it("has rights in the namespaces that it watches, and nowhere else", () => {
    expect(run.all("ClusterRole")).toEqual([]);
    expect(run.all("Role").map(({ inputs }) => at(inputs, "metadata.namespace"))).toEqual([
      "ray",
      "vllm",
      "vllm-batch",
    ]);
    for (const { inputs } of run.all("Role"))
      expect(JSON.stringify(at(inputs, "rules"))).not.toContain('"*"');
    expect(container(run, "args")).toContain("--watch-namespace=vllm,vllm-batch");
  });

  it("brings the CRDs before itself, unless others have them", async () => {
    const crds = run.all("CustomResourceDefinition");
    expect(crds.map(({ inputs }) => at(inputs, "metadata.name")).sort()).toEqual([
      "rayclusters.ray.io",
      "rayjobs.ray.io",
      "rayservices.ray.io",
    ]);
    for (const crd of crds) {
      expect(run.find("Deployment").dependencies).toContain(crd.urn);
      expect(crd.retainOnDelete).toBe(false);
    }
    expect((await install({ installCrds: false })).all("CustomResourceDefinition")).toEqual([]);
    const kept = (await install({ retainCrds: true })).all("CustomResourceDefinition");
    expect(kept.map(({ retainOnDelete }) => retainOnDelete)).toEqual([true, true, true]);
  });

  it("takes image, credentials and resources", async () => {
    const own = await install({
      installCrds: false,
      image: "registry.example.com/kuberay:v1.6.1",
      imagePullSecrets: ["registry"],
      resources: { cpuRequest: "1", memory: "1Gi" },
    });
    expect(container(own, "image")).toBe("registry.example.com/kuberay:v1.6.1");
    expect(container(own, "resources")).toEqual({
      requests: { cpu: "1", memory: "1Gi" },
      limits: { memory: "1Gi" },
    });
    expect(at(own.find("Deployment").inputs, "spec.template.spec.imagePullSecrets")).toEqual([
      { name: "registry" },
    ]);
  });

  it.each<[string, object, RegExp]>([
    ["no namespace to watch", { watchNamespaces: [] }, /watchNamespaces must name a namespace/],
    ["a namespace twice", { watchNamespaces: ["a", "a"] }, /watchNamespaces\[1\] is there twice/],
    ["a namespace that is none", { watchNamespaces: ["A"] }, /watchNamespaces\[0\] must be a DNS label/],
    ["a namespace of its own that is none", { namespace: "A" }, /namespace must be a DNS label/],
    ["an image without version", { image: "kuberay/operator" }, /image must name a version or a digest/],
    ["the latest image", { image: "kuberay/operator:latest" }, /image must name a version/],
    ["no CPU", { resources: { cpuRequest: "0" } }, /resources.cpuRequest must be a Kubernetes quantity/],
    ["no memory", { resources: { memory: "x" } }, /resources.memory must be a Kubernetes quantity/],
  ])("refuses %s", (_, args, expected) => {
    expect(refusal(args)).toMatch(expected);
  });
});
