import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { KubeConfig } from "@kubernetes/client-node";

import { monitoringCrds } from "../../../components/crds/manifests.ts";
import { definitionsOf } from "../../../local/cli/definitions.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier } from "../../support/apply.ts";
import { gatewayApiCrds, kedaCrds } from "../../support/go-modules.ts";
import { manifestsOf, type Manifest } from "../../support/manifests.ts";
import { at } from "../../support/mocks.ts";
import { podsOf } from "../../support/pods.ts";
import { autoscaler, SCALERS } from "../../unit/components/autoscaler-typical.ts";
import { gateway, GATEWAYS } from "../../unit/components/litellm-typical.ts";
import { weights, WEIGHTS } from "../../unit/components/model-weights-typical.ts";

let server: ApiServer;
let applier: Applier;

beforeAll(async () => {
  server = await startApiServer();
  applier = new Applier(server);
  await applier.applyCrds([...monitoringCrds(), ...kedaCrds(), ...gatewayApiCrds()]);
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  for (const name of ["gateway", "vllm"])
    await applier.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
});

afterAll(async () => {
  await server.stop();
});

it("the cluster tells which kinds it knows, so that what an environment lacks is named before anything is changed", async () => {
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig);
  const known = await definitionsOf(config);
  expect([...known]).toEqual(
    expect.arrayContaining(["scaledobjects.keda.sh", "httproutes.gateway.networking.k8s.io"]),
  );
  expect(known.has("rayservices.ray.io")).toBe(false);
});

describe("a gateway", () => {
  it.each(Object.entries(GATEWAYS))("is accepted, field by field: %s", async (_, args) => {
    const manifests = manifestsOf(await gateway(args));
    for (const manifest of manifests) await applier.apply(manifest, { dryRun: true });
  });

  it.each(Object.entries(GATEWAYS))("makes pods that the restricted standard admits: %s", async (_, args) => {
    const [pod] = podsOf(manifestsOf(await gateway(args)), "gateway");
    await applier.apply(pod ?? {}, { dryRun: true });
    const rooted = { ...pod, spec: { ...pod?.spec, securityContext: { runAsNonRoot: false } } };
    await expect(applier.apply(rooted, { dryRun: true })).rejects.toThrow(/violates PodSecurity/);
  });

  it("routes by a kind that the API server knows: a wrong match is refused", async () => {
    const route = manifestsOf(await gateway(GATEWAYS["gateway-api"])).find(
      ({ kind }) => kind === "HTTPRoute",
    );
    const wrong = structuredClone(route) as Manifest;
    const [rule] = at(wrong, "spec.rules") as { matches: { path: { type: string } }[] }[];
    if (rule?.matches[0] !== undefined) rule.matches[0].path.type = "Prefix";
    await expect(applier.apply(wrong, { dryRun: true })).rejects.toThrow(/spec\.rules\[0\]\.matches\[0\]/);
  });
});

describe("weights on a shared volume", () => {
  it.each(Object.entries(WEIGHTS))("are accepted, field by field: %s", async (_, args) => {
    for (const manifest of manifestsOf(await weights(args))) await applier.apply(manifest, { dryRun: true });
  });

  it.each(Object.entries(WEIGHTS))(
    "are filled by a pod that the restricted standard admits: %s",
    async (_, args) => {
      const job = manifestsOf(await weights(args)).find(({ kind }) => kind === "Job");
      const { metadata, spec } = at(job, "spec.template") as { metadata: object; spec: object };
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "fill", namespace: "vllm", ...metadata },
        spec,
      };
      await applier.apply(pod, { dryRun: true });
    },
  );
});

describe("an autoscaler", () => {
  it.each(Object.entries(SCALERS))("is accepted, field by field: %s", async (_, args) => {
    for (const manifest of manifestsOf(await autoscaler(args)))
      await applier.apply(manifest, { dryRun: true });
  });

  it("of KEDA's kind is checked: bounds that the component refuses are refused here too", async () => {
    const [scaled] = manifestsOf(await autoscaler()).filter(({ kind }) => kind === "ScaledObject");
    const wrong = structuredClone(scaled) as Manifest & { spec: Record<string, unknown> };
    wrong.spec["minReplicaCount"] = 9;
    await expect(applier.apply(wrong, { dryRun: true })).rejects.toThrow(/minReplicaCount must be less/);
    const unknown = { ...(scaled as Manifest), spec: { ...wrong.spec, minReplicaCount: 1, pace: 1 } };
    await expect(applier.apply(unknown, { dryRun: true })).rejects.toThrow(/pace/);
  });

  it("keeps its bounds, signals and pace when they change, under the same name", async () => {
    const [first] = manifestsOf(await autoscaler());
    const made = await applier.apply(first ?? {});
    const changed = manifestsOf(
      await autoscaler({
        maxReplicas: 8,
        signals: { runningRequests: { perReplica: 32 } },
        pace: { scaleDownSeconds: 900 },
      }),
    );
    const again = await applier.apply(changed[0] ?? {});
    expect(at(again, "metadata.uid")).toBe(at(made, "metadata.uid"));
    expect(at(again, "spec.maxReplicaCount")).toBe(8);
    expect(at(again, "spec.triggers")).toHaveLength(1);
  });
});
