import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { type ApiServer, startApiServer } from "../../support/api-server.ts";
import { createTestStack, type Step, type TestStack } from "../../support/pulumi-engine.ts";

let server: ApiServer;
let test: TestStack;
beforeAll(async () => {
  server = await startApiServer({
    controllers: ["garbage-collector-controller", "namespace-controller", "serviceaccount-controller"],
  });
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  test = await createTestStack();
});
afterEach(async () => {
  await test.destroy();
  await test.remove();
});

function provider(args: k8s.ProviderArgs = {}): k8s.Provider {
  return new k8s.Provider("cluster", {
    kubeconfig: server.kubeconfigPath,
    clusterIdentifier: "test",
    ...args,
  });
}

/** A program that has one ConfigMap. */
function configMap(
  data: Record<string, pulumi.Input<string>>,
  options: { readonly name?: string; readonly provider?: k8s.ProviderArgs } = {},
): pulumi.automation.PulumiFn {
  return () => {
    const metadata = options.name === undefined ? {} : { metadata: { name: options.name } };
    const map = new k8s.core.v1.ConfigMap(
      "map",
      { ...metadata, data },
      { provider: provider(options.provider) },
    );
    return Promise.resolve({ name: map.metadata.name });
  };
}

function stepsOn(name: string): Step[] {
  return test.steps().filter((step) => step.name === name);
}

async function configMapNames(): Promise<string[]> {
  const list = (await server.request("GET", "/api/v1/namespaces/default/configmaps")) as {
    items: { metadata: { name: string } }[];
  };
  return list.items.map(({ metadata }) => metadata.name).filter((name) => name !== "kube-root-ca.crt");
}

