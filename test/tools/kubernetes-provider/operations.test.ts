import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { NotReadyError } from "../../../local/kubernetes-provider/await/not-ready.ts";
import { PartialFailure } from "../../../local/kubernetes-provider/operations/partial-failure.ts";
import { read } from "../../../local/kubernetes-provider/operations/read.ts";
import type { Session } from "../../../local/kubernetes-provider/session.ts";
import { COMPUTED, type PropertyMap, Secret } from "../../../local/kubernetes-provider/values/property.ts";
import {
  checked,
  createResource,
  diffResource,
  Harness,
  previewCreate,
  readResource,
  removeResource,
  updateResource,
  urnOf,
} from "./harness.ts";

let harness: Harness;
let session: Session;
beforeAll(async () => {
  harness = await Harness.start();
  session = (await harness.provider({ enableConfigMapMutable: "true" })).session;
});
afterAll(async () => {
  await harness.stop();
});

/** Deletes in the background: nothing runs here that would end a deletion in the foreground. */
const background = { "pulumi.com/deletionPropagationPolicy": "background" };

function configMap(name: string, data: PropertyMap, metadata: PropertyMap = {}): PropertyMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, annotations: background, ...metadata },
    data,
  };
}

const configMaps = "/api/v1/namespaces/default/configmaps";

async function failureOf(operation: Promise<unknown>): Promise<Error> {
  try {
    await operation;
  } catch (error) {
    if (error instanceof Error) {
      return error;
    }
  }
  throw new Error("the operation did not fail");
}

