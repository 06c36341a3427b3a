/** Typical deployments, each with a golden manifest and a dry run against a real API server. */
import * as pulumi from "@pulumi/pulumi";
import {
  VllmDtype,
  VllmKvCacheDtype,
  VllmModelSourceKind,
  VllmQuantization,
  VllmRolloutMode,
  VllmVolumeMedium,
  type VllmDeploymentArgs,
} from "../../../components/vllm-deployment.ts";
import { REVISION } from "./vllm-args.ts";

export const TYPICAL: Record<string, Partial<VllmDeploymentArgs>> = {
  /** One small model, nothing but what is required. */
  minimal: {},
  /** A large model over four GPUs, streamed from an object store. */
  "tensor-parallel-s3": {
    replicas: 2,
    model: {
      source: {
        kind: VllmModelSourceKind.S3,
        s3: {
          uri: "s3://models/llama-3.3-70b-fp8",
          region: "eu-central-1",
          endpoint: "https://minio.storage.svc:9000",
          credentialsSecret: "models-reader",
          concurrency: 32,
          bufferSize: "8Gi",
        },
      },
      servedName: "llama-3.3-70b",
      maxLength: 32_768,
      quantization: VllmQuantization.Fp8,
      dtype: VllmDtype.Bfloat16,
      kvCacheDtype: VllmKvCacheDtype.Fp8,
    },
    parallelism: { tensor: 4 },
    gpu: { count: 4, product: "NVIDIA-H100-80GB-HBM3" },
    resources: { cpuRequest: "16", memoryLimit: "192Gi", sharedMemory: "16Gi" },
    startup: { expectedLoadSeconds: 1200 },
    drain: { preStopSeconds: 20, shutdownSeconds: 180 },
    monitor: { interval: "5s", sampleLimit: 5000, labels: { release: "prometheus" } },
    network: { clients: [{ namespace: "gateway", podLabels: { app: "litellm" } }, { namespace: "batch" }] },
    scheduling: {
      nodeSelector: { "node.kubernetes.io/instance-type": "p5.48xlarge" },
      tolerations: [{ key: "nvidia.com/gpu" }, { key: "capacity", value: "reserved", effect: "NoExecute" }],
      priorityClassName: "serving",
      runtimeClassName: "nvidia",
    },
  },
  /** Two engines behind two front ends: metrics go through a volume in memory. */
  "data-parallel": {
    replicas: 3,
    team: "search",
    parallelism: { data: 2, dataLocal: 2 },
    apiServerCount: 2,
    multiprocessMetrics: { medium: VllmVolumeMedium.Memory, sizeLimit: "128Mi" },
    rollout: VllmRolloutMode.SurgeFirst,
    autoscaled: true,
  },
  /** Adapters on a base model from an NFS export, behind an API key, with variables and volumes of the user. */
  "lora-nfs": {
    model: {
      source: {
        kind: VllmModelSourceKind.Nfs,
        nfs: { server: "nfs.storage.svc", path: "/exports/models", directory: "qwen3-8b" },
      },
      servedName: "qwen3-8b",
      lora: {
        maxAdapters: 4,
        maxRank: 32,
        maxCpuAdapters: 8,
        adapters: [
          { name: "sql", path: "/adapters/sql" },
          { name: "summary", path: "/adapters/summary" },
        ],
      },
    },
    apiKeySecret: { name: "chat-api-key", key: "key" },
    maxSequences: 128,
    gpuMemoryUtilization: 0.85,
    extraArgs: ["--enable-prefix-caching", "--chat-template", "/config/template with spaces.jinja"],
    env: [
      { name: "VLLM_LOGGING_LEVEL", value: "INFO" },
      { name: "OTEL_HEADERS", value: pulumi.secret("authorization=hidden") },
      { name: "PROXY_PASSWORD", secret: { name: "proxy", key: "password" } },
    ],
    extraVolumes: [
      { name: "adapters", mountPath: "/adapters", claim: "adapters" },
      { name: "config", mountPath: "/config", configMap: "chat-config" },
    ],
    annotations: { "example.com/ticket": "OPS-7" },
    podAnnotations: { "example.com/restarted": "2026-01-01" },
    podLabels: { tier: "gold" },
    serviceAccountAnnotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/models" },
    imagePullSecrets: ["registry"],
    security: { userId: 3000, groupId: 3000, volumeGroupId: 3000 },
  },
  /** Weights on a claim, with the download cache of a gated hub model beside it in another deployment. */
  "gated-hub": {
    model: {
      source: {
        kind: VllmModelSourceKind.Hub,
        hub: {
          id: "meta-llama/Llama-3.1-8B-Instruct",
          revision: REVISION,
          tokenSecret: { name: "hub-token", key: "token" },
          cacheClaim: "hub-cache",
        },
      },
      servedName: "llama-3.1-8b",
    },
    multiprocessMetrics: { always: true },
  },
};
