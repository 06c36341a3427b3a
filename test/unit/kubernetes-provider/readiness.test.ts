import { describe, expect, it } from "vitest";

import type { Readiness, Snapshot } from "../../../local/kubernetes-provider/await/readiness.ts";
import { readinessRule } from "../../../local/kubernetes-provider/await/rules.ts";
import { waitForRule } from "../../../local/kubernetes-provider/await/wait-for.ts";
import { kindOfObject } from "../../../local/kubernetes-provider/kinds/group-version-kind.ts";
import type { JsonObject } from "../../../local/kubernetes-provider/values/property.ts";

function judge(object: JsonObject, rest: Partial<Snapshot> = {}): Readiness {
  const rule = readinessRule(kindOfObject(object));
  if (rule === undefined) {
    throw new Error("no rule");
  }
  return rule.judge({
    object,
    applied: object,
    previous: undefined,
    related: new Map(),
    sinceChange: () => undefined,
    elapsed: 0,
    reading: false,
    ...rest,
  });
}

function related(...objects: JsonObject[]): ReadonlyMap<string, readonly JsonObject[]> {
  const kinds = new Set(objects.map(({ kind }) => kind as string));
  return new Map([...kinds].map((kind) => [kind, objects.filter((object) => object["kind"] === kind)]));
}

const ownedBy = (uid: string): JsonObject => ({ ownerReferences: [{ uid }] });

const unreadyPod: JsonObject = {
  kind: "Pod",
  metadata: { name: "p", namespace: "n", ...ownedBy("rs") },
  status: {
    conditions: [
      { type: "PodScheduled", status: "True" },
      { type: "Initialized", status: "True" },
      {
        type: "Ready",
        status: "False",
        reason: "ContainersNotReady",
        message: "containers with unready status: [c]",
      },
    ],
    containerStatuses: [
      {
        name: "c",
        ready: false,
        state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } },
      },
    ],
  },
};

describe("Deployment", () => {
  function deployment(status: JsonObject, revision = "1", generation = 1): JsonObject {
    return {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: "d",
        namespace: "n",
        uid: "d",
        generation,
        annotations: { "deployment.kubernetes.io/revision": revision },
      },
      spec: { template: { spec: { volumes: [{ persistentVolumeClaim: { claimName: "data" } }] } } },
      status,
    };
  }
  function replicaSet(ready: number | undefined, revision = "1", replicas = 2): JsonObject {
    return {
      kind: "ReplicaSet",
      metadata: {
        name: `rs${revision}`,
        uid: "rs",
        annotations: { "deployment.kubernetes.io/revision": revision },
        ...ownedBy("d"),
      },
      spec: { replicas },
      status: ready === undefined ? {} : { readyReplicas: ready },
    };
  }
  const available = { type: "Available", status: "True" };
  const rolledOut = { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" };
  const complete = { observedGeneration: 1, conditions: [available, rolledOut] };

  it("is ready when its newest ReplicaSet is complete", () => {
    expect(judge(deployment(complete), { related: related(replicaSet(2)) }).ready).toBe(true);
  });

  it("is not ready before its controller has seen the change", () => {
    const stale = deployment({ ...complete, observedGeneration: 1 }, "1", 2);
    expect(judge(stale, { related: related(replicaSet(2)) }).ready).toBe(false);
    expect(judge(stale, { related: related(replicaSet(2)), reading: true }).ready).toBe(true);
  });

  it("is not ready by the ReplicaSet of an earlier revision, nor by a foreign one", () => {
    expect(judge(deployment(complete, "2"), { related: related(replicaSet(2, "1")) }).ready).toBe(false);
    const foreign = {
      ...replicaSet(2),
      metadata: { annotations: { "deployment.kubernetes.io/revision": "1" } },
    };
    expect(judge(deployment(complete), { related: related(foreign) }).ready).toBe(false);
  });

  it("needs a report of progress from the second revision on", () => {
    const status = { observedGeneration: 1, conditions: [available] };
    expect(judge(deployment(status, "1"), { related: related(replicaSet(2, "1")) }).ready).toBe(true);
    expect(judge(deployment(status, "2"), { related: related(replicaSet(2, "2")) }).ready).toBe(false);
  });

  it("is ready without pods if it wants none, with a warning", () => {
    const readiness = judge(deployment(complete), { related: related(replicaSet(undefined, "1", 0)) });
    expect(readiness).toMatchObject({ ready: true, warnings: ['Replicas scaled to 0 for Deployment "d"'] });
  });

  it("waits for the claims of its pods", () => {
    const claim = { kind: "PersistentVolumeClaim", metadata: { name: "data" }, status: { phase: "Pending" } };
    const readiness = judge(deployment(complete), { related: related(replicaSet(2), claim) });
    expect(readiness.problems).toContain('Failed to bind PersistentVolumeClaim(s): "data"');
    const other = { ...claim, metadata: { name: "other" } };
    expect(judge(deployment(complete), { related: related(replicaSet(2), other) }).ready).toBe(true);
  });

  it("reports conditions and what its pods say", () => {
    const conditions = [
      { type: "Available", status: "False", reason: "MinimumReplicasUnavailable", message: "no minimum" },
    ];
    const readiness = judge(deployment({ observedGeneration: 1, conditions }), {
      related: related(replicaSet(1), unreadyPod),
    });
    expect(readiness.progress).toBe("Waiting for app ReplicaSet to be available (1/2 Pods available)");
    expect(readiness.problems).toEqual([
      "[MinimumReplicasUnavailable] no minimum",
      "Minimum number of live Pods was not attained",
      "[Pod n/p]: containers with unready status: [c]; [ImagePullBackOff] no such image",
    ]);
  });
});

