/**
 * What must hold for a conditional family to be exposed. The keys stand in `condition` of the families, so a panel or a
 * rule can say why it is empty.
 */
export const conditions = {
  "single-process": "one API server and no data parallel; the variable PROMETHEUS_MULTIPROC_DIR is unset",
  lora: "--enable-lora",
  "speculative-decoding": "a --speculative-config",
  diffusion: "a diffusion language model",
  "kv-cache-metrics": "--kv-cache-metrics (blocks are sampled: --kv-cache-metrics-sample, default 0.01)",
  "nan-check": "the environment variable VLLM_COMPUTE_NANS_IN_LOGITS",
  watermark: "a watermark configuration",
  "tool-parser": "--enable-auto-tool-choice with a --tool-call-parser",
  realtime: "a model that serves the realtime audio API",
  "sleep-mode": "--enable-sleep-mode, VLLM_SERVER_DEV_MODE=1 and a first sleep request",
  "weight-transfer": "a --weight-transfer-config and a first weight update",
  "kv-consumer": "a KV connector in the consumer role",
  nixl: "the NixlConnector",
  "kv-offloading": "the OffloadingConnector (--kv-offloading-size, or by name)",
  "kv-offloading-cpu": "the OffloadingConnector with CPU memory as its medium",
  "kv-offloading-tiering": "the OffloadingConnector with secondary tiers",
  "simple-cpu-offload": "the SimpleCPUOffloadConnector",
  mooncake: "the MooncakeConnector",
  "mooncake-store": "the MooncakeStoreConnector",
  hisparse: "the HiSparse connector",
  hf3fs: "the HF3FS connector",
  umbp: "the UMBP connector",
  "v0-engine": "the old V0 engine",
} as const;

/** Why a family may be missing; see {@link conditions}. */
export type Condition = keyof typeof conditions;
