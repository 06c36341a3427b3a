import { describe, expect, it } from "vitest";

import { compareSnapshots, emptySnapshot } from "../../../review/diff/changes.ts";
import type { JsonObject } from "../../../review/model/json.ts";
import type { ResourceRecord } from "../../../review/model/snapshot.ts";
import { aliasUrns, urnOf } from "../../../review/run/aliases.ts";
import { object, record } from "./sample.ts";

function compare(before: ResourceRecord[], after: ResourceRecord[]) {
  const snapshot = (resources: ResourceRecord[]) => ({ ...emptySnapshot("test"), resources });
  return compareSnapshots(snapshot(before), snapshot(after));
}

function kubernetes(
  kind: string,
  apiVersion: string,
  rest: JsonObject,
  options: Partial<ResourceRecord> = {},
) {
  return object(apiVersion, kind, "thing", rest, options);
}

const mutable = record("pulumi:providers:kubernetes", "kubernetes", {
  clusterIdentifier: "sample",
  enableConfigMapMutable: "true",
  enableSecretMutable: "true",
});
const immutable = { ...mutable, inputs: { clusterIdentifier: "sample" } };

describe("a change", () => {
  const map = (value: string) => kubernetes("ConfigMap", "v1", { data: { key: value } });

  it.each([
    ["replaces a ConfigMap of a provider that takes them for immutable", immutable, ["data.key"]],
    ["keeps one of a provider that doesn't", mutable, []],
  ])("%s", (_, provider, forcedBy) => {
    const [change] = compare([provider, map("a")], [provider, map("b")]).changes;
    expect(change?.forcedBy).toEqual(forcedBy);
    expect(change?.operation).toBe(forcedBy.length > 0 ? "replace" : "update");
  });

  it("of an immutable ConfigMap replaces it in any case", () => {
    const fixed = (value: string) => kubernetes("ConfigMap", "v1", { data: { key: value }, immutable: true });
    expect(compare([mutable, fixed("a")], [mutable, fixed("b")]).changes).toMatchObject([
      { operation: "replace", forcedBy: ["data.key"], deletesFirst: true },
    ]);
  });

  it("of a name replaces, and the old one may stay until the new one is there", () => {
    const [before, after] = [kubernetes("Service", "v1", {}), kubernetes("Service", "v1", {})];
    after.inputs["metadata"] = { name: "other", namespace: "vllm", labels: { app: "thing" } };
    expect(compare([mutable, before], [mutable, after]).changes).toMatchObject([
      { operation: "replace", forcedBy: ["metadata.name"], deletesFirst: false },
    ]);
  });

  it("under ignoreChanges is none", () => {
    const scaled = (replicas: number, other: string) =>
      kubernetes(
        "Deployment",
        "apps/v1",
        { spec: { replicas, other } },
        { ignoreChanges: ["spec.replicas"] },
      );
    expect(compare([mutable, scaled(1, "a")], [mutable, scaled(9, "a")]).changes).toEqual([]);
    expect(compare([mutable, scaled(1, "a")], [mutable, scaled(9, "b")]).changes[0]?.properties).toEqual([
      { path: "spec.other", kind: "changed", before: "a", after: "b" },
    ]);
  });

  it("under replaceOnChanges replaces", () => {
    const policy = (value: string) =>
      record(
        "aws:iam/role:Role",
        "role",
        { assumeRolePolicy: value },
        { replaceOnChanges: ["assumeRolePolicy"] },
      );
    expect(compare([policy("a")], [policy("b")]).changes).toMatchObject([
      { operation: "replace", forcedBy: ["assumeRolePolicy"] },
    ]);
  });

  it.each([
    [
      "aws:eks/nodeGroup:NodeGroup",
      { launchTemplate: { id: "a", version: "1" } },
      { launchTemplate: { id: "a", version: "2" } },
      [],
    ],
    [
      "aws:eks/nodeGroup:NodeGroup",
      { launchTemplate: { id: "a" } },
      { launchTemplate: { id: "b" } },
      ["launchTemplate.id"],
    ],
    ["aws:iam/role:Role", { path: "/a/" }, { path: "/b/" }, ["path"]],
    ["aws:s3/bucket:Bucket", { region: "eu-central-1" }, { region: "eu-west-1" }, ["region"]],
    ["aws:iam/policy:Policy", { policy: "{}" }, { policy: "[]" }, []],
  ])("of %s %j → %j is forced by %j", (type, before, after, forcedBy) => {
    const [change] = compare([record(type, "x", before)], [record(type, "x", after)]).changes;
    expect(change?.forcedBy).toEqual(forcedBy);
    expect(change?.mayReplace).toBe(false);
  });

  it("of a kubeconfig without an identity may be another cluster", () => {
    const provider = (kubeconfig: string) =>
      record("pulumi:providers:kubernetes", "kubernetes", { kubeconfig });
    expect(compare([provider("a")], [provider("b")]).changes).toMatchObject([
      { operation: "update", mayReplace: true },
    ]);
  });

  it("of the cluster takes every object with it, whatever else changed", () => {
    const other = { ...mutable, inputs: { ...mutable.inputs, clusterIdentifier: "other" } };
    const { changes } = compare([mutable, map("a")], [other, map("a")]);
    expect(changes.map(({ resource, operation, forcedBy }) => [resource.name, operation, forcedBy])).toEqual([
      ["thing", "replace", ["provider"]],
      ["kubernetes", "replace", ["clusterIdentifier"]],
    ]);
  });
});