describe("StatefulSet", () => {
  function statefulSet(status: JsonObject, generation = 1, type = "RollingUpdate"): JsonObject {
    const spec = { replicas: 2, updateStrategy: { type } };
    return {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "s", uid: "s", generation },
      spec,
      status,
    };
  }
  const done = {
    observedGeneration: 1,
    replicas: 2,
    readyReplicas: 2,
    currentReplicas: 2,
    currentRevision: "a",
    updateRevision: "a",
  };

  it("is ready when all replicas are, of one revision", () => {
    expect(judge(statefulSet(done)).ready).toBe(true);
    expect(judge(statefulSet({ ...done, updateRevision: "b" })).problems).toEqual([
      'StatefulSet controller failed to advance from revision "a" to revision "b"',
    ]);
    expect(judge(statefulSet({ ...done, readyReplicas: 1 })).ready).toBe(false);
    expect(judge(statefulSet(done, 2)).ready).toBe(false);
  });

  it("needn't be of the newest revision if its pods are updated when they are deleted", () => {
    const status = { ...done, observedGeneration: 2, updateRevision: "b", currentReplicas: 1 };
    expect(judge(statefulSet(status, 2, "OnDelete")).ready).toBe(true);
  });
});

describe("DaemonSet", () => {
  const status = {
    observedGeneration: 1,
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    updatedNumberScheduled: 3,
    numberAvailable: 3,
    numberReady: 3,
  };
  const daemonSet = (changed: JsonObject): JsonObject => ({
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "d", generation: 1 },
    status: { ...status, ...changed },
  });

  it.each([
    [{}, true, "✅ All replicas scheduled as expected. Replicas: 3"],
    [{ numberReady: 2 }, false, "Ready: 2/3"],
    [{ updatedNumberScheduled: 1 }, false, "Updated: 1/3"],
    [{ observedGeneration: 0 }, false, "DaemonSet generation is 1, but latest observed generation is 0"],
  ])("%j", (changed, ready, progress) => {
    expect(judge(daemonSet(changed))).toMatchObject({ ready, progress });
  });
});

describe("Job", () => {
  const job = (status: JsonObject): JsonObject => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j" },
    status,
  });
  const startTime = "2026-01-01T00:00:00Z";

  it("is ready when it is complete", () => {
    expect(judge(job({})).progress).toBe('Waiting for Job "j" to start');
    expect(judge(job({ startTime, active: 1 })).progress).toBe(
      'Waiting for Job "j" to succeed (Active: 1 | Succeeded: 0 | Failed: 0)',
    );
    expect(judge(job({ startTime, conditions: [{ type: "Complete", status: "True" }] })).ready).toBe(true);
  });

  it("fails at once when it has failed for good", () => {
    const conditions = [
      { type: "Failed", status: "True", reason: "BackoffLimitExceeded", message: "too often" },
    ];
    expect(judge(job({ startTime, conditions }))).toMatchObject({
      failed: true,
      problems: ["[BackoffLimitExceeded] too often"],
    });
  });
});

