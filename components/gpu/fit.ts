/** Whether a model fits GPUs: arithmetic of weights, KV cache and overhead. */
import type { GpuInstanceType } from "./instance-types.ts";
import { gpuInstanceTypes } from "./instance-types.ts";
import { leastComputeCapability, weightsGiB, type GpuWeightFormat } from "./weights.ts";

/** Type of the KV cache: that of the model (16 bit), or 8 bit. */
export const GpuKvCacheFormat = { SixteenBit: "16bit", Fp8: "fp8" } as const;
export type GpuKvCacheFormat = (typeof GpuKvCacheFormat)[keyof typeof GpuKvCacheFormat];

/** What the arithmetic has to know of a model and of how it is run. Numbers of layers and heads: its config.json. */
export interface ModelRequirements {
  readonly parametersBillion: number;
  readonly weightFormat: GpuWeightFormat;
  /** Parameters that a quantised checkpoint keeps in 16 bit, in billions. */
  readonly unquantisedBillion?: number | undefined;
  /** GPUs that share each layer. Default 1. */
  readonly tensorParallel?: number | undefined;
  /** Stages that the layers are split into. Default 1. */
  readonly pipelineParallel?: number | undefined;
  /** Engines with weights of their own. Default 1. */
  readonly dataParallel?: number | undefined;
  /** Nodes that one replica spans. Default 1. */
  readonly nodes?: number | undefined;
  /** Longest prompt plus output, in tokens. Default: the KV cache is not checked. */
  readonly maxLength?: number | undefined;
  /** num_hidden_layers. Default: the KV cache is not checked. */
  readonly layers?: number | undefined;
  /** num_key_value_heads. */
  readonly kvHeads?: number | undefined;
  /** head_dim, or hidden_size / num_attention_heads. */
  readonly headSize?: number | undefined;
  /** Multi-head latent attention: kv_lora_rank + qk_rope_head_dim, instead of `kvHeads` and `headSize`. */
  readonly kvLatentSize?: number | undefined;
  /** Default 16bit. */
  readonly kvCacheFormat?: GpuKvCacheFormat | undefined;
  /** Requests of the greatest length that must be held at the same time. Default 1. */
  readonly concurrentRequests?: number | undefined;
  /** Share of GPU memory that vLLM takes. Default 0.92, that of vLLM 0.33. */
  readonly gpuMemoryUtilization?: number | undefined;
  /** Memory of one GPU for activations, CUDA graphs and communication buffers, in GiB. Default: an estimate. */
  readonly overheadGiB?: number | undefined;
}

/** Share of GPU memory that vLLM 0.33 takes unless told otherwise. */
export const DEFAULT_GPU_MEMORY_UTILIZATION = 0.92;

/** Memory of the GPU that needs most, in GiB. */
export interface MemoryNeed {
  readonly weightsGiB: number;
  readonly kvCacheGiB: number;
  readonly overheadGiB: number;
  /** Sum of the three. */
  readonly totalGiB: number;
}

/** GPUs of one replica: tensor × pipeline × data. */
export function gpusOf(model: ModelRequirements): number {
  return (model.tensorParallel ?? 1) * (model.pipelineParallel ?? 1) * (model.dataParallel ?? 1);
}

/**
 * Memory that the most loaded GPU of a replica needs. Weights are split over tensor × pipeline GPUs; with uneven stages
 * the largest counts.
 */
export function memoryNeed(model: ModelRequirements): MemoryNeed {
  const { tensorParallel = 1, pipelineParallel = 1 } = model;
  const all = weightsGiB(model.parametersBillion, model.weightFormat, model.unquantisedBillion);
  const weights = (all / tensorParallel) * largestStage(model.layers, pipelineParallel);
  const kvCache = kvCacheGiB(model);
  const overhead = model.overheadGiB ?? estimatedOverheadGiB(tensorParallel * pipelineParallel);
  return {
    weightsGiB: weights,
    kvCacheGiB: kvCache,
    overheadGiB: overhead,
    totalGiB: weights + kvCache + overhead,
  };
}

/** Share of the layers in the largest stage; vLLM gives the remainder to single stages. */
function largestStage(layers: number | undefined, stages: number): number {
  return layers === undefined ? 1 / stages : Math.ceil(layers / stages) / layers;
}

/**
 * Activations of a prefill chunk, CUDA graphs and the CUDA context take 1.5 to 3 GiB of a GPU, communication buffers
 * about half a GiB more. An estimate on the low side: what it refuses can't work, what it accepts may still be tight.
 */
function estimatedOverheadGiB(gpus: number): number {
  return gpus > 1 ? 2 : 1.5;
}

/**
 * KV cache of one GPU in GiB for the requests that must be held; 0 where the model's shape is not told. vLLM does not
 * start when a single request of the greatest length does not fit.
 *
 * Tensor parallelism splits the heads, and copies them where there are fewer heads than GPUs. A latent cache is whole on
 * each GPU.
 */
