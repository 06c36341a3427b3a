import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  isBuiltInNamespaced,
  isPatchResource,
  parseApiVersion,
  parseToken,
  typeOfUrn,
} from "../../../local/kubernetes-provider/kinds/group-version-kind.ts";
import { normalizeInputs } from "../../../local/kubernetes-provider/kinds/normalize.ts";
import { canonicalQuantity } from "../../../local/kubernetes-provider/kinds/quantity.ts";
import { cloneJson, COMPUTED, type JsonObject } from "../../../local/kubernetes-provider/values/property.ts";

describe("canonicalQuantity", () => {
  // Pairs taken from the API server's own answers.
  it.each([
    ["1000m", "1"],
    ["0.5", "500m"],
    ["1.5", "1500m"],
    ["1.5Gi", "1536Mi"],
    ["1024Mi", "1Gi"],
    ["0.5Gi", "512Mi"],
    ["1000Ki", "1000Ki"],
    ["1000k", "1M"],
    ["0", "0"],
    ["0Gi", "0"],
    ["100", "100"],
    ["1000", "1k"],
    ["1Ki", "1Ki"],
    ["0.5Ki", "512"],
    ["0.1Ki", "102400m"],
    ["1e3", "1e3"],
    ["12e6", "12e6"],
    ["1E", "1E"],
    ["-1000m", "-1"],
    ["+5", "5"],
    ["5.", "5"],
    [".5", "500m"],
    ["0.0000000001", "1n"],
    ["150Gi", "150Gi"],
    ["k", "0"],
  ])("%s is %s", (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  it.each(["", "abc", "1x", "1 Gi", "--1", "1.2.3", "1e", "."])("refuses %j", (text) => {
    expect(canonicalQuantity(text)).toBeUndefined();
  });

  it("is stable", () => {
    const suffixes = fc.constantFrom("", "m", "u", "n", "k", "M", "G", "Ki", "Mi", "Gi", "Ti", "e3", "e-3");
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(999), suffixes, (whole, fraction, suffix) => {
        const canonical = canonicalQuantity(`${String(whole)}.${String(fraction)}${suffix}`) ?? "";
        expect(canonicalQuantity(canonical)).toBe(canonical);
      }),
    );
  });
});

function deployment(pod: JsonObject): JsonObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a" },
    spec: { template: { spec: pod } },
  };
}