describe("create", () => {
  it("stores the object in the default namespace and answers with its state", async () => {
    const resource = await createResource(session, configMap("created", { a: "1" }));
    expect(resource.id).toBe("default/created");
    expect(resource.state).toMatchObject({
      data: { a: "1" },
      metadata: { name: "created", namespace: "default" },
      __inputs: { data: { a: "1" } },
      __initialApiVersion: "v1",
    });
    expect((resource.state["metadata"] as PropertyMap)["uid"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(resource.state["__fieldManager"]).toMatch(/^pulumi-kubernetes-[0-9a-f]{8}$/);
  });

  it("asks the server in a preview and stores nothing", async () => {
    const result = await previewCreate(session, configMap("previewed", { a: "1" }));
    expect(result.id).toBe("");
    expect((result.state["metadata"] as PropertyMap)["uid"]).toBeTypeOf("string");
    await expect(harness.server.request("GET", `${configMaps}/previewed`)).rejects.toThrow(/404/);
  });

  it("previews what can't be asked as it is: unknowns, a missing namespace, a missing kind, an object that exists", async () => {
    await createResource(session, configMap("existing", { a: "1" }));
    const custom = { apiVersion: "example.com/v9", kind: "Nothing", metadata: { name: "a" }, spec: { x: 1 } };
    for (const inputs of [
      configMap("unknown", { a: COMPUTED }),
      configMap("elsewhere", { a: "1" }, { namespace: "not-there" }),
      configMap("existing", { a: "2" }),
      custom,
    ]) {
      const result = await previewCreate(session, inputs);
      expect(result).toEqual({ id: "", state: await checked(session, inputs) });
    }
  });

  it("fails in a preview for what the server would refuse", async () => {
    const error = await failureOf(previewCreate(session, configMap("Not_A_Name", {})));
    expect(error.message).toMatch(/metadata\.name: Invalid value: "Not_A_Name"/);
  });

  it("says that an object exists, and what to do", async () => {
    const error = await failureOf(createResource(session, configMap("existing", { a: "2" })));
    expect(error.message).toMatch(/configmaps "existing" already exists[^]*upsertExistingObjects/);
    const upserting = (await harness.provider({ upsertExistingObjects: "true", enablePatchForce: "true" }))
      .session;
    const resource = await createResource(upserting, configMap("existing", { a: "2" }));
    expect(resource.state["data"]).toEqual({ a: "2" });
  });

  it("carries the server's reason for an invalid object: field and cause", async () => {
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "invalid" },
      spec: {
        selector: { matchLabels: { app: "a" } },
        template: {
          metadata: { labels: { app: "b" } },
          spec: { containers: [{ name: "c", image: "i", ports: [{ containerPort: 99999 }] }] },
        },
      },
    };
    const error = await failureOf(createResource(session, deployment));
    expect(error).not.toBeInstanceOf(PartialFailure);
    expect(error.message).toContain(`resource "${urnOf(deployment)}" was not successfully created`);
    expect(error.message).toContain(
      "spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 99999",
    );
    expect(error.message).toContain("`selector` does not match template `labels`");
  });

  it("waits for a namespace that is about to come", async () => {
    const creation = createResource(session, configMap("early", { a: "1" }, { namespace: "late" }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await createResource(session, { apiVersion: "v1", kind: "Namespace", metadata: { name: "late" } });
    expect((await creation).id).toBe("late/early");
    expect(harness.messages.join("\n")).toMatch(/Retry #0; creation failed: namespaces "late" not found/);
  });

  it("keeps secrets secret in the state", async () => {
    const inputs: PropertyMap = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "secret", annotations: background },
      stringData: { password: "hunter2" },
    };
    const { state } = await createResource(session, inputs);
    expect(state["data"]).toEqual(new Secret({ password: Buffer.from("hunter2").toString("base64") }));
    const marked = await createResource(session, configMap("marked", { a: new Secret("x"), b: "y" }));
    expect(marked.state["data"]).toEqual({ a: new Secret("x"), b: "y" });
  });
});

describe("update", () => {
  it("changes, adds and removes, and takes the fields of the create over", async () => {
    const resource = await createResource(session, configMap("updated", { a: "1", b: "1" }));
    const news = configMap("updated", { a: "2", c: "1" });
    expect([...(await diffResource(session, resource, news)).detailedDiff.keys()].sort()).toEqual([
      "data.a",
      "data.b",
      "data.c",
    ]);
    const preview = await updateResource(session, resource, news, { preview: true });
    expect(preview.state["data"]).toMatchObject({ a: "2", c: "1" });
    const updated = await updateResource(session, resource, news);
    expect(updated.state["data"]).toEqual({ a: "2", c: "1" });
    const live = (await harness.server.request("GET", `${configMaps}/updated`)) as {
      data: unknown;
      metadata: { managedFields: { manager: string; operation: string }[] };
    };
    expect(live.data).toEqual({ a: "2", c: "1" });
    expect(live.metadata.managedFields).toEqual([
      expect.objectContaining({ manager: resource.state["__fieldManager"], operation: "Apply" }),
    ]);
    expect((await diffResource(session, updated, news)).changed).toBe(false);
  });

  it("names the manager and the field of a conflict, and wins it when told to", async () => {
    const resource = await createResource(session, configMap("contested", { a: "1" }));
    const first = await updateResource(session, resource, configMap("contested", { a: "2" }));
    const query = "?fieldManager=somebody&force=true";
    const foreign = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "contested" },
      data: { a: "theirs" },
    };
    await harness.server.request(
      "PATCH",
      `${configMaps}/contested${query}`,
      foreign,
      "application/apply-patch+yaml",
    );
    const error = await failureOf(updateResource(session, first, configMap("contested", { a: "3" })));
    expect(error).toBeInstanceOf(PartialFailure);
    expect(error.message).toMatch(/conflict with "somebody".*\.data\.a/s);
    expect((error as PartialFailure).state["data"]).toEqual({ a: "theirs" });
    const forced = { annotations: { ...background, "pulumi.com/patchForce": "true" } };
    const won = await updateResource(session, first, configMap("contested", { a: "3" }, forced));
    expect(won.state["data"]).toEqual({ a: "3" });
  });

  it("leaves ignored fields as somebody else set them", async () => {
    const deployment = (replicas: number, image: string): PropertyMap => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "scaled", annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        replicas,
        selector: { matchLabels: { app: "a" } },
        template: { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image }] } },
      },
    });
    const resource = await createResource(session, deployment(1, "one"));
    const path = "/apis/apps/v1/namespaces/default/deployments/scaled";
    await harness.server.request("PATCH", path, { spec: { replicas: 5 } }, "application/merge-patch+json");
    const ignoreChanges = ["spec.replicas"];
    const news = deployment(1, "two");
    const keys = [...(await diffResource(session, resource, news, ignoreChanges)).detailedDiff.keys()];
    expect(keys).toEqual(["spec.template.spec.containers[0].image"]);
    const updated = await updateResource(session, resource, news, { ignoreChanges });
    expect(updated.state["spec"]).toMatchObject({ replicas: 5 });
  });

  it("keeps the state of an object whose update is refused", async () => {
    const resource = await createResource(session, configMap("refused", { a: "1" }));
    const error = await failureOf(
      updateResource(session, resource, configMap("refused", { "not a key": "1" })),
    );
    expect(error).toBeInstanceOf(PartialFailure);
    expect(error.message).toMatch(/"default\/refused".*data\[not a key\]: Invalid value/s);
    expect((error as PartialFailure).state["data"]).toEqual({ a: "1" });
  });

  it("hands fields over when the field manager's name changes", async () => {
    const resource = await createResource(session, configMap("handed", { a: "1" }));
    const annotations = { ...background, "pulumi.com/patchFieldManager": "named" };
    const updated = await updateResource(session, resource, configMap("handed", { a: "2" }, { annotations }));
    expect(updated.state["__fieldManager"]).toBe("named");
    const live = (await harness.server.request("GET", `${configMaps}/handed`)) as {
      metadata: { managedFields: { manager: string }[] };
    };
    expect(live.metadata.managedFields.map(({ manager }) => manager)).toEqual(["named"]);
  });
});

