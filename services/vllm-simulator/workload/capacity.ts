import type { EngineOptions } from "../engine/engine.ts";
import { Random } from "../engine/random.ts";
import { RequestMix, type RequestProfile } from "./request-mix.ts";

/** What one engine can do with a kind of traffic. */
export interface Capacity {
  /** Requests per second at saturation, estimated. */
  readonly requestsPerSecond: number;
  /** Sequences that fit in a batch: --max-num-seqs, or less where the KV cache is the limit. */
  readonly batch: number;
}

/** Requests drawn for the averages. */
const sample = 2000;

/**
 * Estimates an engine's capacity for a profile, so that a scenario can say "half of it" for any flags. Averages come from
 * drawn requests, the rest from the cost of a step: in a second all prefills and all decode steps must find room.
 */
export function estimateCapacity(
  engine: Omit<EngineOptions, "index">,
  profile: RequestProfile,
  maxModelLen: number,
): Capacity {
  const mix = new RequestMix({
    random: new Random(1, "capacity"),
    profile,
    maxModelLen,
    blockSize: engine.blockSize,
    adapters: [],
  });
  let prompt = 0;
  let shared = 0;
  let answer = 0;
  for (let index = 0; index < sample; index += 1) {
    const request = mix.next();
    const tokens = Math.min(request.outputTokens, request.maxTokens);
    prompt += Math.min(request.promptTokens, maxModelLen) / sample;
    shared += Math.min(request.conversation.tokens, maxModelLen) / sample;
    answer += tokens / sample;
    mix.completed(request, tokens);
  }
  const { cost } = engine;
  const context = prompt + answer / 2;
  const cacheTokens = (engine.numBlocks - 1) * engine.blockSize;
  const batch = Math.max(1, Math.min(engine.maxNumSeqs, Math.floor(cacheTokens / context)));
  const step = cost.fixed + batch * (cost.perSequence + context * cost.perContextToken);
  const computed = engine.prefixCaching ? prompt - shared : prompt;
  return {
    requestsPerSecond: 1 / (computed * cost.perPrefillToken + (answer / batch) * step),
    batch,
  };
}
