/** GPU kinds: what a model has to know of the chip. */

/** Facts of one kind of GPU. */
export interface GpuKindFacts {
  /** Product name as GPU feature discovery spells it in the node label nvidia.com/gpu.product. */
  readonly product: string;
  /** CUDA compute capability, such as 8.9. Source: developer.nvidia.com/cuda-gpus. */
  readonly computeCapability: number;
}

/**
 * Known kinds. Those that a configuration can name are the same as in its schema (a test compares the two); the rest
 * exist on AWS only.
 */
export const gpuKinds = {
  t4: { product: "Tesla-T4", computeCapability: 7.5 },
  t4g: { product: "NVIDIA-T4G", computeCapability: 7.5 },
  a10g: { product: "NVIDIA-A10G", computeCapability: 8.6 },
  l4: { product: "NVIDIA-L4", computeCapability: 8.9 },
  l40s: { product: "NVIDIA-L40S", computeCapability: 8.9 },
  "a100-40gb": { product: "NVIDIA-A100-SXM4-40GB", computeCapability: 8 },
  "a100-80gb": { product: "NVIDIA-A100-SXM4-80GB", computeCapability: 8 },
  "h100-80gb": { product: "NVIDIA-H100-80GB-HBM3", computeCapability: 9 },
  h200: { product: "NVIDIA-H200", computeCapability: 9 },
  b200: { product: "NVIDIA-B200", computeCapability: 10 },
  b300: { product: "NVIDIA-B300", computeCapability: 10.3 },
  gb200: { product: "NVIDIA-GB200", computeCapability: 10 },
  "rtx-pro-6000": {
    product: "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition",
    computeCapability: 12,
  },
  "rtx-pro-4500": {
    product: "NVIDIA-RTX-PRO-4500-Blackwell-Server-Edition",
    computeCapability: 12,
  },
} as const satisfies Record<string, GpuKindFacts>;

/** Name of a kind of GPU. */
export type GpuKindName = keyof typeof gpuKinds;