describe("read", () => {
  it("finds drift within the inputs and nothing outside of them", async () => {
    const inputs = configMap("drifted", { a: "1" });
    const resource = await createResource(session, inputs);
    const patch = { data: { a: "changed", b: "added" } };
    await harness.server.request("PATCH", `${configMaps}/drifted`, patch, "application/merge-patch+json");
    const result = await readResource(session, resource);
    expect(result?.state["data"]).toEqual({ a: "changed", b: "added" });
    expect(result?.inputs["data"]).toEqual({ a: "changed" });
    const refreshed = { ...resource, state: result?.state ?? {}, inputs: result?.inputs ?? {} };
    const keys = [...(await diffResource(session, refreshed, inputs)).detailedDiff.keys()];
    expect(keys).toEqual(["data.a"]);
  });

  it("answers with nothing for an object or a kind that is gone", async () => {
    const resource = await createResource(session, configMap("vanished", {}));
    await removeResource(session, resource);
    expect(await readResource(session, resource)).toBeUndefined();
    const urn = urnOf({ apiVersion: "example.com/v9", kind: "Nothing" });
    expect(await read(session, { urn, id: "default/a", properties: {}, inputs: {} })).toBeUndefined();
  });

  it("imports an object with inputs that would make it", async () => {
    await createResource(session, configMap("imported", { a: "1" }));
    const urn = urnOf({ apiVersion: "v1", kind: "ConfigMap" });
    const result = await read(session, { urn, id: "default/imported", properties: {}, inputs: {} });
    expect(result?.inputs).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "imported", namespace: "default", annotations: background },
      data: { a: "1" },
    });
  });
});

describe("delete", () => {
  it("waits until the object is gone, and takes one that is for deleted", async () => {
    const resource = await createResource(session, configMap("deleted", {}));
    await removeResource(session, resource);
    await expect(harness.server.request("GET", `${configMaps}/deleted`)).rejects.toThrow(/404/);
    await removeResource(session, resource);
  });

  it("names the finalizers that hold an object when time is up", async () => {
    const resource = await createResource(
      session,
      configMap("held", {}, { finalizers: ["example.com/hold"] }),
    );
    const error = await failureOf(removeResource(session, resource, 0.2));
    expect(error).toBeInstanceOf(PartialFailure);
    expect((error as PartialFailure).reasons).toEqual([
      "timed out waiting for 'held' to be deleted",
      "finalizers might be preventing deletion (finalizers: example.com/hold)",
    ]);
  });
});

describe("patch resources", () => {
  it("manage fields of an object that somebody else made, and let go of them", async () => {
    await harness.server.request("POST", configMaps, {
      metadata: { name: "foreign" },
      data: { theirs: "1" },
    });
    const inputs = configMap("foreign", { ours: "1" }, { annotations: {} });
    const urn = urnOf(inputs, "patch", "Patch");
    const { create } = await import("../../../local/kubernetes-provider/operations/create.ts");
    const { id, state } = await create(session, { urn, properties: inputs, timeout: 0, preview: false });
    expect(state["data"]).toEqual({ theirs: "1", ours: "1" });
    await removeResource(session, { urn, id, inputs, state });
    expect(await harness.server.request("GET", `${configMaps}/foreign`)).toMatchObject({
      data: { theirs: "1" },
    });
  });
});

describe("custom resources", () => {
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com", annotations: background },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind: "Widget", plural: "widgets" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
            },
          },
        },
      ],
    },
  };
  const widget = (size: unknown): PropertyMap => ({
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name: "w", annotations: background },
    spec: { size: size as number },
  });

  it("may be created before their definition, which is done when its kind is served", async () => {
    const early = createResource(session, widget(1));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const created = await createResource(session, definition);
    const second = { ...widget(2), metadata: { name: "second", annotations: background } };
    const before = harness.messages.length;
    await createResource(session, second);
    const first = await early;
    expect(harness.messages.slice(before).filter((message) => message.includes("second"))).toEqual([]);
    expect(first.id).toBe("default/w");
    expect((await diffResource(session, created, definition)).changed).toBe(false);
    const updated = await updateResource(session, first, widget(3));
    expect(updated.state["spec"]).toEqual({ size: 3 });
  });

  it("carry the schema's complaint", async () => {
    const error = await failureOf(createResource(session, { ...widget("big"), metadata: { name: "wrong" } }));
    expect(error.message).toMatch(/spec\.size in body must be of type integer: "string"/);
  });

  it("say that their kind doesn't exist", async () => {
    const other = await harness.provider();
    setTimeout(() => {
      other.cancel();
    }, 300);
    const unknown = { apiVersion: "example.com/v1", kind: "Gadget", metadata: { name: "g" } };
    const error = await failureOf(createResource(other.session, unknown));
    expect(error.message).toMatch(
      /apiVersion for this resource does not exist.*no matches for kind "Gadget"/s,
    );
  });
});

