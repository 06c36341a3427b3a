import { describe, expect, it } from "vitest";

import {
  detailedDiff,
  type DiffKind,
  replaceKeys,
} from "../../../local/kubernetes-provider/diff/detailed-diff.ts";
import { forceNewPaths } from "../../../local/kubernetes-provider/diff/force-new.ts";
import { createMergePatch } from "../../../local/kubernetes-provider/diff/merge-patch.ts";
import { parseApiVersion } from "../../../local/kubernetes-provider/kinds/group-version-kind.ts";
import { COMPUTED, type JsonObject } from "../../../local/kubernetes-provider/values/property.ts";

const immutable = { configMaps: false, secrets: false };

function kindsOf(
  apiVersion: string,
  kind: string,
  old: JsonObject,
  inputs: JsonObject,
  mutability = immutable,
): Record<string, DiffKind> {
  const object = { apiVersion, kind, ...inputs };
  const forceNew = forceNewPaths(parseApiVersion(apiVersion, kind), object, mutability);
  const diff = detailedDiff(createMergePatch(old, inputs), old, inputs, forceNew);
  return Object.fromEntries([...diff].map(([path, entry]) => [path, entry.kind]));
}

function pod(...containers: JsonObject[]): JsonObject {
  return { spec: { containers } };
}

describe("detailedDiff", () => {
  it("names the property that was added, changed or removed", () => {
    const old = { spec: { replicas: 1, paused: true, labels: { a: "1" } } };
    const inputs = { spec: { replicas: 2, labels: { a: "1", b: "2" } } };
    expect(kindsOf("apps/v1", "Deployment", old, inputs)).toEqual({
      "spec.replicas": "update",
      "spec.paused": "delete",
      "spec.labels.b": "add",
    });
  });

  it("says that a removal is a difference of inputs", () => {
    const old = { data: { a: "1" } };
    const diff = detailedDiff(createMergePatch(old, {}), old, {}, []);
    expect(diff.get("data")).toEqual({ kind: "delete", inputDiff: true });
  });

  it("finds the element of a list that changed, and replaces a Pod for its image", () => {
    const old = pod({ name: "a", image: "x" }, { name: "b", image: "x" });
    const inputs = pod({ name: "a", image: "x" }, { name: "b", image: "y" });
    expect(kindsOf("v1", "Pod", old, inputs)).toEqual({ "spec.containers[1].image": "update-replace" });
  });

  it("updates a Deployment's image in place", () => {
    const template = (image: string): JsonObject => ({
      spec: { template: { spec: { containers: [{ image }] } } },
    });
    expect(kindsOf("apps/v1", "Deployment", template("x"), template("y"))).toEqual({
      "spec.template.spec.containers[0].image": "update",
    });
  });

  it("finds what is gone from an element of a list", () => {
    const old = pod({ name: "a", workingDir: "/x" });
    expect(kindsOf("v1", "Pod", old, pod({ name: "a" }))).toEqual({
      "spec.containers[0].workingDir": "delete-replace",
    });
  });

  it("adds and removes elements at the end of a list", () => {
    const spec = (...args: string[]): JsonObject => ({ spec: { list: args } });
    expect(kindsOf("example.com/v1", "Thing", spec("a"), spec("a", "b"))).toEqual({ "spec.list[1]": "add" });
    expect(kindsOf("example.com/v1", "Thing", spec("a", "b"), spec("a"))).toEqual({
      "spec.list[1]": "delete",
    });
    expect(kindsOf("v1", "Pod", pod({ name: "a" }), pod())).toEqual({ "spec.containers[0]": "delete" });
  });

  it("takes whole values where the type changes", () => {
    expect(kindsOf("example.com/v1", "Thing", { spec: { a: "text" } }, { spec: { a: { b: 1 } } })).toEqual({
      "spec.a": "update",
    });
    expect(kindsOf("example.com/v1", "Thing", { spec: { a: [1] } }, { spec: { a: 1 } })).toEqual({
      "spec.a": "update",
    });
  });

  it("tells null from nothing", () => {
    const old = { spec: { a: null, steps: [{ name: "x" }] } };
    expect(kindsOf("tekton.dev/v1", "Task", old, { spec: { steps: [{ name: "y" }] } })).toEqual({
      "spec.a": "delete",
      "spec.steps[0].name": "update",
    });
  });

  it("quotes names with dots", () => {
    const labels = (value: string): JsonObject => ({
      metadata: { labels: { "app.kubernetes.io/name": value } },
    });
    expect(kindsOf("v1", "Service", labels("a"), labels("b"))).toEqual({
      'metadata.labels["app.kubernetes.io/name"]': "update",
    });
  });

  it("shows unknown values as changes, and as replacements where the property forces one", () => {
    expect(kindsOf("v1", "Pod", pod({ name: "a", image: "x" }), pod({ name: "a", image: COMPUTED }))).toEqual(
      {
        "spec.containers[0].image": "update-replace",
      },
    );
    expect(kindsOf("v1", "Pod", pod({ name: "a" }), pod({ name: "a", image: COMPUTED }))).toEqual({
      "spec.containers[0].image": "add-replace",
    });
    expect(kindsOf("v1", "Service", { spec: { type: "ClusterIP" } }, { spec: { type: COMPUTED } })).toEqual({
      "spec.type": "update",
    });
    expect(kindsOf("v1", "Namespace", { metadata: { name: "a" } }, { metadata: { name: COMPUTED } })).toEqual(
      {
        "metadata.name": "update-replace",
      },
    );
  });
});

