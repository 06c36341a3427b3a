/** Engine arguments of Ray Serve LLM: those of vLLM by their Python names. */
import type * as pulumi from "@pulumi/pulumi";
import type { RayVllmServiceArgs } from "../ray-vllm-service.ts";
import { parseQuantity } from "../support/quantity.ts";
import { MODEL_DIRECTORY, pathInModels } from "../vllm/flags.ts";
import { VllmModelSourceKind } from "../vllm/model-args.ts";

/** Arguments that the configuration of Ray Serve is made from, all of them known. */
export type EngineArgs = pulumi.Unwrap<
  Pick<
    RayVllmServiceArgs,
    "model" | "parallelism" | "maxSequences" | "gpuMemoryUtilization" | "engineArguments" | "loraDirectory"
  >
>;

type Source = EngineArgs["model"]["source"];

/** Where Ray loads the weights from: `model_source`, and what the engine is told about it. */
export function sourceOf({ kind, hub, s3, nfs, claim }: Source): {
  modelSource: string | { bucket_uri: string };
  engine: Record<string, unknown>;
} {
  switch (kind) {
    case VllmModelSourceKind.Hub:
      return { modelSource: hub?.id ?? "", engine: { revision: hub?.revision } };
    case VllmModelSourceKind.S3:
      // With a streaming format Ray hands the address to the engine instead of downloading to a disk.
      return {
        modelSource: { bucket_uri: s3?.uri ?? "" },
        engine: { load_format: "runai_streamer", model_loader_extra_config: loaderConfig(s3) },
      };
    case VllmModelSourceKind.Nfs:
      return { modelSource: directoryOf(nfs?.directory), engine: {} };
    case VllmModelSourceKind.Claim:
      return { modelSource: directoryOf(claim?.directory), engine: {} };
  }
}

function loaderConfig(s3: Source["s3"]): Record<string, unknown> | undefined {
  if (s3?.concurrency === undefined && s3?.bufferSize === undefined) return undefined;
  return given({
    concurrency: s3.concurrency,
    memory_limit: s3.bufferSize === undefined ? undefined : parseQuantity(s3.bufferSize),
  });
}

function directoryOf(directory: string | undefined): string {
  return directory === undefined ? MODEL_DIRECTORY : pathInModels(directory);
}

/** `engine_kwargs`, in a fixed order; the user's own come last. */
export function engineArguments(args: EngineArgs): Record<string, unknown> {
  const { model, parallelism, maxSequences, gpuMemoryUtilization } = args;
  const { tensor = 1, pipeline = 1 } = parallelism ?? {};
  const { lora } = model;
  return given({
    ...sourceOf(model.source).engine,
    tensor_parallel_size: tensor,
    pipeline_parallel_size: pipeline,
    max_model_len: model.maxLength,
    quantization: model.quantization,
    dtype: model.dtype,
    kv_cache_dtype: model.kvCacheDtype,
    max_num_seqs: maxSequences,
    gpu_memory_utilization: gpuMemoryUtilization,
    ...(lora === undefined
      ? {}
      : {
          enable_lora: true,
          max_loras: lora.maxAdapters ?? 1,
          max_lora_rank: lora.maxRank,
          max_cpu_loras: lora.maxCpuAdapters,
        }),
    ...args.engineArguments,
  });
}

/** The fields that have a value. */
export function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
