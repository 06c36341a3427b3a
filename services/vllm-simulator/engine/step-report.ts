import type { FinishReason, Sequence } from "./sequence.ts";
import { emptyIteration, type FinishedSequence, type IterationStats, type StatLogger } from "./stats.ts";

/** What the API servers learn from the step under way, each about its own requests. */
export class StepReport {
  readonly #iterations = new Map<number, IterationStats>();

  /** The statistics of one API server. */
  of(frontEnd: number): IterationStats {
    let stats = this.#iterations.get(frontEnd);
    if (stats === undefined) {
      stats = emptyIteration();
      this.#iterations.set(frontEnd, stats);
    }
    return stats;
  }

  /** Hands them over and begins anew. */
  flush(engine: number, logger: StatLogger): void {
    for (const stats of this.#iterations.values()) {
      logger.iteration(engine, stats);
    }
    this.#iterations.clear();
  }
}

/** Adds an ended sequence, and its request when that was the last one of it. */
export function reportFinished(
  stats: IterationStats,
  sequence: Sequence,
  reason: FinishReason,
  now: number,
): void {
  stats.finished.push(finishedStats(sequence, reason, now));
  const { parent } = sequence.request;
  if (parent === undefined) {
    stats.requests.push({ n: 1, maxGeneratedTokens: sequence.generated });
    return;
  }
  parent.unfinished -= 1;
  parent.maxGeneratedTokens = Math.max(parent.maxGeneratedTokens, sequence.generated);
  if (parent.unfinished === 0) {
    stats.requests.push({ n: parent.n, maxGeneratedTokens: parent.maxGeneratedTokens });
  }
}

function finishedStats(sequence: Sequence, reason: FinishReason, now: number): FinishedSequence {
  // vLLM subtracts milestones that an aborted request never reached; here they coincide with the end.
  const scheduled = sequence.firstScheduled ?? now;
  const first = sequence.firstToken ?? now;
  const last = sequence.firstToken === undefined ? now : sequence.lastToken;
  return {
    reason,
    e2eLatency: now - sequence.arrival,
    queueTime: scheduled - sequence.arrival,
    prefillTime: first - scheduled,
    decodeTime: last - first,
    inferenceTime: last - scheduled,
    promptTokens: sequence.request.promptTokens,
    generatedTokens: sequence.generated,
    cachedTokens: sequence.cachedTokens,
    maxTokens: sequence.request.maxTokens,
    preemptions: sequence.preemptions,
  };
}
