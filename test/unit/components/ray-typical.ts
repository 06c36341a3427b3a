/** Typical services, each with a golden manifest and a dry run against a real API server. */
import {
  RayAuthentication,
  RayReplicaPlacement,
  RayUpgrade,
  type RayVllmServiceArgs,
} from "../../../components/ray-vllm-service.ts";
import { REVISION } from "./vllm-args.ts";

export const RAY_TYPICAL: Record<string, Partial<RayVllmServiceArgs>> = {
  /** One small model, nothing but what is required. */
  minimal: {},
  /** A large model that scales between two and six replicas of four GPUs, streamed from an object store. */
  "autoscaled-s3": {
    team: "chat",
    model: {
      source: {
        kind: "s3",
        s3: {
          uri: "s3://models/llama-3.3-70b-fp8",
          region: "eu-central-1",
          concurrency: 32,
          bufferSize: "8Gi",
        },
      },
      servedName: "llama-3.3-70b",
      maxLength: 32_768,
      quantization: "fp8",
      dtype: "bfloat16",
      kvCacheDtype: "fp8",
    },
    parallelism: { tensor: 4 },
    gpu: { count: 4, product: "NVIDIA-H100-80GB-HBM3" },
    autoscaling: { minReplicas: 2, maxReplicas: 6, upscaleDelaySeconds: 15, downscaleDelaySeconds: 900 },
    maxSequences: 128,
    gpuMemoryUtilization: 0.9,
    resources: { cpuRequest: "16", memoryLimit: "192Gi", sharedMemory: "16Gi" },
    startup: { expectedLoadSeconds: 1200 },
    drain: { preStopSeconds: 20, shutdownSeconds: 180 },
    monitor: { interval: "5s", sampleLimit: 20_000, labels: { release: "prometheus" } },
    network: { clients: [{ namespace: "gateway", podLabels: { app: "litellm" } }, { namespace: "batch" }] },
    scheduling: {
      tolerations: [{ key: "nvidia.com/gpu" }, { key: "capacity", value: "reserved", effect: "NoExecute" }],
      priorityClassName: "serving",
      runtimeClassName: "nvidia",
    },
    faultTolerance: {
      redisAddress: "rediss://redis.cache.svc:6379",
      usernameSecret: { name: "redis", key: "user" },
      passwordSecret: { name: "redis", key: "password" },
    },
    serviceAccountAnnotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/models" },
  },
  /** A model too large for one node: two pipeline stages, each a pod, on reserved nodes first and then on spot ones. */
  "two-pods-a-replica": {
    model: {
      source: { kind: "claim", claim: { name: "weights", directory: "deepseek-v3" } },
      servedName: "deepseek-v3",
    },
    parallelism: { tensor: 8, pipeline: 2 },
    placement: RayReplicaPlacement.PodPerStage,
    autoscaling: { minReplicas: 2, maxReplicas: 4 },
    workerGroups: [
      { name: "reserved", minWorkers: 4, maxWorkers: 4 },
      {
        name: "spot",
        maxWorkers: 4,
        scheduling: {
          nodeSelector: { "example.com/capacity": "spot" },
          tolerations: [{ key: "nvidia.com/gpu" }, { key: "spot" }],
        },
      },
    ],
    resources: { cpuRequest: "32", memoryLimit: "512Gi", sharedMemory: "64Gi" },
    engineArguments: { enable_expert_parallel: true },
    head: {
      cpuRequest: "4",
      memory: "16Gi",
      nodeSelector: { role: "system" },
      tolerationKeys: ["CriticalAddonsOnly"],
      priorityClassName: "system",
    },
    upgrade: RayUpgrade.None,
    operatorNamespace: "ray-system",
  },
  /** Adapters that requests name, on a gated model of the hub, with variables and volumes of the user. */
  "lora-gated-hub": {
    model: {
      source: {
        kind: "hub",
        hub: {
          id: "meta-llama/Llama-3.1-8B-Instruct",
          revision: REVISION,
          tokenSecret: { name: "hub-token", key: "token" },
          cacheClaim: "hub-cache",
        },
      },
      servedName: "llama-3.1-8b",
      lora: { maxAdapters: 4, maxRank: 32, maxCpuAdapters: 8 },
    },
    loraDirectory: "s3://models/adapters",
    rayVersion: "2.51.1",
    authentication: RayAuthentication.None,
    engineArguments: { enable_prefix_caching: true, custom_histogram_buckets: { ttft: [0.1, 1] } },
    env: [
      { name: "VLLM_LOGGING_LEVEL", value: "INFO" },
      { name: "PROXY_PASSWORD", secret: { name: "proxy", key: "password" } },
    ],
    extraVolumes: [{ name: "config", mountPath: "/config", configMap: "chat-config" }],
    annotations: { "example.com/ticket": "OPS-7" },
    podAnnotations: { "example.com/restarted": "2026-01-01" },
    podLabels: { tier: "gold" },
    imagePullSecrets: ["registry"],
    security: { userId: 3000, groupId: 3000, volumeGroupId: 3000 },
    waitForReady: false,
  },
  /** A directory of an NFS export. */
  nfs: {
    model: {
      source: {
        kind: "nfs",
        nfs: { server: "nfs.storage.svc", path: "/exports/models", directory: "qwen3-8b" },
      },
      servedName: "qwen3-8b",
    },
  },
};