describe("Pod", () => {
  it("is ready when it says so or has succeeded", () => {
    const pod: JsonObject = { ...unreadyPod, apiVersion: "v1" };
    expect(judge(pod)).toMatchObject({ ready: false, progress: 'Waiting for Pod "n/p" to be ready' });
    expect(judge({ ...pod, status: { ...(pod["status"] as JsonObject), phase: "Succeeded" } }).ready).toBe(
      true,
    );
  });

  it("tells why it isn't scheduled", () => {
    const conditions = [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" },
    ];
    expect(
      judge({ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, status: { conditions } }).problems,
    ).toEqual(["[Pod p]: 0/3 nodes"]);
  });
});

describe("Service", () => {
  const service = (spec: JsonObject, status: JsonObject = {}): JsonObject => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s", namespace: "n" },
    spec,
    status,
  });
  const selector = { app: "a" };
  const endpoints = (subsets: JsonObject[]): JsonObject => ({
    kind: "Endpoints",
    metadata: { name: "s" },
    subsets,
  });
  const settled = { sinceChange: () => 10_000 };

  it("is ready at once if it is headless, external or without selector", () => {
    expect(judge(service({ clusterIP: "None", selector })).ready).toBe(true);
    expect(judge(service({ type: "ExternalName", selector })).ready).toBe(true);
    expect(judge(service({ clusterIP: "10.0.0.1" })).ready).toBe(true);
  });

  it("waits for endpoints to settle, and for none to be unready", () => {
    expect(judge(service({ selector }))).toMatchObject({ ready: false, acceptable: true });
    const present = { related: related(endpoints([])) };
    expect(judge(service({ selector }), { ...present, sinceChange: () => 4000 })).toMatchObject({
      ready: false,
      recheckAfter: 6000,
    });
    expect(judge(service({ selector }), { ...present, ...settled }).ready).toBe(true);
    const pending = { related: related(endpoints([{ notReadyAddresses: [{ ip: "10.1.1.1" }] }])) };
    expect(judge(service({ selector }), { ...pending, ...settled })).toMatchObject({
      ready: false,
      acceptable: false,
    });
    expect(judge(service({ selector }), { reading: true }).ready).toBe(true);
  });

  it("waits for the address of a load balancer", () => {
    const spec = { type: "LoadBalancer" };
    expect(judge(service(spec)).problems).toEqual([
      "Service was not allocated an IP address; does your cloud provider support this?",
    ]);
    expect(judge(service(spec, { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } })).ready).toBe(true);
  });
});

describe("Ingress", () => {
  const ingress = (status: JsonObject): JsonObject => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "i" },
    spec: { rules: [{ http: { paths: [{ backend: { service: { name: "web" } } }] } }] },
    status,
  });
  const addressed = { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } };

  it("needs an address, and its services' endpoints or the end of the wait for them", () => {
    expect(judge(ingress(addressed)).ready).toBe(false);
    expect(judge(ingress(addressed), { elapsed: 10_000 }).ready).toBe(true);
    const endpoints = related({ kind: "Endpoints", metadata: { name: "web" } });
    expect(judge(ingress(addressed), { related: endpoints }).ready).toBe(true);
    expect(judge(ingress({}), { related: endpoints }).problems).toHaveLength(1);
  });
});

