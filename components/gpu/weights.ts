/** Formats that model weights are kept in on the GPU. */
import type { VllmDtype, VllmQuantization } from "../vllm/model-args.ts";

/** How weights are kept in GPU memory. */
export const GpuWeightFormat = {
  Float32: "float32",
  Bfloat16: "bfloat16",
  Float16: "float16",
  /** 8-bit floating point, weights and activations (W8A8). */
  Fp8: "fp8",
  /** 8-bit floating point weights that are widened for computing (Marlin, W8A16). */
  Fp8WeightOnly: "fp8-weight-only",
  /** 8-bit integer, weights and activations. */
  Int8: "int8",
  /** AWQ, 4 bit, groups of 128. */
  Awq: "awq-4bit",
  /** GPTQ, 4 bit, groups of 128. */
  Gptq: "gptq-4bit",
  /** GPTQ, 8 bit, groups of 128. */
  Gptq8: "gptq-8bit",
  /** OCP microscaling 4 bit, blocks of 32. */
  Mxfp4: "mxfp4",
  /** NVIDIA 4-bit floating point, blocks of 16, weights and activations. */
  Nvfp4: "nvfp4",
} as const;
export type GpuWeightFormat = (typeof GpuWeightFormat)[keyof typeof GpuWeightFormat];

interface FormatFacts {
  /** Bits of one weight, its share of scales and zero points included. */
  readonly bits: number;
  /** Least compute capability that vLLM has kernels for. */
  readonly computeCapability: number;
  /** Only the weights of linear layers; embeddings and the output head stay in 16 bit. */
  readonly isQuantised: boolean;
}

/**
 * Sizes follow from the formats: a group of 128 weights of 4 bit shares a 16-bit scale and a 4-bit zero point; a block of
 * 32 in MXFP4 and of 16 in NVFP4 shares an 8-bit scale. Compute capabilities: vLLM docs, features/quantization
 * ("Supported hardware") and, for bfloat16, CUDA (8.0).
 */
const formats: Record<GpuWeightFormat, FormatFacts> = {
  float32: { bits: 32, computeCapability: 7.5, isQuantised: false },
  bfloat16: { bits: 16, computeCapability: 8, isQuantised: false },
  float16: { bits: 16, computeCapability: 7.5, isQuantised: false },
  fp8: { bits: 8, computeCapability: 8.9, isQuantised: true },
  "fp8-weight-only": { bits: 8, computeCapability: 8, isQuantised: true },
  int8: { bits: 8, computeCapability: 7.5, isQuantised: true },
  "awq-4bit": { bits: 4 + 20 / 128, computeCapability: 7.5, isQuantised: true },
  "gptq-4bit": { bits: 4 + 20 / 128, computeCapability: 7.5, isQuantised: true },
  "gptq-8bit": { bits: 8 + 24 / 128, computeCapability: 7.5, isQuantised: true },
  mxfp4: { bits: 4 + 8 / 32, computeCapability: 8, isQuantised: true },
  nvfp4: { bits: 4 + 8 / 16, computeCapability: 10, isQuantised: true },
};

/** Bytes of one parameter in the format, scales and zero points included. */
export function bytesPerParameter(format: GpuWeightFormat): number {
  return formats[format].bits / 8;
}

/** Least compute capability of a GPU that the format runs on. */
export function leastComputeCapability(format: GpuWeightFormat): number {
  return formats[format].computeCapability;
}

/** Share of a model's parameters that quantised formats leave in 16 bit, where it is not told. */
const UNQUANTISED_SHARE = 0.05;

/**
 * Memory of all weights in GiB.
 *
 * @param parametersBillion all parameters (of a mixture of experts: all experts), in billions
 * @param unquantisedBillion those that a quantised checkpoint keeps in 16 bit, in billions: embeddings and output head,
 * `vocab_size × hidden_size × 2` (× 1 with tied embeddings). Default: 5 % of the parameters
 */
export function weightsGiB(
  parametersBillion: number,
  format: GpuWeightFormat,
  unquantisedBillion: number = UNQUANTISED_SHARE * parametersBillion,
): number {
  const wide = formats[format].isQuantised ? Math.min(unquantisedBillion, parametersBillion) : 0;
  const bytes = (parametersBillion - wide) * bytesPerParameter(format) + wide * 2;
  return (bytes * 1e9) / 2 ** 30;
}

const quantisations: Partial<Record<VllmQuantization, GpuWeightFormat>> = {
  awq: GpuWeightFormat.Awq,
  awq_marlin: GpuWeightFormat.Awq,
  gptq: GpuWeightFormat.Gptq,
  gptq_marlin: GpuWeightFormat.Gptq,
  fp8: GpuWeightFormat.Fp8,
  fp8_per_tensor: GpuWeightFormat.Fp8,
  fbgemm_fp8: GpuWeightFormat.Fp8,
  modelopt: GpuWeightFormat.Fp8,
  modelopt_fp4: GpuWeightFormat.Nvfp4,
  mxfp4: GpuWeightFormat.Mxfp4,
};

/**
 * Format of the weights that vLLM loads with these flags; undefined where only the checkpoint knows
 * (compressed-tensors, Quark, TorchAO, WNA16).
 */
export function weightFormatOf(
  quantization: VllmQuantization | undefined,
  dtype: VllmDtype = "auto",
): GpuWeightFormat | undefined {
  if (quantization !== undefined) return quantisations[quantization];
  return dtype === "auto" ? GpuWeightFormat.Bfloat16 : dtype;
}
