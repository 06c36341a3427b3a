/** Why a sequence ended; vLLM's values of `finished_reason`. */
export type FinishReason = "stop" | "length" | "abort" | "error" | "repetition";

/** A request for several answers to one prompt (`n`), shared by its sequences. */
export interface ParentRequest {
  readonly n: number;
  /** Sequences that have not ended. */
  unfinished: number;
  maxGeneratedTokens: number;
}

/** What a client asks of the engine: one sequence of tokens. */
export interface SequenceRequest {
  /** Tokens of the prompt, 1 or more. */
  readonly promptTokens: number;
  /** Tokens after which the model ends its answer by itself; may be more than `maxTokens`. */
  readonly outputTokens: number;
  /** The request's max_tokens. */
  readonly maxTokens: number;
  /** Set when the request wants several sequences. */
  readonly parent?: ParentRequest;
  /** LoRA adapter, by its served name. */
  readonly adapter?: string;
  /** Index of the API server that received it. */
  readonly frontEnd: number;
  /** Names the content of the n-th full block of the sequence, prompt and answer. */
  readonly blockContent: (index: number) => number;
  /** Called when a token is there; `now` in seconds of the engine's clock. */
  readonly onToken?: (sequence: Sequence, now: number) => void;
  /** Called once, when the sequence has ended by itself or was aborted by the engine. */
  readonly onFinish?: (sequence: Sequence, reason: FinishReason, now: number) => void;
}

export type SequenceState = "waiting" | "running" | "finished" | "aborted";

/** A sequence on its way through the engine. Times are seconds of the engine's clock. */
export class Sequence {
  readonly request: SequenceRequest;
  readonly arrival: number;
  state: SequenceState = "waiting";
  /** Tokens whose keys and values are in the cache. */
  computed = 0;
  generated = 0;
  blocks: number[] = [];
  /** Tokens to compute in the step under way. */
  scheduled = 0;
  firstScheduled: number | undefined;
  firstToken: number | undefined;
  lastToken = 0;
  preemptions = 0;
  /** Preemptions that no output has reported yet. */
  unreportedPreemptions = 0;
  /** Prompt tokens found in the prefix cache when the prefill was admitted. */
  cachedTokens = 0;

  constructor(request: SequenceRequest, arrival: number) {
    this.request = request;
    this.arrival = arrival;
  }

  /** Prompt and answer so far. */
  get length(): number {
    return this.request.promptTokens + this.generated;
  }
}
