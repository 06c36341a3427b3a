/** Labels of all engine metrics: the data-parallel rank ("0" without data parallel) and the first served model name. */
export const engineLabels = ["engine", "model_name"] as const;

/** Values of `finished_reason`. */
export const finishedReasons = ["stop", "length", "abort", "error", "repetition"] as const;

/** Values of `reason` of the waiting requests. */
export const waitingReasons = ["capacity", "deferred"] as const;

/** Values of `source` of prompt tokens. */
export const promptSources = ["local_compute", "local_cache_hit", "external_kv_transfer"] as const;

/** Values of `source` of cached prompt tokens: the tier that held them. */
export const cacheTiers = ["device", "host", "p2p", "disk", "external_unspecified"] as const;

/** Values of `reason` of admission rejections. */
export const rejectionReasons = ["max_num_queued_reqs", "max_num_queued_tokens"] as const;

/** Values of `sleep_state`. */
export const sleepStates = ["awake", "weights_offloaded", "discard_all"] as const;
