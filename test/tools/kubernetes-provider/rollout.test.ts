import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Session } from "../../../local/kubernetes-provider/session.ts";
import type { PropertyMap } from "../../../local/kubernetes-provider/values/property.ts";
import {
  createResource,
  diffResource,
  Harness,
  readResource,
  removeResource,
  updateResource,
} from "./harness.ts";

let harness: Harness;
let session: Session;
let running = true;
let kubelet: Promise<void>;
beforeAll(async () => {
  harness = await Harness.start({
    controllers: [
      "deployment-controller",
      "replicaset-controller",
      "statefulset-controller",
      "endpoints-controller",
      "serviceaccount-controller",
      "garbage-collector-controller",
      "namespace-controller",
    ],
  });
  session = (await harness.provider()).session;
  await harness.server.request("POST", "/api/v1/nodes", { metadata: { name: "node" } });
  kubelet = runPods();
});
afterAll(async () => {
  running = false;
  await kubelet;
  await harness.stop();
});

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly deletionTimestamp?: string;
  };
  readonly status: { readonly phase: string };
}

/** Stands in for scheduler and kubelet: every pod is bound and ready at once, and gone as soon as it is to be deleted. */
async function runPods(): Promise<void> {
  while (running) {
    const list = (await harness.server.request("GET", "/api/v1/pods")) as { items?: Pod[] };
    for (const pod of list.items ?? []) {
      // A pod may be gone by the time that it is its turn.
      await runPod(pod).catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function runPod({ metadata, status }: Pod): Promise<void> {
  const { server } = harness;
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
  if (metadata.deletionTimestamp !== undefined) {
    await server.request("DELETE", path, { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 });
  } else if (status.phase !== "Running") {
    const target = { apiVersion: "v1", kind: "Node", name: "node" };
    await server.request("POST", `${path}/binding`, {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: metadata.name },
      target,
    });
    const conditions = ["PodScheduled", "Initialized", "Ready"].map((type) => ({ type, status: "True" }));
    const ready = { phase: "Running", conditions, podIP: "10.1.0.1", podIPs: [{ ip: "10.1.0.1" }] };
    await server.request("PATCH", `${path}/status`, { status: ready }, "application/merge-patch+json");
  }
}

const labels = { app: "web" };

function workload(kind: "Deployment" | "StatefulSet", name: string, image: string): PropertyMap {
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name },
    spec: {
      replicas: 2,
      ...(kind === "StatefulSet" ? { serviceName: name, podManagementPolicy: "Parallel" } : {}),
      selector: { matchLabels: { ...labels, name } },
      template: {
        metadata: { labels: { ...labels, name } },
        spec: {
          containers: [
            {
              name: "c",
              image,
              resources: { requests: { cpu: "1000m", memory: 1073741824 } },
              env: [{ name: "E", value: "" }],
            },
          ],
          hostNetwork: false,
        },
      },
    },
  };
}

describe("roll-out by the real controllers", () => {
  it.each(["Deployment", "StatefulSet"] as const)(
    "of a %s is waited for, and again after a change",
    async (kind) => {
      const name = kind.toLowerCase();
      const first = await createResource(session, workload(kind, name, "one"));
      expect(first.state["status"]).toMatchObject({ readyReplicas: 2 });
      expect((await diffResource(session, first, workload(kind, name, "one"))).changed).toBe(false);
      const second = await updateResource(session, first, workload(kind, name, "two"));
      expect(second.state["status"]).toMatchObject({
        readyReplicas: 2,
        updatedReplicas: 2,
        observedGeneration: 2,
      });
      const selector = `labelSelector=${encodeURIComponent(`name=${name}`)}`;
      const pods = (await harness.server.request("GET", `/api/v1/namespaces/default/pods?${selector}`)) as {
        items: { spec: { containers: { image: string }[] }; metadata: { deletionTimestamp?: string } }[];
      };
      const current = pods.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      expect(current.map(({ spec }) => spec.containers[0]?.image)).toEqual(["two", "two"]);
      expect((await readResource(session, second))?.id).toBe(`default/${name}`);
      await removeResource(session, second);
      expect(
        await harness.server.request("GET", `/api/v1/namespaces/default/pods?${selector}`),
      ).toMatchObject({ items: [] });
    },
  );

  it("of a Service ends when its endpoints have settled", async () => {
    const deployment = await createResource(session, workload("Deployment", "served", "one"));
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "s" },
      spec: { selector: labels, ports: [{ port: 80 }] },
    };
    const start = Date.now();
    const resource = await createResource(session, service, 60);
    expect(Date.now() - start).toBeGreaterThan(9_000);
    expect((await diffResource(session, resource, service)).changed).toBe(false);
    await removeResource(session, resource);
    await removeResource(session, deployment);
  });

  it("of a namespace's end takes what it holds along", async () => {
    const namespace = await createResource(session, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "team" },
    });
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "m", namespace: "team" } };
    const held = await createResource(session, map);
    await removeResource(session, namespace);
    expect(await readResource(session, held)).toBeUndefined();
  });
});
