/** Every group of nodes is accepted by a real API server with the CRD of LeaderWorkerSet, its pods by the restricted standard. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { monitoringCrds } from "../../../components/crds/manifests.ts";
import { VllmMultiNode } from "../../../components/vllm-multi-node.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier } from "../../support/apply.ts";
import { leaderWorkerSetCrd } from "../../support/go-modules.ts";
import { manifestsOf, type Manifest } from "../../support/manifests.ts";
import { at, runWithMocks } from "../../support/mocks.ts";
import { MINIMAL } from "../../unit/components/vllm-args.ts";
import { MULTI_NODE } from "../../unit/components/vllm-multi-node.ts";

let server: ApiServer;
let applier: Applier;

beforeAll(async () => {
  server = await startApiServer();
  applier = new Applier(server);
  await applier.applyCrds([...monitoringCrds(), leaderWorkerSetCrd()]);
  await applier.apply({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "serving", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
});

afterAll(async () => {
  await server.stop();
});

describe.each(Object.entries(MULTI_NODE))("%s", (_, args) => {
  const manifests = async (): Promise<Manifest[]> =>
    manifestsOf(
      await runWithMocks(
        () =>
          new VllmMultiNode("giant", {
            ...MINIMAL,
            nodes: 2,
            parallelism: { tensor: 8, pipeline: 2 },
            ...args,
          }),
      ),
    );

  it("is accepted, object by object", async () => {
    for (const manifest of await manifests()) await applier.apply(manifest, { dryRun: true });
  });

  it("makes pods of the restricted standard", async () => {
    const group = (await manifests()).find(({ kind }) => kind === "LeaderWorkerSet");
    for (const part of ["leaderTemplate", "workerTemplate"]) {
      const template = at(group, `spec.leaderWorkerTemplate.${part}`) as { metadata: object; spec: object };
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { ...template.metadata, name: `giant-${part.toLowerCase()}`, namespace: "serving" },
        // The account that the pods run as is another object of the dry run.
        spec: { ...template.spec, serviceAccountName: "default" },
      };
      await applier.apply(pod, { dryRun: true });
    }
  });
});

it("the CRD refuses what it doesn't know", async () => {
  const wrong = {
    apiVersion: "leaderworkerset.x-k8s.io/v1",
    kind: "LeaderWorkerSet",
    metadata: { name: "wrong", namespace: "serving" },
    spec: {
      replicas: "two",
      leaderWorkerTemplate: { size: 2, workerTemplate: { spec: { containers: [] } } },
    },
  };
  await expect(applier.apply(wrong, { dryRun: true })).rejects.toThrow(/replicas/);
});
