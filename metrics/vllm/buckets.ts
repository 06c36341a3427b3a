import type { BucketFamily } from "../family.ts";

/** Bounds 1, 2, 5, 10, 20, 50, … up to and including the largest that is not above `maximum`. */
function oneTwoFive(maximum: number): readonly number[] {
  const bounds: number[] = [];
  for (let scale = 1; ; scale *= 10) {
    for (const mantissa of [1, 2, 5]) {
      const bound = mantissa * scale;
      if (bound > maximum) {
        return bounds;
      }
      bounds.push(bound);
    }
  }
}

/**
 * vLLM's bucket families under vLLM's own keys: `--custom-histogram-buckets` (0.32.0 and newer) overrides one by them.
 * Source: vllm/v1/metrics/buckets.py; the same numbers since 0.8.5.
 */
export const buckets = {
  requestLatency: {
    name: "request_latency",
    bounds: [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680],
  },
  timeToFirstToken: {
    name: "time_to_first_token",
    bounds: [
      0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
      640, 2560,
    ],
  },
  interTokenLatency: {
    name: "inter_token_latency",
    bounds: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80],
  },
  iterationTokens: {
    name: "iteration_tokens",
    bounds: [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384],
  },
  requestParamsN: { name: "request_params_n", bounds: [1, 2, 5, 10, 20] },
  requestNumPreemptions: { name: "request_num_preemptions", bounds: [1, 2, 3, 4, 5, 10, 20] },
  requestTokens: { name: "request_tokens", bounds: oneTwoFive },
  kvCacheResidency: {
    name: "kv_cache_residency",
    bounds: [
      0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200,
      1800,
    ],
  },
} as const satisfies Record<string, BucketFamily>;

/** Bounds of the families that own theirs. */
export const ownBuckets = {
  operationDuration: {
    name: "operation_duration",
    bounds: [0.01, 0.1, 1, 10, 30, 60, 120, 300, 600],
  },
  websocketDuration: {
    name: "websocket_duration",
    bounds: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800],
  },
  transferTime: {
    name: "transfer_time",
    bounds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 5],
  },
  transferPostTime: {
    name: "transfer_post_time",
    bounds: [0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 5],
  },
  /** 2 KiB to 8 GiB, each four times the one before. */
  transferBytes: {
    name: "transfer_bytes",
    bounds: [
      2048, 8192, 32768, 131072, 524288, 2097152, 8388608, 33554432, 134217728, 536870912, 2147483648,
      8589934592,
    ],
  },
  transferDescriptors: {
    name: "transfer_descriptors",
    bounds: [10, 20, 30, 50, 75, 100, 200, 400, 1000, 2000, 4000, 10000, 20000, 50000],
  },
  offloadSize: {
    name: "offload_size",
    bounds: [1e6, 5e6, 10e6, 20e6, 40e6, 60e6, 80e6, 100e6, 150e6, 200e6],
  },
  offloadLookupSync: {
    name: "offload_lookup_sync",
    bounds: [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
  },
  offloadLookupAsync: {
    name: "offload_lookup_async",
    bounds: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
  },
  offloadAllocation: {
    name: "offload_allocation",
    bounds: [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144],
  },
  mooncakeStore: {
    name: "mooncake_store",
    bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 4],
  },
  httpDuration: { name: "http_duration", bounds: [0.1, 0.5, 1] },
  httpDurationHighResolution: {
    name: "http_duration_high_resolution",
    bounds: [
      0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60,
    ],
  },
} as const satisfies Record<string, BucketFamily>;
