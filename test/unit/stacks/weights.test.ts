/** Weights on a shared volume, from the configuration to the objects. */
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";

import { componentProblems } from "../../../stacks/configuration.ts";
import { modelWeightsArgs, vllmDeploymentArgs } from "../../../stacks/mapping/model.ts";
import { fleetSecrets } from "../../../stacks/mapping/secrets.ts";
import { defineStack } from "../../../stacks/program.ts";
import { at, runWithMocks } from "../../support/mocks.ts";
import { said, settingsOf } from "./support.ts";

const hub = { kind: "hub", repository: "a/b", revision: "v1" };
const withSource = (source: object, environment = "prod") =>
  settingsOf(environment, [["fleet.models[0].source", { kind: "claim", ...source }]]);
const first = ({ settings }: ReturnType<typeof withSource>) => {
  const [model] = settings.fleet.models;
  if (model === undefined) throw new Error("no model");
  return { model, settings };
};

describe("the arguments", () => {
  test("of a volume that is filled from the hub, by the model's own image", () => {
    const { model, settings } = first(
      withSource({
        nfs: { server: "fs-1.efs.example.com", path: "/models" },
        size: "200Gi",
        fill: { ...hub, tokenFromSecret: "hubToken" },
      }),
    );
    expect(modelWeightsArgs(model, settings)).toEqual({
      namespace: "vllm",
      image: model.image,
      origin: "hub",
      hub: { id: "a/b", revision: "v1", tokenSecret: { name: "hub-token", key: "token" } },
      volume: { nfs: { server: "fs-1.efs.example.com", path: "/models" }, size: "200Gi" },
    });
    expect(fleetSecrets(settings)).toContainEqual({
      namespace: "vllm",
      configKey: "hubToken",
      name: "hub-token",
    });
    const filled = { name: "claim", directory: "a/b/v1" };
    expect(vllmDeploymentArgs(model, settings, filled)).toMatchObject({
      model: { source: { kind: "claim", claim: filled } },
    });
  });

  test("of an existing claim that nothing fills", () => {
    const { model, settings } = first(withSource({ claim: "shared", subPath: "llama" }));
    expect(modelWeightsArgs(model, settings)).toBeUndefined();
    expect(vllmDeploymentArgs(model, settings)).toMatchObject({
      model: { source: { kind: "claim", claim: { name: "shared", directory: "llama" } } },
    });
  });
});

const image = `amazon/aws-cli:2.31.0@sha256:${"1".repeat(64)}`;
const s3 = { kind: "s3", uri: "s3://models/llama" };
test.each<[string, object, string, RegExp]>([
  ["nothing to fill and nothing to find", {}, "claim", /existing claim/],
  [
    "a size of somebody else's claim",
    { claim: "a", size: "1Gi" },
    "size",
    /nothing, where nothing is filled/,
  ],
  [
    "a directory that follows from the revision",
    { size: "1Gi", fill: hub, subPath: "x" },
    "subPath",
    /nothing/,
  ],
  ["S3 without aws", { size: "1Gi", fill: s3 }, "fillImage", /command aws/],
  ["no size", { fill: hub }, "size", /required/],
  [
    "two volumes",
    { claim: "a", storageClass: "efs", fill: hub },
    "storageClass",
    /no use with volume\.claim/,
  ],
  [
    "a bucket alone",
    { size: "1Gi", fillImage: image, fill: { ...s3, uri: "s3://models/?" } },
    "fill.uri",
    /s3:/,
  ],
])("refused: %s", (_, source, field, expected) => {
  const read = () => componentProblems(withSource(source).settings);
  if (field === "fill.uri") {
    // The schema is stricter than the component.
    expect(read).toThrow(/fill\.uri/);
    return;
  }
  expect(said(read())).toContainEqual(
    expect.objectContaining({
      path: `fleet.models[0].source.${field}`,
      says: expect.stringMatching(expected) as unknown,
    }),
  );
});

test("the replicas of the local environment wait for the Job that fills their volume", async () => {
  const { settings, secretKeys } = settingsOf("local");
  const access = { kubeconfig: "kubeconfig", clusterIdentifier: "here" };
  const secrets = Object.fromEntries(
    secretKeys.map((key) => [key, pulumi.secret(`planted-${key}-0123456789`)]),
  );
  const result = await runWithMocks(() => defineStack({ settings, secrets, access }), { stack: "local" });
  const job = result.find("Job");
  const server = result.find("Deployment", "mistral-7b-lora-server");
  expect(server.dependencies).toContain(job.urn);
  const volumes = at(server.inputs, "spec.template.spec.volumes") as Record<string, unknown>[];
  expect(volumes).toContainEqual({
    name: "vllm-model",
    persistentVolumeClaim: { claimName: "mistral-7b-lora-weights", readOnly: true },
  });
  const args = at(server.inputs, "spec.template.spec.containers[0].args") as string[];
  expect(args.join(" ")).toContain(
    "mistralai/Mistral-7B-Instruct-v0.3/0000000000000000000000000000000000000a03",
  );
});
