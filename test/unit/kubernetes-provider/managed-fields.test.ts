import { describe, expect, it } from "vitest";

import {
  isManagedByUpdates,
  keepIgnored,
  lacksManagers,
  takeOverPatch,
} from "../../../local/kubernetes-provider/operations/managed-fields.ts";
import type { JsonObject } from "../../../local/kubernetes-provider/values/property.ts";

function entry(manager: string, operation: string, fieldsV1: JsonObject, subresource?: string): JsonObject {
  return { manager, operation, fieldsV1, ...(subresource === undefined ? {} : { subresource }) };
}

function object(...managedFields: JsonObject[]): JsonObject {
  return {
    metadata: { name: "a", resourceVersion: "7", managedFields },
    spec: { replicas: 3, paused: true },
  };
}

const replicas = { "f:spec": { "f:replicas": {} } };
const paused = { "f:spec": { "f:paused": {} } };

describe("takeOverPatch", () => {
  it("turns the creating request's entry into one of server-side apply", () => {
    const patch = takeOverPatch(object(entry("pulumi-kubernetes", "Update", replicas)), "mine");
    expect(patch).toEqual([
      { op: "replace", path: "/metadata/managedFields", value: [entry("mine", "Apply", replicas)] },
      { op: "replace", path: "/metadata/resourceVersion", value: "7" },
    ]);
  });

  it("adds kubectl's fields to the manager's own and leaves others and the status alone", () => {
    const others = [
      entry("kube-controller-manager", "Update", paused),
      entry("kubectl", "Update", { "f:status": {} }, "status"),
    ];
    const patch = takeOverPatch(
      object(
        entry("mine", "Apply", replicas),
        ...others,
        entry("kubectl-client-side-apply", "Update", paused),
      ),
      "mine",
    );
    expect(patch?.[0]?.["value"]).toEqual([
      ...others,
      entry("mine", "Apply", { "f:spec": { "f:replicas": {}, "f:paused": {} } }),
    ]);
  });

  it("is nothing if there is nothing to take over", () => {
    expect(takeOverPatch(object(entry("mine", "Apply", replicas)), "mine")).toBeUndefined();
    expect(takeOverPatch(object(), "mine")).toBeUndefined();
  });
});

describe("managers", () => {
  it("that updated without apply are found", () => {
    expect(isManagedByUpdates(object(entry("pulumi-kubernetes", "Update", replicas)))).toBe(true);
    expect(isManagedByUpdates(object(entry("pulumi-kubernetes", "Apply", replicas)))).toBe(false);
    expect(lacksManagers(object())).toBe(true);
  });
});

describe("keepIgnored", () => {
  it("leaves out what only others manage and sends the rest as it is on the server", () => {
    const inputs = { spec: { replicas: 1, paused: false } };
    const live = object(entry("autoscaler", "Update", replicas), entry("mine", "Apply", paused));
    keepIgnored(inputs, live, "mine", ["spec.replicas", "spec.paused", "spec.missing"]);
    expect(inputs).toEqual({ spec: { paused: true } });
  });

  it("takes quoted names", () => {
    const inputs = { metadata: { labels: { "a.b/c": "new" } } };
    const live = { metadata: { labels: { "a.b/c": "old" } } };
    keepIgnored(inputs, live, "mine", ['metadata.labels["a.b/c"]']);
    expect(inputs).toEqual({ metadata: { labels: { "a.b/c": "old" } } });
  });
});