describe("normalizeInputs", () => {
  it("brings quantities, times and integers into the server's form", () => {
    const limits = { cpu: 1, memory: "1024Mi", "nvidia.com/gpu": "1" };
    expect(normalizeInputs(deployment({ containers: [{ name: "a", resources: { limits } }] }))).toEqual(
      deployment({
        containers: [
          { name: "a", resources: { limits: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": "1" } } },
        ],
      }),
    );
  });

  it("drops zero values that mean the same as nothing, and keeps those that don't", () => {
    const object = deployment({
      hostNetwork: false,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      nodeSelector: {},
      containers: [{ name: "a", args: [], env: [{ name: "EMPTY", value: "" }], securityContext: {} }],
    });
    expect(normalizeInputs(object)).toEqual(
      deployment({
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        containers: [{ name: "a", env: [{ name: "EMPTY" }], securityContext: {} }],
      }),
    );
  });

  it("drops fields that the kind doesn't have and null", () => {
    const object = deployment({ containres: [], serviceAccountName: null, containers: [{ name: "a" }] });
    expect(normalizeInputs(object)).toEqual(deployment({ containers: [{ name: "a" }] }));
  });

  it("leaves an object alone of which a value has the wrong type", () => {
    const object = deployment({ hostNetwork: false, containers: "none" });
    expect(normalizeInputs(cloneJson(object))).toEqual(object);
    const fractional = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {},
      spec: { replicas: 1.5, paused: false },
    };
    expect(normalizeInputs(cloneJson(fractional))).toEqual(fractional);
  });

  it("leaves custom resources and objects with unknowns alone", () => {
    const custom = {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "Prometheus",
      metadata: {},
      spec: { paused: false },
    };
    expect(normalizeInputs(cloneJson(custom))).toEqual(custom);
    const unknown = deployment({ hostNetwork: false, nodeName: COMPUTED });
    expect(normalizeInputs(cloneJson(unknown))).toEqual(unknown);
  });

  it("removes what only the server writes", () => {
    const metadata = {
      name: "a",
      uid: "u",
      resourceVersion: "1",
      generation: 2,
      creationTimestamp: "2026-01-01T00:00:00Z",
    };
    expect(normalizeInputs({ apiVersion: "example.com/v1", kind: "Thing", metadata })).toEqual({
      apiVersion: "example.com/v1",
      kind: "Thing",
      metadata: { name: "a" },
    });
  });

  it("writes a Secret's stringData into its data, over a key that is there", () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "a" },
      stringData: { pass: "wörd" },
      data: { pass: "eA==", other: "eQ==" },
    };
    expect(normalizeInputs(secret)).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "a" },
      data: { pass: Buffer.from("wörd").toString("base64"), other: "eQ==" },
    });
  });

  it("joins broken lines of base64 and leaves alone what isn't base64", () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {},
      data: { ok: "aGVs\nbG8=", wrong: "%%" },
    };
    expect(normalizeInputs(secret)["data"]).toEqual({ ok: "aGVsbG8=", wrong: "%%" });
  });

  it("drops from a CustomResourceDefinition what the server drops", () => {
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: {},
      spec: { group: "example.com", preserveUnknownFields: false },
      status: { conditions: [] },
    };
    expect(normalizeInputs(definition)).toEqual({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: {},
      spec: { group: "example.com" },
    });
  });

  it("is idempotent", () => {
    const values = fc.constantFrom<string | number>("0.5", 2, "1Gi", "100m", "not a quantity");
    fc.assert(
      fc.property(values, fc.boolean(), fc.nat(3), fc.string(), (cpu, hostNetwork, replicas, value) => {
        const object = deployment({
          hostNetwork,
          containers: [{ name: "a", env: [{ name: "E", value }], resources: { requests: { cpu } } }],
        });
        (object["spec"] as JsonObject)["replicas"] = replicas;
        const once = normalizeInputs(cloneJson(object));
        expect(normalizeInputs(cloneJson(once))).toEqual(once);
      }),
    );
  });
});

describe("type tokens", () => {
  it("name a kind", () => {
    expect(parseToken("kubernetes:core/v1:Secret")).toEqual({ group: "", version: "v1", kind: "Secret" });
    expect(parseToken("kubernetes:monitoring.coreos.com/v1:Prometheus")).toEqual({
      group: "monitoring.coreos.com",
      version: "v1",
      kind: "Prometheus",
    });
  });

  it.each(["aws:s3/bucket:Bucket", "kubernetes:core:Secret", "kubernetes:core/v1:", "kubernetes"])(
    "refuses %s",
    (token) => {
      expect(() => parseToken(token)).toThrow(`unrecognized resource type "${token}"`);
    },
  );

  it("stand after the parents' in a URN", () => {
    const urn = "urn:pulumi:dev::p::my:index:Thing$kubernetes:core/v1:ConfigMapPatch::name";
    expect(typeOfUrn(urn)).toBe("kubernetes:core/v1:ConfigMapPatch");
    expect(isPatchResource(urn, "ConfigMap")).toBe(true);
    expect(isPatchResource(urn, "ConfigMapPatch")).toBe(false);
  });

  it("tell the scope of built-in kinds", () => {
    expect(isBuiltInNamespaced(parseApiVersion("v1", "Secret"))).toBe(true);
    expect(isBuiltInNamespaced(parseApiVersion("v1", "Namespace"))).toBe(false);
    expect(isBuiltInNamespaced(parseApiVersion("v1", "ConfigMapPatch"))).toBe(true);
    expect(isBuiltInNamespaced(parseApiVersion("monitoring.coreos.com/v1", "Secret"))).toBeUndefined();
  });
});
