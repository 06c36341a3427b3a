import { pythonFloat } from "../../../metrics/float.ts";
import type { vllm } from "../../../metrics/vllm/index.ts";
import type { ServerOptions } from "../flags.ts";
import type { LabelValues } from "./registry.ts";

/** A value as Python's str() writes it. */
function python(value: boolean | number | undefined): string {
  if (typeof value === "boolean") {
    return value ? "True" : "False";
  }
  return value === undefined ? "None" : String(value);
}

/**
 * The labels of `vllm:cache_config_info`: the fields of vLLM's CacheConfig. Those that the flags decide are computed, the
 * others have the values of a real 0.32.0.
 * @param numBlocks blocks of one engine.
 */
export function cacheConfigLabels(
  server: ServerOptions,
  engine: string,
  numBlocks: number,
): LabelValues<typeof vllm.cacheConfigInfo> {
  const tokens = numBlocks * server.blockSize;
  const blockSize = String(server.blockSize);
  return {
    _block_size_resolved: "True",
    block_size: blockSize,
    cache_dtype: server.kvCacheDtype,
    cache_hit_alignment_tokens: "None",
    effective_attention_block_size: blockSize,
    enable_mamba_shared_prefix_checkpoint: "False",
    enable_prefix_caching: python(server.prefixCaching),
    engine,
    gpu_memory_utilization: pythonFloat(server.gpuMemoryUtilization),
    hash_block_size: "None",
    is_attention_free: "False",
    kv_cache_dtype_skip_layers: "[]",
    kv_cache_layout: "None",
    kv_cache_max_concurrency: pythonFloat(tokens / server.maxModelLen),
    kv_cache_memory_bytes: "None",
    kv_cache_size_tokens: String(tokens),
    kv_offloading_backend: "native",
    kv_offloading_size: "None",
    kv_sharing_fast_prefill: "False",
    mamba_block_size: "None",
    mamba_cache_dtype: "auto",
    mamba_cache_mode: "none",
    mamba_page_size_padded: "None",
    mamba_ssm_cache_dtype: "float32",
    num_cpu_blocks: "None",
    num_gpu_blocks: String(numBlocks * server.dataParallel),
    num_gpu_blocks_override: python(server.numGpuBlocks),
    prefix_cache_retention_interval: "0",
    prefix_caching_hash_algo: "sha256",
    prefix_match_unit: "None",
    replayssm_buffer_len: "16",
    skip_page_size_padded: "None",
    sliding_window: "None",
    swa_bounded_replay: "True",
    use_kda_recoverssm: "False",
    use_replayssm: "False",
    user_specified_block_size: python(server.blockSizeGiven),
  };
}