describe("replacement by kind", () => {
  const data = (value: string, rest: JsonObject = {}): JsonObject => ({ data: { key: value }, ...rest });

  it("replaces ConfigMaps and Secrets for their data unless they are mutable", () => {
    for (const kind of ["ConfigMap", "Secret"]) {
      expect(kindsOf("v1", kind, data("1"), data("2"))).toEqual({ "data.key": "update-replace" });
      const mutable = { configMaps: true, secrets: true };
      expect(kindsOf("v1", kind, data("1"), data("2"), mutable)).toEqual({ "data.key": "update" });
      const immutableObject = { immutable: true };
      expect(kindsOf("v1", kind, data("1", immutableObject), data("2", immutableObject), mutable)).toEqual({
        "data.key": "update-replace",
      });
    }
  });

  it("keeps the mutability of ConfigMaps and Secrets apart", () => {
    const mutability = { configMaps: true, secrets: false };
    expect(kindsOf("v1", "Secret", data("1"), data("2"), mutability)).toEqual({
      "data.key": "update-replace",
    });
  });

  it("replaces a Secret for its type in any case", () => {
    const mutability = { configMaps: true, secrets: true };
    expect(kindsOf("v1", "Secret", { type: "a" }, { type: "b" }, mutability)).toEqual({
      type: "update-replace",
    });
  });

  const cases: readonly (readonly [string, string, JsonObject, JsonObject, Record<string, DiffKind>])[] = [
    [
      "apps/v1",
      "Deployment",
      { spec: { selector: { matchLabels: { app: "a" } } } },
      { spec: { selector: { matchLabels: { app: "b" } } } },
      { "spec.selector.matchLabels.app": "update-replace" },
    ],
    [
      "apps/v1",
      "StatefulSet",
      { spec: { serviceName: "a", replicas: 1 } },
      { spec: { serviceName: "b", replicas: 2 } },
      { "spec.serviceName": "update-replace", "spec.replicas": "update" },
    ],
    [
      "apps/v1",
      "StatefulSet",
      { spec: { volumeClaimTemplates: [{ spec: { resources: { requests: { storage: "1Gi" } } } }] } },
      { spec: { volumeClaimTemplates: [{ spec: { resources: { requests: { storage: "2Gi" } } } }] } },
      { "spec.volumeClaimTemplates[0].spec.resources.requests.storage": "update-replace" },
    ],
    [
      "batch/v1",
      "Job",
      { spec: { template: { spec: { restartPolicy: "Never" } }, backoffLimit: 1 } },
      { spec: { template: { spec: { restartPolicy: "OnFailure" } }, backoffLimit: 2 } },
      { "spec.template.spec.restartPolicy": "update-replace", "spec.backoffLimit": "update" },
    ],
    [
      "v1",
      "Service",
      { spec: { clusterIP: "10.0.0.1", type: "ClusterIP" } },
      { spec: { clusterIP: "None", type: "NodePort" } },
      { "spec.clusterIP": "update-replace", "spec.type": "update" },
    ],
    [
      "v1",
      "PersistentVolumeClaim",
      { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
      { spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: "2Gi" } } } },
      { "spec.accessModes[0]": "update-replace", "spec.resources.requests.storage": "update" },
    ],
    [
      "v1",
      "PersistentVolumeClaim",
      { spec: {} },
      { spec: { storageClassName: "fast" } },
      { "spec.storageClassName": "add-replace" },
    ],
    [
      "rbac.authorization.k8s.io/v1",
      "ClusterRoleBinding",
      { roleRef: { name: "a" }, subjects: [{ name: "x" }] },
      { roleRef: { name: "b" }, subjects: [{ name: "y" }] },
      { "roleRef.name": "update-replace", "subjects[0].name": "update" },
    ],
    [
      "storage.k8s.io/v1",
      "StorageClass",
      { provisioner: "a", parameters: { type: "x" }, reclaimPolicy: "Delete" },
      { provisioner: "b", reclaimPolicy: "Retain" },
      { provisioner: "update-replace", parameters: "delete-replace", reclaimPolicy: "update" },
    ],
    [
      "v1",
      "PersistentVolume",
      { spec: { nfs: { path: "/a" }, capacity: { storage: "1Gi" } } },
      { spec: { nfs: { path: "/b" }, capacity: { storage: "2Gi" } } },
      { "spec.nfs.path": "update-replace", "spec.capacity.storage": "update" },
    ],
    [
      "v1",
      "ResourceQuota",
      { spec: { scopes: ["a"] } },
      { spec: { scopes: ["b"] } },
      { "spec.scopes[0]": "update-replace" },
    ],
    [
      "monitoring.coreos.com/v1",
      "Prometheus",
      { metadata: { name: "a", namespace: "n" }, spec: { replicas: 1 } },
      { metadata: { name: "b", namespace: "m" }, spec: { replicas: 2 } },
      {
        "metadata.name": "update-replace",
        "metadata.namespace": "update-replace",
        "spec.replicas": "update",
      },
    ],
    [
      "apiextensions.k8s.io/v1",
      "CustomResourceDefinition",
      { spec: { scope: "Namespaced" } },
      { spec: { scope: "Cluster" } },
      { "spec.scope": "update" },
    ],
  ];

  it.each(cases)("%s %s", (apiVersion, kind, old, inputs, expected) => {
    expect(kindsOf(apiVersion, kind, old, inputs)).toEqual(expected);
  });

  it("replaces a Pod whose containers are removed as a whole", () => {
    expect(kindsOf("v1", "Pod", { spec: { containers: [{ name: "a" }] } }, { spec: {} })).toEqual({
      "spec.containers": "delete-replace",
    });
  });

  it("counts the loss of all metadata as a replacement", () => {
    const old = { metadata: { name: "a" } };
    expect(replaceKeys(detailedDiff(createMergePatch(old, {}), old, {}, []))).toEqual(["metadata"]);
  });
});
