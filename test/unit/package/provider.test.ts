/** The plugin's provider, with mocks in the place of the engine. */
import { readFileSync } from "node:fs";

import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";

import { PLUGIN_COMPONENTS } from "../../../package/components.ts";
import { ComponentProvider } from "../../../package/provider.ts";
import { SCHEMA_FILE, shortName, type PackageSchema } from "../../../package/schema.ts";

const schema = JSON.parse(readFileSync(SCHEMA_FILE, "utf8")) as PackageSchema;
const provider = new ComponentProvider(schema, "1.2.3", PLUGIN_COMPONENTS);
const made: { type: string; name: string; inputs: Record<string, unknown> }[] = [];

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      made.push({ type, name, inputs: inputs as Record<string, unknown> });
      return { id: `${name}-id`, state: inputs as object };
    },
    call: () => ({}),
  });
});
beforeEach(() => {
  made.length = 0;
});

const args = {
  namespace: "serving",
  owner: "search",
  image: `vllm/vllm-openai:v0.32.0@sha256:${"ab".repeat(32)}`,
  model: { source: { kind: "hub", hub: { id: "org/model", revision: "0".repeat(40) } } },
};
const token = "vllm-monitoring:index:VllmDeployment";

describe("the schema", () => {
  it("has every component, and says of every input and output what it is", () => {
    expect(Object.keys(schema.resources).map(shortName).sort()).toEqual(
      Object.keys(PLUGIN_COMPONENTS).sort(),
    );
    const described = [
      ...Object.entries(schema.resources).flatMap(([name, { inputProperties, properties }]) =>
        Object.entries({ ...inputProperties, ...properties }).map(
          ([key, { description }]) => [`${shortName(name)}.${key}`, description] as const,
        ),
      ),
    ];
    expect(described.length).toBeGreaterThan(100);
    expect(described.filter(([, text]) => !text).map(([path]) => path)).toEqual([]);
  });

  it("knows the type of everything but what is any JSON in its own schema, too", () => {
    const untyped = (value: unknown, path: string): string[] => {
      if (typeof value !== "object" || value === null) return [];
      const here = (value as { $ref?: string }).$ref === "pulumi.json#/Any" ? [path] : [];
      return [
        ...here,
        ...Object.entries(value).flatMap(([key, inner]) => untyped(inner, `${path} ${shortName(key)}`)),
      ];
    };
    expect([...untyped(schema.resources, "resource"), ...untyped(schema.types, "type")]).toEqual([
      "resource RayVllmService inputProperties engineArguments additionalProperties",
      "type ManagedFieldsEntry properties fieldsV1",
    ]);
  });

  it("refers to no type that it does not have", () => {
    const references = [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to = ""]) => to);
    const missing = references.filter(
      (to) => to.startsWith("#/types/") && !(decodeURIComponent(to.slice("#/types/".length)) in schema.types),
    );
    expect(references.length).toBeGreaterThan(100);
    expect(missing).toEqual([]);
    // References to other packages would make users install their plugins.
    expect(references.filter((to) => !to.startsWith("#/types/") && !to.startsWith("pulumi.json#"))).toEqual(
      [],
    );
  });

  it("is given to the engine with the version of the package", () => {
    expect(JSON.parse(provider.schema)).toEqual({ ...schema, version: "1.2.3" });
    expect(provider.version).toBe("1.2.3");
  });
});

describe("construct", () => {
  it("makes the component with its children, and answers with its outputs", async () => {
    const { urn, state } = await provider.construct("llama", token, args, {});
    expect(await valueOf(urn)).toContain("::vllm-monitoring:index:VllmDeployment::llama");
    expect(Object.keys(state)).toEqual(Object.keys(schema.resources[token]?.properties ?? {}));
    expect(await valueOf(state["endpoint"])).toBe("http://llama.serving.svc:8000");
    await pulumi.runtime.disconnect();
    expect(made.map(({ type, name }) => `${type} ${name}`)).toContain(
      "kubernetes:apps/v1:Deployment llama-server",
    );
  });

  it("takes outputs and secrets where values stand, and keeps secrets secret", async () => {
    const owner = pulumi.secret("search");
    const { state } = await provider.construct("secretive", token, { ...args, owner }, {});
    await pulumi.runtime.disconnect();
    const monitor = made.find(({ name }) => name === "secretive-monitor");
    expect(JSON.stringify(monitor?.inputs)).toContain("search");
    expect(await pulumi.isSecret(pulumi.output(state["endpoint"]))).toBe(true);
  });

  it("refuses wrong arguments as the component does", () => {
    expect(() => provider.construct("llama", token, { ...args, replicas: -1 }, {})).toThrow(/replicas/);
  });

  it("names the components that there are, when asked for another", () => {
    expect(() => provider.construct("x", "vllm-monitoring:index:Unknown", {}, {})).toThrow(
      /type: got vllm-monitoring:index:Unknown; expected a component of vllm-monitoring: .*VllmDeployment/,
    );
  });
});

function valueOf(value: pulumi.Input<unknown>): Promise<unknown> {
  return new Promise((resolve) => {
    pulumi.output(value as pulumi.Input<string>).apply(resolve);
  });
}
