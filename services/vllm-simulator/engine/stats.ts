import type { FinishReason } from "./sequence.ts";

/** What the scheduler says of itself after a step. */
export interface SchedulerStats {
  readonly running: number;
  /** Waiting for capacity. */
  readonly waiting: number;
  /** Put aside by a constraint of the moment (LoRA budget). */
  readonly deferred: number;
  /** 0 to 1. */
  readonly kvCacheUsage: number;
  /** Tokens looked up in the prefix cache since the last report, and those found. */
  readonly prefixCacheQueries: number;
  readonly prefixCacheHits: number;
  /** Adapters with at least one request, in the order in which they came. */
  readonly adapters: readonly string[];
}

/** A finished sequence; times in seconds. */
export interface FinishedSequence {
  readonly reason: FinishReason;
  readonly e2eLatency: number;
  readonly queueTime: number;
  readonly prefillTime: number;
  readonly decodeTime: number;
  readonly inferenceTime: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly cachedTokens: number;
  readonly maxTokens: number;
  readonly preemptions: number;
}

/** What one API server learns from one engine step. */
export interface IterationStats {
  promptTokens: number;
  cachedTokens: number;
  generatedTokens: number;
  preemptions: number;
  readonly timesToFirstToken: number[];
  readonly interTokenLatencies: number[];
  readonly finished: FinishedSequence[];
  /** Requests whose last sequence finished: how many sequences they asked for, and the longest answer. */
  readonly requests: { readonly n: number; readonly maxGeneratedTokens: number }[];
}

/** Receives what the engines report, as vLLM's stat loggers do. */
export interface StatLogger {
  scheduler(engine: number, stats: SchedulerStats): void;
  iteration(engine: number, stats: IterationStats): void;
  /** A request that an admission limit turned away. */
  rejection(reason: RejectionReason): void;
}

/** vLLM's values of `reason` of admission rejections. */
export type RejectionReason = "max_num_queued_reqs" | "max_num_queued_tokens";

/** No tokens, no observations. */
export function emptyIteration(): IterationStats {
  return {
    promptTokens: 0,
    cachedTokens: 0,
    generatedTokens: 0,
    preemptions: 0,
    timesToFirstToken: [],
    interTokenLatencies: [],
    finished: [],
    requests: [],
  };
}