describe("waiting", () => {
  it("ends with conditions, pods' reasons and events when time is up, and keeps the state", async () => {
    const labels = { app: "slow" };
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "slow" },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
      },
    };
    const creation = failureOf(createResource(session, deployment, 2));
    const path = "/apis/apps/v1/namespaces/default/deployments/slow";
    let live: Record<string, unknown> | undefined;
    while (live === undefined) {
      live = await harness.server.request("GET", path).catch(() => undefined);
    }
    const conditions = [{ type: "Available", status: "False", reason: "NoPods", message: "there are none" }];
    await harness.server.request(
      "PATCH",
      `${path}/status`,
      { status: { conditions } },
      "application/merge-patch+json",
    );
    const uid = (live["metadata"] as { uid: string }).uid;
    await harness.server.request("POST", "/api/v1/namespaces/default/events", {
      metadata: { name: "slow.1" },
      involvedObject: { kind: "Deployment", name: "slow", namespace: "default", uid },
      type: "Warning",
      reason: "FailedCreate",
      message: "quota exceeded",
    });
    const error = await creation;
    expect(error).toBeInstanceOf(PartialFailure);
    const { reasons, id, state } = error as PartialFailure;
    expect(id).toBe("default/slow");
    expect(state["status"]).toMatchObject({ conditions });
    expect(reasons[0]).toMatch(/was successfully created, but .* 'slow' timed out waiting to be Ready$/);
    expect(reasons.slice(1)).toEqual([
      "[NoPods] there are none",
      "Minimum number of live Pods was not attained",
      "[Deployment slow] FailedCreate: quota exceeded",
    ]);
    expect(harness.messages).toContain("Waiting for app ReplicaSet to be available (0/1 Pods available)");
  });

  it("ends when the object becomes ready", async () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "ready" },
      spec: { containers: [{ name: "c", image: "i" }] },
    };
    const creation = createResource(session, pod);
    const path = "/api/v1/namespaces/default/pods/ready";
    for (let done = false; !done;) {
      const conditions = ["PodScheduled", "Initialized", "Ready"].map((type) => ({ type, status: "True" }));
      done = await harness.server
        .request("PATCH", `${path}/status`, { status: { conditions } }, "application/merge-patch+json")
        .then(
          () => true,
          () => false,
        );
    }
    expect((await creation).state["status"]).toMatchObject({ conditions: expect.any(Array) as unknown });
  });

  it("accepts a Service without endpoints when time is up, and none that waits for unready pods", async () => {
    const service = (name: string): PropertyMap => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, annotations: background },
      spec: { selector: { app: "a" }, ports: [{ port: 80 }] },
    });
    expect((await createResource(session, service("alone"), 1)).id).toBe("default/alone");
    await harness.server.request("POST", "/api/v1/namespaces/default/endpoints", {
      metadata: { name: "waiting" },
      subsets: [{ notReadyAddresses: [{ ip: "10.1.2.3" }], ports: [{ port: 80 }] }],
    });
    const error = await failureOf(createResource(session, service("waiting"), 1));
    expect((error as PartialFailure).reasons.at(-1)).toMatch(/^Service does not target any Pods/);
  });

  it("is skipped when the annotation says so", async () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "unawaited", annotations: { ...background, "pulumi.com/skipAwait": "true" } },
      spec: { containers: [{ name: "c", image: "i" }] },
    };
    expect((await createResource(session, pod)).id).toBe("default/unawaited");
  });

  it("ends when the engine cancels", async () => {
    const other = await harness.provider();
    setTimeout(() => {
      other.cancel();
    }, 500);
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "cancelled" },
      spec: { containers: [{ name: "c", image: "i" }] },
    };
    const error = await failureOf(createResource(other.session, pod));
    expect(error).toBeInstanceOf(PartialFailure);
    expect(error.cause).toBeInstanceOf(NotReadyError);
    expect(error.message).toMatch(/Resource operation was cancelled for "cancelled"/);
  });

  it("obeys pulumi.com/waitFor on any kind", async () => {
    const annotations = { ...background, "pulumi.com/waitFor": "jsonpath={.data.done}=yes" };
    const creation = createResource(session, configMap("awaited", { done: "no" }, { annotations }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await harness.server.request(
      "PATCH",
      `${configMaps}/awaited`,
      { data: { done: "yes" } },
      "application/merge-patch+json",
    );
    expect((await creation).state["data"]).toEqual({ done: "yes" });
  });
});
