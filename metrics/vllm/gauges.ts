import type { GaugeFamily } from "../family.ts";
import { engineLabels, sleepStates, waitingReasons } from "./labels.ts";

const loggers = "vllm/v1/metrics/loggers.py";

/** State of the scheduler and of the engine. */
export const gauges = {
  numRequestsRunning: {
    name: "vllm:num_requests_running",
    type: "gauge",
    help: "Number of requests in model execution batches.",
    unit: "requests",
    labels: engineLabels,
    since: "0.7.3",
    absentBeforeFirstRequest: "multiprocess",
    caveat:
      "The batch of the last scheduler step. With data parallel one pod has a series per engine: sum them. " +
      "It keeps its last value while no step runs.",
    source: loggers,
  },
  numRequestsWaiting: {
    name: "vllm:num_requests_waiting",
    type: "gauge",
    help: "Number of requests waiting to be processed.",
    unit: "requests",
    labels: engineLabels,
    since: "0.7.3",
    absentBeforeFirstRequest: "multiprocess",
    caveat: "Deferred requests count since 0.20.0, so thresholds tuned on older versions fire earlier.",
    source: loggers,
  },
  numRequestsWaitingByReason: {
    name: "vllm:num_requests_waiting_by_reason",
    type: "gauge",
    help:
      "Number of waiting requests by reason. Reason labels: 'capacity' = waiting for scheduling capacity; " +
      "'deferred' = deferred by transient constraints (LoRA budget, KV transfer, blocked status). " +
      "Sum of all reasons equals vllm:num_requests_waiting.",
    unit: "requests",
    labels: [...engineLabels, "reason"],
    labelValues: { reason: waitingReasons },
    since: "0.20.0",
    absentBeforeFirstRequest: "multiprocess",
    source: loggers,
  },
  numRequestsKvFetchByStage: {
    name: "vllm:num_requests_kv_fetch_by_stage",
    type: "gauge",
    help:
      "Number of waiting requests by async KV load stage. Stage labels: 'waiting_to_start' = needs an async KV load " +
      "that has not started; 'in_progress' = load started and not yet reported finished; 'completed_waiting' = load " +
      "finished, request not running yet.",
    unit: "requests",
    labels: [...engineLabels, "stage"],
    labelValues: { stage: ["waiting_to_start", "in_progress", "completed_waiting"] },
    since: "0.32.0",
    condition: "kv-consumer",
    absentBeforeFirstRequest: "multiprocess",
    source: loggers,
  },
  kvCacheUsage: {
    name: "vllm:kv_cache_usage_perc",
    type: "gauge",
    help: "KV-cache usage. 1 means 100 percent usage.",
    unit: "ratio",
    labels: engineLabels,
    since: "0.9.2",
    absentBeforeFirstRequest: "multiprocess",
    caveat:
      "0 to 1 despite its name; average or take the maximum, never sum. Blocks that only the prefix cache holds count " +
      "as free. 0.9.2 to 0.11.0 exposed one series per process (label pid) with several API servers.",
    source: loggers,
  },
  engineSleepState: {
    name: "vllm:engine_sleep_state",
    type: "gauge",
    help:
      "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake; " +
      "weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.",
    unit: "boolean",
    labels: [...engineLabels, "sleep_state"],
    labelValues: { sleep_state: sleepStates },
    since: "0.11.1",
    source: loggers,
  },
  cacheConfigInfo: {
    name: "vllm:cache_config_info",
    type: "gauge",
    help: "Information of the LLMEngine CacheConfig",
    unit: "info",
    labels: [
      "_block_size_resolved",
      "block_size",
      "cache_dtype",
      "cache_hit_alignment_tokens",
      "effective_attention_block_size",
      "enable_mamba_shared_prefix_checkpoint",
      "enable_prefix_caching",
      "engine",
      "gpu_memory_utilization",
      "hash_block_size",
      "is_attention_free",
      "kv_cache_dtype_skip_layers",
      "kv_cache_layout",
      "kv_cache_max_concurrency",
      "kv_cache_memory_bytes",
      "kv_cache_size_tokens",
      "kv_offloading_backend",
      "kv_offloading_size",
      "kv_sharing_fast_prefill",
      "mamba_block_size",
      "mamba_cache_dtype",
      "mamba_cache_mode",
      "mamba_page_size_padded",
      "mamba_ssm_cache_dtype",
      "num_cpu_blocks",
      "num_gpu_blocks",
      "num_gpu_blocks_override",
      "prefix_cache_retention_interval",
      "prefix_caching_hash_algo",
      "prefix_match_unit",
      "replayssm_buffer_len",
      "skip_page_size_padded",
      "sliding_window",
      "swa_bounded_replay",
      "use_kda_recoverssm",
      "use_replayssm",
      "user_specified_block_size",
    ],
    since: "0.8.5",
    caveat:
      "No model_name. The labels are the fields of an object and change between versions; these are 0.32.0's. " +
      "kv_cache_size_tokens is per engine, num_gpu_blocks is the sum over the data-parallel engines.",
    source: loggers,
  },
  loraRequestsInfo: {
    name: "vllm:lora_requests_info",
    type: "gauge",
    help: "Running stats on lora requests.",
    unit: "timestamp",
    labels: ["max_lora", "running_lora_adapters", "waiting_lora_adapters"],
    since: "0.8.5",
    condition: "lora",
    absentBeforeFirstRequest: "always",
    caveat:
      "The value is the time of the last update, not a count, and with several API servers the sum of such times. " +
      "Neither model_name nor engine. Every combination of adapters is a new series.",
    source: loggers,
  },
  sleepModeOperationsInFlight: {
    name: "vllm:sleep_mode_operations_in_flight",
    type: "gauge",
    help: "Sleep-mode operations currently awaited.",
    unit: "operations",
    labels: ["operation"],
    labelValues: { operation: ["sleep", "release_kv_cache_memory", "wake"] },
    since: "0.32.0",
    condition: "sleep-mode",
    absentBeforeFirstRequest: "always",
    source: "vllm/entrypoints/serve/dev/sleep/metrics.py",
  },
  weightUpdateOperationsInFlight: {
    name: "vllm:rl_weight_update_operations_in_flight",
    type: "gauge",
    help: "Weight-transfer operations currently awaited.",
    unit: "operations",
    labels: ["operation"],
    labelValues: { operation: ["init", "shutdown", "start", "start_draft", "update", "finish"] },
    since: "0.32.0",
    condition: "weight-transfer",
    absentBeforeFirstRequest: "always",
    source: "vllm/entrypoints/rl/online/metrics.py",
  },
  websocketConnectionsActive: {
    name: "vllm:websocket_connections_active",
    type: "gauge",
    help: "Number of currently active WebSocket connections.",
    unit: "connections",
    labels: [],
    since: "0.18.0",
    condition: "realtime",
    source: "vllm/entrypoints/speech_to_text/realtime/metrics.py",
  },
} as const satisfies Record<string, GaugeFamily>;
