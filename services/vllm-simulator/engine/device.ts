/** What decides how fast an engine steps and how much it can hold. */
export interface DeviceOptions {
  /** Billions of parameters. */
  readonly parameters: number;
  /** vLLM's --quantization, or undefined for 16-bit weights. */
  readonly quantization: string | undefined;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  /** vLLM's --gpu-memory-utilization, 0 to 1. */
  readonly gpuMemoryUtilization: number;
  /** Tokens. */
  readonly maxModelLen: number;
  /** True for an 8-bit KV cache. */
  readonly smallKvCache: boolean;
}

/** Times of one engine step, in seconds: fixed + Σ coefficient × amount. */
export interface StepCost {
  readonly fixed: number;
  readonly perPrefillToken: number;
  readonly perSequence: number;
  readonly perContextToken: number;
  /** Parts of `fixed` in which the weights are read, and in which the GPUs talk to each other. */
  readonly weights: number;
  readonly communication: number;
}

/** What an engine's GPUs did since its start, in seconds at their peak; together they are the engine's busy time at most. */
export interface DeviceWork {
  /** In which a step was under way. */
  busySeconds: number;
  /** In which the tensor cores would have worked at their peak. */
  computeSeconds: number;
  /** In which device memory would have been read at its peak. */
  memorySeconds: number;
  communicationSeconds: number;
}

/** What `GET /simulator/device` says of one replica. */
export interface DeviceReport {
  /** GPUs of each engine: tensor times pipeline parallel size. */
  readonly gpusPerEngine: number;
  /** Share of device memory that an engine takes, 0 to 1. */
  readonly gpuMemoryUtilization: number;
  readonly engines: readonly Readonly<DeviceWork>[];
}

/** An engine that did nothing yet. */
export const noWork = (): DeviceWork => ({
  busySeconds: 0,
  computeSeconds: 0,
  memorySeconds: 0,
  communicationSeconds: 0,
});

/** An 80 GB GPU of the A100 class: the class for which vLLM defaults to 256 sequences and 2048 batched tokens. */
const gpu = { memory: 80e9, bandwidth: 2.0e12, flops: 312e12 };
/** Share of the peak that kernels reach. */
const efficiency = { bandwidth: 0.75, flops: 0.5 };
/** Activations, CUDA graphs and the framework, per GPU. */
const reservedMemory = 6e9;
/** Host work of a step (scheduling, launching, sampling, sending), and its share per sequence. */
const hostSeconds = { step: 0.003, sequence: 20e-6 };
/** One all-reduce round per step and doubling of tensor parallelism. */
const communicationSeconds = 0.0015;

/** Bytes of a weight by vLLM's names of quantisations; 16-bit when none or unknown. */
export function weightBytes(quantization: string | undefined): number {
  if (quantization === undefined) {
    return 2;
  }
  if (/awq|gptq|bitsandbytes|gguf|int4|4bit|fp4/i.test(quantization)) {
    return 0.55;
  }
  return /fp8|int8|w8a8|smoothquant|compressed-tensors|modelopt/i.test(quantization) ? 1 : 2;
}

/** Billions of parameters as a model's name tells them ("Qwen2.5-72B-Instruct-AWQ", "mixtral-8x7b"); 8 when it doesn't. */
export function parametersFromName(model: string): number {
  const match = /(?:^|[^a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![a-z])/i.exec(
    model.split("/").at(-1) ?? model,
  );
  if (match === null) {
    return 8;
  }
  return Number(match[1] ?? 1) * Number(match[2]);
}

/** The quantisation that a model's name tells, for those whose own configuration sets it; undefined when it doesn't. */
export function quantizationFromName(model: string): string | undefined {
  return /awq|gptq|fp8|int8|w8a8|int4|4bit|fp4/i.exec(model)?.[0].toLowerCase();
}

/** Bytes of keys and values per token: 128 KiB at 8 billion parameters, 320 KiB at 70, as with Llama 3. */
function kvBytesPerToken(options: DeviceOptions): number {
  return (131_072 * (options.parameters / 8) ** 0.423) / (options.smallKvCache ? 2 : 1);
}

/** Roofline estimate of an engine step: reading the weights and the cache, computing the prefill, the host's share. */
export function stepCost(options: DeviceOptions): StepCost {
  const weights = options.parameters * 1e9 * weightBytes(options.quantization);
  const bandwidth = gpu.bandwidth * efficiency.bandwidth * options.tensorParallel;
  const reading = weights / bandwidth;
  const communication =
    communicationSeconds * (Math.log2(options.tensorParallel) + options.pipelineParallel - 1);
  return {
    fixed: hostSeconds.step + reading + communication,
    weights: reading,
    communication,
    perPrefillToken: (2 * options.parameters * 1e9) / (gpu.flops * efficiency.flops * options.tensorParallel),
    perSequence: hostSeconds.sequence,
    perContextToken: kvBytesPerToken(options) / bandwidth,
  };
}

/**
 * Tokens of KV cache that fit beside the weights, at least one sequence of the maximum length: whether a model fits its
 * GPUs is not for the simulator to judge.
 */
export function kvCacheTokens(options: DeviceOptions): number {
  const gpus = options.tensorParallel * options.pipelineParallel;
  const weights = options.parameters * 1e9 * weightBytes(options.quantization);
  const bytes = (gpu.memory * options.gpuMemoryUtilization - reservedMemory) * gpus - weights;
  return Math.max(Math.floor(bytes / kvBytesPerToken(options)), options.maxModelLen);
}

/** Adds a step to what the GPUs did: kernels reach a share of the peak, which is what the counters of a GPU are shares of. */
export function addStep(
  work: DeviceWork,
  cost: StepCost,
  step: {
    readonly seconds: number;
    readonly sequences: number;
    readonly prefillTokens: number;
    readonly contextTokens: number;
  },
): void {
  work.busySeconds += step.seconds;
  // A token that is decoded is computed as one of a prompt is.
  work.computeSeconds +=
    cost.perPrefillToken * Math.max(step.prefillTokens, step.sequences) * efficiency.flops;
  work.memorySeconds += (cost.weights + cost.perContextToken * step.contextTokens) * efficiency.bandwidth;
  work.communicationSeconds += cost.communication;
}