export function kvCacheGiB(model: ModelRequirements): number {
  const { layers, maxLength, tensorParallel = 1, pipelineParallel = 1, concurrentRequests = 1 } = model;
  const width = kvWidth(model, tensorParallel);
  if (layers === undefined || maxLength === undefined || width === undefined) return 0;
  const bytes = model.kvCacheFormat === GpuKvCacheFormat.Fp8 ? 1 : 2;
  const stageLayers = Math.ceil(layers / pipelineParallel);
  return (stageLayers * width * bytes * maxLength * concurrentRequests) / 2 ** 30;
}

/** Values that one token takes in one layer on one GPU. */
function kvWidth({ kvHeads, headSize, kvLatentSize }: ModelRequirements, tensorParallel: number) {
  if (kvLatentSize !== undefined) return kvLatentSize;
  if (kvHeads === undefined || headSize === undefined) return undefined;
  return 2 * headSize * Math.ceil(kvHeads / tensorParallel);
}

/** Why a model does not run on an instance type. */
export interface Misfit {
  /** Property of the model that is in the way. */
  readonly property: "weightFormat" | "tensorParallel" | "parametersBillion" | "maxLength";
  readonly value: string | number | undefined;
  /** Predicate with the numbers. */
  readonly reason: string;
}

/** What is in the way of running the model on nodes of this type; empty: nothing. */
export function misfits(model: ModelRequirements, type: GpuInstanceType): Misfit[] {
  return [...kernelMisfit(model, type), ...countMisfit(model, type), ...memoryMisfit(model, type)];
}

function kernelMisfit({ weightFormat }: ModelRequirements, type: GpuInstanceType): Misfit[] {
  const least = leastComputeCapability(weightFormat);
  if (type.computeCapability >= least) return [];
  const reason = `needs compute capability ${least.toFixed(1)}, ${type.name} has ${type.computeCapability.toFixed(1)}`;
  return [{ property: "weightFormat", value: weightFormat, reason }];
}

function countMisfit(model: ModelRequirements, type: GpuInstanceType): Misfit[] {
  const { tensorParallel = 1, pipelineParallel = 1, dataParallel = 1, nodes = 1 } = model;
  const needed = gpusOf(model);
  const there = nodes * type.gpuCount;
  if (needed <= there) return [];
  const product = `tensor ${tensorParallel} × pipeline ${pipelineParallel} × data ${dataParallel} = ${needed} GPUs`;
  const have = nodes === 1 ? `${type.name} has ${there}` : `${nodes} nodes of ${type.name} have ${there}`;
  return [{ property: "tensorParallel", value: tensorParallel, reason: `needs ${product}, ${have}` }];
}

function memoryMisfit(model: ModelRequirements, type: GpuInstanceType): Misfit[] {
  const need = memoryNeed(model);
  const share = model.gpuMemoryUtilization ?? DEFAULT_GPU_MEMORY_UTILIZATION;
  const budget = share * type.gpuMemoryGiB;
  if (need.totalGiB <= budget) return [];
  const parts = [`weights ${gib(need.weightsGiB)}`, `overhead ${gib(need.overheadGiB)}`];
  if (need.kvCacheGiB > 0) parts.splice(1, 0, `KV cache ${gib(need.kvCacheGiB)}`);
  const sum = `${parts.join(" + ")} = ${gib(need.totalGiB)} GiB on each GPU`;
  const have = `${type.name} gives ${gib(budget)} GiB (${share} of ${gib(type.gpuMemoryGiB)})`;
  const reason = `needs ${sum}, ${have}`;
  // Without its cache the model would fit: then it is the length that is in the way.
  const isLength = need.totalGiB - need.kvCacheGiB <= budget;
  return [
    isLength
      ? { property: "maxLength", value: model.maxLength, reason }
      : { property: "parametersBillion", value: model.parametersBillion, reason },
  ];
}

function gib(value: number): string {
  return value.toFixed(1);
}

/**
 * Instance types that the model runs on as it is, those nearest to `type` first: of the same architecture, with the least
 * GPU memory in all.
 *
 * @param count how many at most
 */
export function nearestInstanceTypes(
  model: ModelRequirements,
  type: GpuInstanceType | undefined,
  count = 3,
): string[] {
  const candidates = [...gpuInstanceTypes.values()].filter((one) => misfits(model, one).length === 0);
  const cost = (one: GpuInstanceType) => one.gpuCount * one.gpuMemoryGiB;
  const strangeness = (one: GpuInstanceType) =>
    type === undefined ? 0 : Number(one.architecture !== type.architecture);
  return candidates
    .sort(
      (a, b) =>
        strangeness(a) - strangeness(b) ||
        cost(a) - cost(b) ||
        a.vcpus - b.vcpus ||
        a.name.localeCompare(b.name),
    )
    .slice(0, count)
    .map(({ name }) => name);
}

/**
 * Least tensor parallelism, up to the GPUs of a node, with which the model fits nodes of this type; undefined: none.
 * Powers of two only, because heads have to divide evenly.
 */
export function leastTensorParallel(model: ModelRequirements, type: GpuInstanceType): number | undefined {
  for (let tensorParallel = 1; tensorParallel <= type.gpuCount; tensorParallel *= 2) {
    if (misfits({ ...model, tensorParallel }, type).length === 0) return tensorParallel;
  }
  return undefined;
}