async function failureOf(operation: Promise<unknown>): Promise<string> {
  try {
    await operation;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("the operation did not fail");
}

describe("life of an object", () => {
  it("is created, left alone, changed, and destroyed", async () => {
    test.program = configMap({ a: "1" }, { name: "life", provider: { enableConfigMapMutable: true } });
    await test.preview();
    expect(stepsOn("map")).toMatchObject([{ op: "create" }]);
    expect(await configMapNames()).toEqual([]);
    await test.up();
    expect(await configMapNames()).toEqual(["life"]);

    await test.up({ expectNoChanges: true });
    expect(test.steps()).toEqual([]);

    test.program = configMap(
      { a: "2", b: "1" },
      { name: "life", provider: { enableConfigMapMutable: true } },
    );
    await test.preview();
    const update = { op: "update", name: "map", keys: [], diff: { "data.a": "update", "data.b": "add" } };
    expect(test.steps()).toEqual([update]);
    await test.up();
    expect(test.steps()).toEqual([update]);
    expect(await server.request("GET", "/api/v1/namespaces/default/configmaps/life")).toMatchObject({
      data: { a: "2", b: "1" },
    });

    await test.destroy();
    expect(stepsOn("map")).toMatchObject([{ op: "delete" }]);
    expect(await configMapNames()).toEqual([]);
    expect(await test.resources()).toEqual([]);
  });

  it("gets a name of its own if the program gives none, and keeps it", async () => {
    test.program = configMap({ a: "1" });
    const first = await test.up();
    expect(first.outputs["name"]?.value).toMatch(/^map-[0-9a-f]{8}$/);
    const second = await test.up({ expectNoChanges: true });
    expect(second.outputs["name"]?.value).toBe(first.outputs["name"]?.value);
  });
});

describe("replacement", () => {
  it("of an immutable ConfigMap with a fixed name deletes first", async () => {
    test.program = configMap({ a: "1" }, { name: "fixed" });
    await test.up();
    test.program = configMap({ a: "2" }, { name: "fixed" });
    await test.up();
    expect(test.steps().map(({ op }) => op)).toEqual(["delete-replaced", "replace", "create-replacement"]);
    expect(stepsOn("map")[1]).toMatchObject({ keys: ["data.a"], diff: { "data.a": "update-replace" } });
    expect(await configMapNames()).toEqual(["fixed"]);
  });

  it("of one with a made-up name creates first", async () => {
    test.program = configMap({ a: "1" });
    const first = await test.up();
    test.program = configMap({ a: "2" });
    const second = await test.up();
    expect(test.steps().map(({ op }) => op)).toEqual(["create-replacement", "replace", "delete-replaced"]);
    expect(second.outputs["name"]?.value).not.toBe(first.outputs["name"]?.value);
    expect(await configMapNames()).toEqual([second.outputs["name"]?.value]);
  });

  it("by a new name creates the new object before it deletes the old", async () => {
    test.program = configMap({ a: "1" }, { name: "old" });
    await test.up();
    test.program = configMap({ a: "1" }, { name: "new" });
    await test.preview();
    expect(stepsOn("map")[0]).toMatchObject({ diff: { "metadata.name": "update-replace" } });
    await test.up();
    expect(test.steps().map(({ op }) => op)).toEqual(["create-replacement", "replace", "delete-replaced"]);
    expect(await configMapNames()).toEqual(["new"]);
  });
});

describe("refresh", () => {
  it("finds what changed on the cluster, and the next update undoes it", async () => {
    const program = configMap({ a: "1" }, { name: "drift", provider: { enableConfigMapMutable: true } });
    test.program = program;
    await test.up();
    const path = "/api/v1/namespaces/default/configmaps/drift";
    await server.request("PATCH", path, { data: { a: "drifted" } }, "application/merge-patch+json");
    await test.refresh();
    const [state] = (await test.resources()).filter(({ type }) => type.endsWith("ConfigMap"));
    expect(state?.outputs).toMatchObject({ data: { a: "drifted" } });
    // The drift belongs to another field manager now: taking it back is a decision.
    expect(await failureOf(test.up())).toMatch(/conflict with "[^"]+".*\.data\.a/s);
    test.program = configMap(
      { a: "1" },
      { name: "drift", provider: { enableConfigMapMutable: true, enablePatchForce: true } },
    );
    await test.up();
    expect(await server.request("GET", path)).toMatchObject({ data: { a: "1" } });
  });

  it("notices that an object is gone", async () => {
    test.program = configMap({ a: "1" }, { name: "gone" });
    await test.up();
    await server.request("DELETE", "/api/v1/namespaces/default/configmaps/gone");
    await test.refresh();
    expect((await test.resources()).map(({ type }) => type)).not.toContain("kubernetes:core/v1:ConfigMap");
    await test.up();
    expect(stepsOn("map")).toMatchObject([{ op: "create" }]);
  });
});

describe("secrets", () => {
  it("stand in no state file and in no output, whichever way they go in", async () => {
    const value = "hunter2-in-the-clear";
    test.program = () => {
      const options = { provider: provider() };
      new k8s.core.v1.Secret("secret", { metadata: { name: "s" }, stringData: { password: value } }, options);
      new k8s.core.v1.ConfigMap(
        "map",
        { metadata: { name: "m" }, data: { key: pulumi.secret(value) } },
        options,
      );
      return Promise.resolve();
    };
    await test.preview({ diff: true });
    await test.up({ diff: true });
    await test.refresh();
    const encoded = Buffer.from(value).toString("base64");
    const stacks = path.join(test.stack.workspace.workDir, ".pulumi");
    const files = await readdir(stacks, { recursive: true, withFileTypes: true });
    const states = files.filter((file) => file.isFile() && file.name.includes("json"));
    expect(states.length).toBeGreaterThan(0);
    for (const file of states) {
      const text = await readFile(path.join(file.parentPath, file.name), "utf8");
      expect(text).not.toContain(value);
      expect(text).not.toContain(encoded);
    }
    expect(test.output.join("")).not.toContain(value);
    expect(test.output.join("")).not.toContain(encoded);
  });
});

describe("custom resources", () => {
  function program(size: number): pulumi.automation.PulumiFn {
    return () => {
      const options = { provider: provider() };
      const schema = { type: "object", x_kubernetes_preserve_unknown_fields: true };
      // The garbage collector learns of new kinds every 30 seconds only.
      const annotations = { "pulumi.com/deletionPropagationPolicy": "background" };
      const definition = new k8s.apiextensions.v1.CustomResourceDefinition(
        "definition",
        {
          metadata: { name: "gadgets.engine.example.com" },
          spec: {
            group: "engine.example.com",
            scope: "Namespaced",
            names: { kind: "Gadget", plural: "gadgets" },
            versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
          },
        },
        options,
      );
      new k8s.apiextensions.CustomResource(
        "gadget",
        {
          apiVersion: "engine.example.com/v1",
          kind: "Gadget",
          metadata: { name: "g", annotations },
          spec: { size },
        },
        { ...options, dependsOn: definition },
      );
      return Promise.resolve();
    };
  }

  it("are previewed and created in one run with their definition", async () => {
    test.program = program(1);
    await test.preview();
    expect(test.steps().map(({ name, op }) => `${op} ${name}`)).toContain("create gadget");
    await test.up();
    await test.up({ expectNoChanges: true });
    test.program = program(2);
    await test.up();
    expect(test.steps()).toEqual([
      { op: "update", name: "gadget", keys: [], diff: { "spec.size": "update" } },
    ]);
  });
});

describe("unknown values", () => {
  it("are previewed without the server and filled in by the update", async () => {
    test.program = () => {
      const options = { provider: provider() };
      const service = new k8s.core.v1.Service(
        "service",
        { metadata: { name: "s" }, spec: { ports: [{ port: 80 }] } },
        options,
      );
      const address = service.spec.apply((spec) => spec.clusterIP);
      const uid = pulumi.all([service.metadata, address]).apply(([{ uid }]) => uid);
      new k8s.core.v1.ConfigMap("map", { metadata: { name: "m" }, data: { uid } }, options);
      return Promise.resolve();
    };
    await test.preview();
    expect(test.steps().map(({ op }) => op)).toEqual(["create", "create", "create"]);
    await test.up();
    const map = await server.request("GET", "/api/v1/namespaces/default/configmaps/m");
    expect(map["data"]).toEqual({ uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown });
  });
});

describe("errors", () => {
  it("carry the server's reason, and nothing is left behind", async () => {
    test.program = configMap({ a: "1" }, { name: "Not_A_Name" });
    const message = await failureOf(test.up());
    expect(message).toMatch(/metadata\.name: Invalid value: "Not_A_Name"/);
    expect((await test.resources()).map(({ type }) => type)).not.toContain("kubernetes:core/v1:ConfigMap");
  });

  it("keep an object that didn't become ready, and the next update goes on with it", async () => {
    const program = (annotations: Record<string, string>) => (): Promise<void> => {
      const spec = { containers: [{ name: "c", image: "i" }] };
      new k8s.core.v1.Pod("pod", { metadata: { name: "p", annotations }, spec }, { provider: provider() });
      return Promise.resolve();
    };
    const background = { "pulumi.com/deletionPropagationPolicy": "background" };
    test.program = program({ ...background, "pulumi.com/timeoutSeconds": "1" });
    expect(await failureOf(test.up())).toMatch(/'p' timed out waiting to be Ready/);
    const pod = (await test.resources()).find(({ type }) => type === "kubernetes:core/v1:Pod");
    expect(pod).toMatchObject({ id: "default/p", initErrors: [expect.stringContaining("timed out")] });
    test.program = program({ ...background, "pulumi.com/skipAwait": "true" });
    await test.up();
    expect(stepsOn("pod")).toMatchObject([{ op: "update" }]);
  });

  it("name the unreachable cluster's address and kubeconfig, and change nothing", async () => {
    const kubeconfig = server.kubeconfig.replace(server.url, "https://127.0.0.1:1");
    test.program = () => {
      const unreachable = new k8s.Provider("cluster", { kubeconfig });
      new k8s.core.v1.ConfigMap("map", { metadata: { name: "nowhere" } }, { provider: unreachable });
      return Promise.resolve();
    };
    const message = await failureOf(test.up());
    expect(message).toMatch(
      /cluster is unreachable: cannot reach the Kubernetes API server at https:\/\/127\.0\.0\.1:1 \(kubeconfig/,
    );
    expect((await test.resources()).map(({ type }) => type)).toEqual(["pulumi:providers:kubernetes"]);
  });

  it("say which features are the official provider's alone", async () => {
    test.program = () => {
      const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
      new k8s.yaml.v2.ConfigGroup("group", { yaml }, { provider: provider() });
      return Promise.resolve();
    };
    expect(await failureOf(test.up())).toMatch(/YAML files and groups need the official Kubernetes provider/);
  });
});

describe("provider", () => {
  it("is kept when its kubeconfig changes and its cluster doesn't", async () => {
    test.program = configMap({ a: "1" }, { name: "kept" });
    await test.up();
    test.program = configMap({ a: "1" }, { name: "kept", provider: { kubeconfig: server.kubeconfig } });
    await test.up();
    expect(test.steps().map(({ op, name }) => `${op} ${name}`)).toEqual(["update cluster"]);
  });
});
