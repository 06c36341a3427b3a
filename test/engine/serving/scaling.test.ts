/** Gateway and autoscalers through the real engine, the Kubernetes provider and a real API server. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, it } from "vitest";

import { monitoringCrds } from "../../../components/crds/manifests.ts";
import { LiteLlmGateway, type LiteLlmGatewayArgs } from "../../../components/litellm-gateway.ts";
import { ModelAutoscaler, type ModelAutoscalerArgs } from "../../../components/model-autoscaler.ts";
import { VllmDeployment, type VllmDeploymentArgs } from "../../../components/vllm-deployment.ts";
import { startApiServer, type ApiServer } from "../../support/api-server.ts";
import { Applier } from "../../support/apply.ts";
import { kedaCrds } from "../../support/go-modules.ts";
import { at } from "../../support/mocks.ts";
import { createTestStack, type TestStack } from "../../support/pulumi-engine.ts";
import { scalerArgs } from "../../unit/components/autoscaler-typical.ts";
import { DIGEST, MINIMAL } from "../../unit/components/litellm-typical.ts";

let server: ApiServer;
let test: TestStack;

beforeAll(async () => {
  // Objects are deleted in the foreground, which the garbage collector finishes.
  server = await startApiServer({
    controllers: ["garbage-collector-controller", "serviceaccount-controller"],
  });
  const applier = new Applier(server);
  await applier.applyCrds([...monitoringCrds(), ...kedaCrds()]);
  for (const name of ["vllm", "gateway"])
    await applier.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  test = await createTestStack();
});

afterAll(async () => {
  await test.destroy();
  await test.remove();
  await server.stop();
});

/** No controller runs the pods here, so nothing would ever become ready. */
const withoutWaiting: pulumi.ResourceTransformation = ({ type, props, opts }) => {
  if (type !== "kubernetes:apps/v1:Deployment") return undefined;
  const { metadata } = props as { metadata: { annotations?: object } };
  const annotations = { ...metadata.annotations, "pulumi.com/skipAwait": "true" };
  return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
};

const model: VllmDeploymentArgs = {
  namespace: "vllm",
  owner: "chat@example.com",
  image: `vllm/vllm-openai:v0.33.0@${DIGEST}`,
  model: {
    source: { kind: "hub", hub: { id: "meta-llama/Llama-3.1-8B-Instruct", revision: "v1" } },
  },
  autoscaled: true,
};

interface Changes {
  model?: Partial<VllmDeploymentArgs>;
  scaler?: Partial<ModelAutoscalerArgs>;
  gateway?: Partial<LiteLlmGatewayArgs>;
}

async function up(changes: Changes = {}): Promise<string[]> {
  test.program = () => {
    const cluster = new k8s.Provider("cluster", {
      kubeconfig: server.kubeconfigPath,
      clusterIdentifier: "test",
    });
    const options = { providers: { kubernetes: cluster }, transformations: [withoutWaiting] };
    new VllmDeployment("llama-8b", { ...model, ...changes.model }, options);
    new ModelAutoscaler("llama-8b", scalerArgs(changes.scaler ?? {}), options);
    const { models } = MINIMAL;
    new LiteLlmGateway(
      "gateway",
      {
        ...MINIMAL,
        models,
        masterKey: "sk-0123456789abcdef0123456789abcdef",
        ...changes.gateway,
      },
      options,
    );
    return Promise.resolve();
  };
  await test.up();
  return test
    .steps()
    .map(({ op, name }) => `${op} ${name}`)
    .filter((step) => /^(?!same|read).* (llama-8b|gateway)-/.test(step))
    .sort();
}

const scaleOf = "/apis/apps/v1/namespaces/vllm/deployments/llama-8b/scale";

it("takes new images, bounds, signals and numbers in place, and leaves the scaler's number alone", async () => {
  const made = await up();
  expect(made.every((step) => step.startsWith("create "))).toBe(true);
  expect(made).toEqual(expect.arrayContaining(["create llama-8b-server", "create llama-8b-scaler"]));

  // As an autoscaler does it.
  await server.request("PATCH", scaleOf, { spec: { replicas: 3 } }, "application/merge-patch+json");
  const image = `vllm/vllm-openai:v0.34.0@${DIGEST.replace("109", "110")}`;
  expect(await up({ model: { image } })).toEqual(["update llama-8b-server"]);
  expect(at(await server.request("GET", scaleOf), "spec.replicas")).toBe(3);

  const changes: Changes = {
    model: { image },
    scaler: { maxReplicas: 9, signals: { kvCacheUsage: { percent: 70 } }, pace: { scaleDownSeconds: 1200 } },
    gateway: { replicas: 4, workers: 8, image: `ghcr.io/berriai/litellm:v1.110.0@${DIGEST}` },
  };
  expect(await up(changes)).toEqual(["update gateway-proxy", "update llama-8b-scaler"]);
  expect(at(await server.request("GET", scaleOf), "spec.replicas")).toBe(3);
  expect(await up(changes)).toEqual([]);
});
