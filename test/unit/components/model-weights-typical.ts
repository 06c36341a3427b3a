/** Typical arguments of a `ModelWeights`, for the unit tests and the API server's. */
import { ModelWeights, type ModelWeightsArgs } from "../../../components/model-weights.ts";
import { runWithMocks, type MockRun } from "../../support/mocks.ts";

const REVISION = "0e9e39f249a16976918f6564b8830bc894c89659";

export const WEIGHTS: Record<string, ModelWeightsArgs> = {
  minimal: {
    namespace: "vllm",
    origin: "hub",
    hub: { id: "meta-llama/Llama-3.1-8B-Instruct", revision: REVISION },
    volume: { size: "40Gi" },
    image: "vllm/vllm-openai:v0.33.0",
  },
  "gated-nfs": {
    namespace: "vllm",
    origin: "hub",
    hub: {
      id: "meta-llama/Llama-3.1-70B-Instruct",
      revision: REVISION,
      tokenSecret: { name: "hub", key: "token" },
      endpoint: "https://hub.example.com",
    },
    volume: { nfs: { server: "fs-1.efs.eu-central-1.amazonaws.com", path: "/models" }, size: "500Gi" },
    image: "vllm/vllm-openai:v0.33.0",
    imagePullSecrets: ["registry"],
    expectedGiB: 140,
    userId: 3000,
    memoryLimit: "8Gi",
  },
  s3: {
    namespace: "vllm",
    origin: "s3",
    s3: {
      uri: "s3://models/llama-3.1-8b/v2/",
      region: "eu-central-1",
      endpoint: "https://minio.example.com",
      credentialsSecret: "minio",
    },
    volume: { claim: "shared-models" },
    image: "amazon/aws-cli:2.31.0",
    serviceAccount: "model-reader",
    timeoutSeconds: 1200,
  },
  "storage-class": {
    namespace: "vllm",
    origin: "s3",
    s3: { uri: "s3://models/qwen" },
    volume: { storageClass: "efs", size: "20Gi" },
    image: "amazon/aws-cli:2.31.0",
  },
};

export function weights(args: object): Promise<MockRun<ModelWeights>> {
  return runWithMocks(() => new ModelWeights("llama-weights", args as ModelWeightsArgs));
}
