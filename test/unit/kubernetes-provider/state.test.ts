import { describe, expect, it } from "vitest";

import {
  adoptName,
  assignName,
  fieldManagerName,
  isAutonamed,
  uniqueName,
  usesGenerateName,
} from "../../../local/kubernetes-provider/naming.ts";
import {
  annotateSecrets,
  checkpoint,
  fieldManagerOf,
  parseCheckpoint,
  toKubernetesObject,
} from "../../../local/kubernetes-provider/values/checkpoint.ts";
import { idOf, nameOf, parseId } from "../../../local/kubernetes-provider/values/object.ts";
import {
  COMPUTED,
  type JsonObject,
  type PropertyMap,
  Secret,
} from "../../../local/kubernetes-provider/values/property.ts";

const none = new Uint8Array();

describe("names", () => {
  it("are made up from the resource's name, and marked", () => {
    const object = { metadata: {} };
    assignName(object, "web", none, undefined);
    expect(nameOf(object)).toMatch(/^web-[0-9a-f]{8}$/);
    expect(isAutonamed(object)).toBe(true);
  });

  it("are the same for the same seed", () => {
    const seed = Buffer.from("seed");
    expect(uniqueName("a-", seed)).toBe(uniqueName("a-", seed));
    expect(uniqueName("a-", seed)).not.toBe(uniqueName("a-", Buffer.from("other")));
    expect(uniqueName("a-", none)).not.toBe(uniqueName("a-", none));
  });

  it("are left alone if the program gives one, known or not, or asks the server for one", () => {
    const given: JsonObject[] = [{ name: "given" }, { name: COMPUTED }, { generateName: "pre-" }];
    for (const metadata of given) {
      const object: JsonObject = { metadata: { ...metadata } };
      assignName(object, "web", none, undefined);
      expect(object["metadata"]).toEqual(metadata);
    }
    expect(usesGenerateName({ metadata: { generateName: "pre-" } })).toBe(true);
    expect(usesGenerateName({ metadata: { generateName: "pre-", name: "a" } })).toBe(false);
  });

  it("follow the engine's configuration", () => {
    const object = {};
    assignName(object, "web", none, { mode: "enforce", proposedName: "dev-web" });
    expect(nameOf(object)).toBe("dev-web");
    expect(() => {
      assignName({}, "web", none, { mode: "disable", proposedName: "" });
    }).toThrow(/autonaming is disabled/);
  });

  it("are kept when the program still gives none", () => {
    const old = {};
    assignName(old, "web", none, undefined);
    const object = {};
    adoptName(object, old);
    expect(nameOf(object)).toBe(nameOf(old));
    expect(isAutonamed(object)).toBe(true);
    const named = { metadata: { name: "mine" } };
    adoptName(named, old);
    expect(named).toEqual({ metadata: { name: "mine" } });
    const foreign = {};
    adoptName(foreign, { metadata: { name: "given" } });
    expect(foreign).toEqual({});
  });

  it("make the id", () => {
    expect(idOf({ metadata: { name: "a", namespace: "n" } })).toBe("n/a");
    expect(idOf({ metadata: { name: "a" } })).toBe("a");
    expect(parseId("n/a")).toEqual({ namespace: "n", name: "a" });
    expect(parseId("a")).toEqual({ namespace: "", name: "a" });
  });

  it("of field managers come from the annotation, the state, or chance", () => {
    const annotated = { metadata: { annotations: { "pulumi.com/patchFieldManager": "mine" } } };
    expect(fieldManagerName(annotated, "stored")).toBe("mine");
    expect(fieldManagerName({}, "stored")).toBe("stored");
    expect(fieldManagerName({}, undefined)).toMatch(/^pulumi-kubernetes-[0-9a-f]{8}$/);
  });
});

describe("secrets", () => {
  it("stay secret at their place in an object, and as a whole in a list", () => {
    const inputs: PropertyMap = {
      spec: {
        password: new Secret("p"),
        user: "u",
        list: ["a", new Secret("b")],
        nested: { x: new Secret({ y: 1 }) },
      },
    };
    const outputs: PropertyMap = {
      spec: { password: "p", user: "u", list: ["a", "b"], nested: { x: { y: 1 }, z: 2 }, added: true },
    };
    annotateSecrets(outputs, inputs);
    expect(outputs).toEqual({
      spec: {
        password: new Secret("p"),
        user: "u",
        list: new Secret(["a", "b"]),
        nested: { x: new Secret({ y: 1 }), z: 2 },
        added: true,
      },
    });
  });

  it("are the data of every Secret, marked or not", () => {
    const secret: PropertyMap = {
      apiVersion: "v1",
      kind: "Secret",
      data: { a: "eA==" },
      stringData: { b: "x" },
    };
    annotateSecrets(secret, undefined);
    expect(secret["data"]).toEqual(new Secret({ a: "eA==" }));
    expect(secret["stringData"]).toEqual(new Secret({ b: "x" }));
  });

  it("cover what the server makes of stringData", () => {
    const state = checkpoint({
      inputs: { apiVersion: "v1", kind: "Secret", stringData: { a: "x" } },
      live: { apiVersion: "v1", kind: "Secret", data: { a: "eA==" } },
      secrets: { apiVersion: "v1", kind: "Secret", stringData: { a: "x" } },
      initialApiVersion: "v1",
      fieldManager: "m",
    });
    expect(state["data"]).toEqual(new Secret({ a: "eA==" }));
    expect((state["__inputs"] as PropertyMap)["stringData"]).toEqual(new Secret({ a: "x" }));
  });
});

describe("state", () => {
  const inputs = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { key: "s" } };
  const live = { ...inputs, metadata: { name: "a", uid: "u" } };
  const secrets: PropertyMap = { ...inputs, data: { key: new Secret("s") } };

  it("holds the object, its inputs, its API version and its field manager", () => {
    const state = checkpoint({ inputs, live, secrets, initialApiVersion: "v1", fieldManager: "m" });
    expect(state).toEqual({
      ...live,
      data: { key: new Secret("s") },
      __inputs: { ...inputs, data: { key: new Secret("s") } },
      __initialApiVersion: "v1",
      __fieldManager: "m",
    });
    expect(parseCheckpoint(state).inputs).toEqual(inputs);
    expect(parseCheckpoint(state).live).toMatchObject(live);
    expect(fieldManagerOf(state)).toBe("m");
  });

  it("spells the dashed fields of a definition as the SDKs can, and as Kubernetes does", () => {
    const dashed = { schema: { "x-kubernetes-list-map-keys": ["a"], "x-other": 1 } };
    const state = checkpoint({
      inputs: dashed,
      live: dashed,
      secrets: {},
      initialApiVersion: "",
      fieldManager: "",
    });
    expect(state["schema"]).toEqual({ x_kubernetes_list_map_keys: ["a"], "x-other": 1 });
    expect(toKubernetesObject(state)["schema"]).toEqual(dashed.schema);
  });
});