describe("storage", () => {
  const claim = (phase: string): JsonObject => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c" },
    spec: { storageClassName: "fast" },
    status: { phase },
  });
  const storageClass = (volumeBindingMode: string): JsonObject => ({
    kind: "StorageClass",
    metadata: { name: "fast" },
    volumeBindingMode,
  });

  it("claims are bound, or pending if they bind for their first consumer", () => {
    expect(judge(claim("Bound")).ready).toBe(true);
    expect(judge(claim("Pending"), { related: related(storageClass("Immediate")) }).ready).toBe(false);
    expect(judge(claim("Pending"), { related: related(storageClass("WaitForFirstConsumer")) }).ready).toBe(
      true,
    );
    expect(judge(claim("Pending")).problems).toEqual(['no storage class "fast" found']);
  });

  it("volumes are available or bound", () => {
    const volume = (phase: string): JsonObject => ({
      apiVersion: "v1",
      kind: "PersistentVolume",
      status: { phase },
    });
    expect(judge(volume("Available")).ready).toBe(true);
    expect(judge(volume("Pending")).ready).toBe(false);
  });

  it("Secrets are ready unless they wait for a token", () => {
    expect(judge({ apiVersion: "v1", kind: "Secret", type: "Opaque" }).ready).toBe(true);
    const type = "kubernetes.io/service-account-token";
    expect(judge({ apiVersion: "v1", kind: "Secret", type }).ready).toBe(false);
    expect(judge({ apiVersion: "v1", kind: "Secret", type, data: { token: "eA==" } }).ready).toBe(true);
  });

  it("definitions are established", () => {
    const definition = (type: string, status: string): JsonObject => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      status: { conditions: [{ type, status, message: "taken" }] },
    });
    expect(judge(definition("Established", "True")).ready).toBe(true);
    expect(judge(definition("NamesAccepted", "False")).problems).toEqual([
      "CustomResourceDefinition is not established: taken",
    ]);
  });
});

describe("pulumi.com/waitFor", () => {
  function ready(expression: string, status: JsonObject, generation?: number): boolean {
    const object = {
      metadata: {
        annotations: { "pulumi.com/waitFor": expression },
        ...(generation === undefined ? {} : { generation }),
      },
      status,
    };
    const snapshot = {
      object,
      applied: object,
      previous: undefined,
      related: new Map(),
      sinceChange: () => undefined,
    };
    return waitForRule(object)?.judge({ ...snapshot, elapsed: 0, reading: false }).ready ?? false;
  }

  it("takes conditions", () => {
    const conditions = [{ type: "Ready", status: "True" }];
    expect(ready("condition=Ready", { conditions })).toBe(true);
    expect(ready("condition=ready=true", { conditions })).toBe(true);
    expect(ready("condition=Ready=False", { conditions })).toBe(false);
    expect(ready("condition=Ready", { conditions, observedGeneration: 1 }, 2)).toBe(false);
    expect(ready("condition=Ready", {})).toBe(false);
  });

  it("takes JSONPath with names, indexes and every element", () => {
    const status = { phase: "Running", list: [{ ready: false }, { ready: true }], "a.b": "x" };
    expect(ready("jsonpath={.status.phase}=Running", status)).toBe(true);
    expect(ready("jsonpath={.status.phase}", status)).toBe(true);
    expect(ready("jsonpath={.status.missing}", status)).toBe(false);
    expect(ready("jsonpath={.status.list[1].ready}=true", status)).toBe(true);
    expect(ready("jsonpath={.status.list[0].ready}=true", status)).toBe(false);
    expect(ready("jsonpath={.status.list[*].ready}=true", status)).toBe(true);
    expect(ready(`jsonpath={.status['a.b']}='x'`, status)).toBe(true);
    expect(ready("jsonpath={.status.a\\.b}=x", status)).toBe(true);
  });

  it("takes several at once", () => {
    const both = JSON.stringify(["condition=Ready", "jsonpath={.status.phase}=Running"]);
    const conditions = [{ type: "Ready", status: "True" }];
    expect(ready(both, { conditions, phase: "Running" })).toBe(true);
    expect(ready(both, { conditions, phase: "Pending" })).toBe(false);
  });

  it("refuses what it doesn't understand", () => {
    for (const expression of ["Ready", "[]", "jsonpath={.a[?(@.b)]}"]) {
      expect(() => waitForRule({ metadata: { annotations: { "pulumi.com/waitFor": expression } } })).toThrow(
        /pulumi\.com\/waitFor/,
      );
    }
    expect(waitForRule({})).toBeUndefined();
  });
});
