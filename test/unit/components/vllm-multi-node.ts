/** Typical groups, each with a golden manifest and a dry run against a real API server. */
import type { VllmMultiNodeArgs } from "../../../components/vllm-multi-node.ts";

export const MULTI_NODE: Record<string, Partial<VllmMultiNodeArgs>> = {
  /** Two nodes of eight GPUs, a stage on each. */
  "two-nodes": {},
  /** Four nodes, several groups, near each other, with everything that a replica can have. */
  "four-nodes": {
    nodes: 4,
    replicas: 2,
    parallelism: { tensor: 8, pipeline: 4 },
    exclusiveTopologyKey: "topology.kubernetes.io/zone",
    apiServerCount: 2,
    model: {
      source: { kind: "s3", s3: { uri: "s3://models/deepseek-v3", region: "eu-central-1" } },
      servedName: "deepseek-v3",
      maxLength: 131_072,
    },
    gpu: { count: 32, product: "NVIDIA-H200" },
    resources: { cpuRequest: "32", memoryLimit: "512Gi", sharedMemory: "64Gi" },
    startup: { expectedLoadSeconds: 3600 },
    network: { clients: [{ namespace: "gateway" }] },
  },
};
