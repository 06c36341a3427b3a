import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { at, runWithMocks, UNKNOWN, valueOf } from "../../support/mocks.ts";

class Box extends pulumi.ComponentResource {
  readonly mapName: pulumi.Output<string>;

  constructor(name: string, args: { value: pulumi.Input<string> }, opts?: pulumi.ComponentResourceOptions) {
    super("vllm-monitoring:index:Box", name, args, opts);
    const map = new k8s.core.v1.ConfigMap(
      `${name}-map`,
      { metadata: { name: `${name}-map`, namespace: "ns" }, data: { "a.key": args.value, open: "1" } },
      { parent: this, aliases: [{ name: "old-map" }] },
    );
    this.mapName = map.metadata.name;
    this.registerOutputs({ mapName: this.mapName });
  }
}

describe("runWithMocks", () => {
  it("records whole-chain URNs, children, aliases and registered outputs", async () => {
    const run = await runWithMocks(() => new Box("box", { value: "x" }), { project: "p", stack: "s" });
    const map = run.find("ConfigMap");
    expect(map.urn).toBe("urn:pulumi:s::p::vllm-monitoring:index:Box$kubernetes:core/v1:ConfigMap::box-map");
    expect(run.childrenOf("box")).toEqual([map]);
    expect(map.aliases).toMatchObject([{ name: "old-map" }]);
    expect(run.find("vllm-monitoring:index:Box").outputs).toEqual({ mapName: "box-map" });
    expect(await valueOf(run.result.mapName)).toBe("box-map");
  });

  it("reports secrets at the leaf where they were put", async () => {
    const run = await runWithMocks(() => new Box("box", { value: pulumi.secret("hidden") }));
    const map = run.find("ConfigMap");
    expect(map.secretPaths).toEqual(['data["a.key"]']);
    expect(map.inputs).toMatchObject({ data: { "a.key": "hidden", open: "1" } });
    expect(await valueOf(pulumi.isSecret(run.result.mapName))).toBe(false);
  });

  it("waits for resources made in applies and in timers the program awaits", async () => {
    const run = await runWithMocks(async () => {
      new Box("first", { value: "x" }).mapName.apply((name) => new Box(`${name}-second`, { value: "y" }));
      await new Promise((resolve) => setTimeout(resolve, 5));
      new Box("late", { value: "z" });
    });
    expect(run.all("Box").map(({ name }) => name)).toEqual(
      expect.arrayContaining(["first", "first-map-second", "late"]),
    );
    expect(run.all("ConfigMap")).toHaveLength(3);
  });

  it("refuses a URN registered twice, as the engine does, and stays usable", async () => {
    const twice = runWithMocks(() => [new Box("box", { value: "x" }), new Box("box", { value: "y" })]);
    await expect(twice).rejects.toThrow(/Duplicate resource URN: .*Box::box/);
    const after = await runWithMocks(() => new Box("box", { value: "x" }));
    expect(after.resources).toHaveLength(2);
  });

  it("fails the run with an error thrown in the program or in an apply", async () => {
    await expect(
      runWithMocks(() => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    await expect(
      runWithMocks(() => {
        new Box("box", { value: "x" }).mapName.apply(() => {
          throw new Error("in an apply");
        });
      }),
    ).rejects.toThrow("in an apply");
  });

  it("marks unknown values in a preview and gives outputs of the caller's choice otherwise", async () => {
    const program = () => {
      const box = new Box("box", { value: "x" });
      const map = k8s.core.v1.ConfigMap.get("other", "ns/other");
      return new Box("copy", { value: pulumi.interpolate`${map.id}-${box.mapName}` });
    };
    const outputs = () => ({ extra: true });
    const run = await runWithMocks(program, { outputs });
    expect(at(run.find("ConfigMap", "copy-map").inputs, 'data["a.key"]')).toBe("ns/other-box-map");
    const preview = await runWithMocks(
      () => {
        const service = new k8s.core.v1.Service("svc", { metadata: { name: "svc" } });
        return new Box("copy", { value: service.id });
      },
      { preview: true },
    );
    expect(at(preview.find("ConfigMap").inputs, 'data["a.key"]')).toBe(UNKNOWN);
  });

  it("reads configuration and its secrets, and forgets them after the run", async () => {
    const run = await runWithMocks(
      () => {
        const config = new pulumi.Config();
        return new Box("box", { value: config.requireSecret("token") });
      },
      { config: { "vllm-monitoring:token": "t" }, secretKeys: ["vllm-monitoring:token"] },
    );
    expect(run.find("ConfigMap").secretPaths).toEqual(['data["a.key"]']);
    await expect(runWithMocks(() => new pulumi.Config().require("token"))).rejects.toThrow(/token/);
  });

  it("at follows the paths it reports", () => {
    const value = { spec: { list: [{ "a.b/c": { d: 1 } }] } };
    expect(at(value, 'spec.list[0]["a.b/c"].d')).toBe(1);
    expect(at(value, "spec.list[1].x")).toBeUndefined();
  });

  it("find names what is there when there is not exactly one", async () => {
    const run = await runWithMocks(() => [new Box("a", { value: "" }), new Box("b", { value: "" })]);
    expect(() => run.find("Box")).toThrow(/exactly one Box, found 2[\s\S]*Box "a"/);
    expect(() => run.find("Pod")).toThrow(/found 0/);
    expect(() => run.childrenOf("nobody")).toThrow(/nobody/);
  });
});
