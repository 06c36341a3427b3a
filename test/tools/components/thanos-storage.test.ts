import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { monitoringCrds } from "../../../components/crds/manifests.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier } from "../../support/apply.ts";
import { manifestsOf } from "../../support/manifests.ts";
import { at } from "../../support/mocks.ts";
import { podsOf } from "../../support/pods.ts";
import { build, least, whole } from "../../unit/components/thanos/typical.ts";

let server: ApiServer;
let applier: Applier;

beforeAll(async () => {
  server = await startApiServer();
  applier = new Applier(server);
  await applier.applyCrds(monitoringCrds());
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  for (const name of ["least", "whole"])
    await applier.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
});

afterAll(async () => {
  await server.stop();
});

describe.each(Object.entries({ least, whole }))("ThanosStorage with the %s arguments", (namespace, args) => {
  it("is accepted by the API server, field by field", async () => {
    const manifests = manifestsOf(await build({ namespace }, args));
    for (const manifest of manifests) await applier.apply(manifest, { dryRun: true });
    expect(manifests.length).toBeGreaterThan(20);
  });

  it("makes pods that the restricted pod security standard admits", async () => {
    const pods = podsOf(manifestsOf(await build({ namespace }, args)));
    for (const pod of pods) await applier.apply(pod, { dryRun: true });
    expect(pods.length).toBeGreaterThan(3);
  });

  it("changes nothing when it is applied again", async () => {
    const manifests = manifestsOf(await build({ namespace }, args));
    const versions = async () => {
      const applied = [];
      for (const manifest of manifests) applied.push(await applier.apply(manifest));
      return applied.map(({ metadata }) => at(metadata, "resourceVersion"));
    };
    expect(await versions()).toEqual(await versions());
  });
});

it("the standard is in force, so that the test above can fail", async () => {
  const [pod] = podsOf(manifestsOf(await build({ namespace: "least" })));
  const spec = { ...pod?.spec, securityContext: { runAsNonRoot: false } };
  await expect(applier.apply({ ...pod, spec }, { dryRun: true })).rejects.toThrow(/violates PodSecurity/);
});