describe("aliases", () => {
  const place = { stack: "s", project: "p" };
  const parent = urnOf({ ...place, parent: undefined, type: "a:b:Parent", name: "new" });
  const identity = { ...place, parent, type: "a:b:Child", name: "new-child" };

  it.each([
    ["another name", [{ name: "old-child" }], [], ["urn:pulumi:s::p::a:b:Parent$a:b:Child::old-child"]],
    ["another type", [{ type: "a:b:Kid" }], [], ["urn:pulumi:s::p::a:b:Parent$a:b:Kid::new-child"]],
    ["no parent", [{ parent: "" }], [], ["urn:pulumi:s::p::a:b:Child::new-child"]],
    ["a whole URN", ["urn:x"], [], ["urn:x"]],
    [
      "the parent's former name, which begins its own",
      [],
      ["urn:pulumi:s::p::a:b:Parent::old"],
      ["urn:pulumi:s::p::a:b:Parent$a:b:Child::old-child"],
    ],
    [
      "the parent's former type",
      [],
      ["urn:pulumi:s::p::a:b:Ancestor::new"],
      ["urn:pulumi:s::p::a:b:Ancestor$a:b:Child::new-child"],
    ],
    ["itself", [{ name: "new-child" }], [], []],
  ])("of %s", (_, specs, parentAliases, expected) => {
    expect(aliasUrns(identity, specs, parentAliases)).toEqual(expected);
  });

  it("keep a component's children when the component gets another name", () => {
    const old = urnOf({ ...place, parent: undefined, type: "a:b:Parent", name: "old" });
    const child = (name: string, of: string, aliases: string[]) =>
      record(
        "aws:iam/role:Role",
        name,
        { name: "role" },
        { parent: of, urn: urnOf({ ...place, parent: of, type: "aws:iam/role:Role", name }), aliases },
      );
    const before = child("old-role", old, []);
    const after = child("new-role", parent, [before.urn]);
    const { changes, renamed } = compare([before], [after]);
    expect(changes).toEqual([]);
    expect(renamed).toMatchObject([{ from: before.urn }]);
  });

  it("never take a resource that is still there", () => {
    const [a, b] = [record("aws:iam/role:Role", "a", {}), record("aws:iam/role:Role", "b", {})];
    const { changes, unchanged } = compare([a], [a, { ...b, aliases: [a.urn] }]);
    expect(unchanged).toBe(1);
    expect(changes).toMatchObject([{ operation: "create", resource: { name: "b" } }]);
  });
});
