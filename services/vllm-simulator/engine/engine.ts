import { BlockPool } from "./block-pool.ts";
import { addStep, noWork, type StepCost } from "./device.ts";
import { Sequence, type FinishReason, type SequenceRequest } from "./sequence.ts";
import { emptyIteration, type IterationStats, type StatLogger } from "./stats.ts";
import { reportFinished, StepReport } from "./step-report.ts";
import { WaitingQueue } from "./waiting-queue.ts";

export interface EngineOptions {
  /** Data-parallel rank: the `engine` label. */
  readonly index: number;
  readonly cost: StepCost;
  /** Sequences in a batch (--max-num-seqs). */
  readonly maxNumSeqs: number;
  /** Tokens in a step (--max-num-batched-tokens): the budget of chunked prefill. */
  readonly maxNumBatchedTokens: number;
  /** Tokens in a KV-cache block. */
  readonly blockSize: number;
  /** KV-cache blocks, the unusable first one included. */
  readonly numBlocks: number;
  readonly prefixCaching: boolean;
  /** Adapters in one batch (--max-loras). */
  readonly maxLoras: number;
}

/** How often a stuck engine reports its gauges, in seconds. */
const stuckReportInterval = 0.25;

/**
 * One engine core, stepped by events: after vLLM's V1 scheduler (running sequences first, chunked prefill in what is left of
 * the token budget, the last comer preempted when no block is free, prefix-cache look-up at admission). It draws no
 * random numbers: all times and counts follow from the requests and the cost of a step.
 */
export class Engine {
  readonly options: EngineOptions;
  readonly #pool: BlockPool;
  readonly #logger: StatLogger;
  readonly #waiting = new WaitingQueue();
  #running: Sequence[] = [];
  #deferred = 0;
  #stepEnd = Infinity;
  #stuck = false;
  #queries = 0;
  #hits = 0;
  readonly #adapters = new Map<string, number>();
  readonly #report = new StepReport();
  /** Sequences that came, ended by themselves, and were aborted, since the start. */
  readonly totals = { arrived: 0, finished: 0, aborted: 0, steps: 0 };
  /** What its GPUs did; a step counts from its begin on. */
  readonly work = noWork();

  constructor(options: EngineOptions, logger: StatLogger) {
    this.options = options;
    this.#logger = logger;
    this.#pool = new BlockPool(options.numBlocks, options.prefixCaching);
  }

  get running(): number {
    return this.#running.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get kvCacheUsage(): number {
    return this.#pool.usage;
  }

  /** When the step under way ends, in seconds; Infinity while idle. */
  get nextEvent(): number {
    return this.#stepEnd;
  }

  /** Prompt tokens of sequences that have no first token yet: what --max-num-queued-tokens limits. */
  get queuedTokens(): number {
    let tokens = 0;
    for (const sequence of this.#waiting) {
      tokens += sequence.firstToken === undefined ? sequence.request.promptTokens : 0;
    }
    for (const sequence of this.#running) {
      tokens += sequence.firstToken === undefined ? sequence.request.promptTokens : 0;
    }
    return tokens;
  }

  /** While stuck, the engine accepts requests and reports gauges but schedules nothing. */
  setStuck(stuck: boolean, now: number): void {
    this.#stuck = stuck;
    if (this.#stepEnd === Infinity) {
      this.#beginStep(now);
    }
  }

  /** Takes a sequence in; `now` must not be before the last event. */
  add(request: SequenceRequest, now: number): Sequence {
    const sequence = new Sequence(request, now);
    this.totals.arrived += 1;
    this.#count(request.adapter, 1);
    this.#waiting.push(sequence);
    if (this.#stepEnd === Infinity) {
      this.#beginStep(now);
    }
    return sequence;
  }

  /**
   * Takes a sequence out. As in vLLM's Python front-end, a client's abort leaves no statistics; the engine's own
   * (`reported`) counts as finished_reason "abort". A stuck engine doesn't hear of aborts.
   */
  abort(sequence: Sequence, now: number, reported = false): void {
    if (sequence.state === "finished" || sequence.state === "aborted" || (this.#stuck && !reported)) {
      return;
    }
    if (sequence.state === "running") {
      this.#running = this.#running.filter((other) => other !== sequence);
      this.#pool.release(sequence.blocks);
      sequence.blocks = [];
    } else {
      this.#waiting.noteAborted();
    }
    sequence.state = "aborted";
    this.totals.aborted += 1;
    this.#count(sequence.request.adapter, -1);
    if (reported) {
      const stats = emptyIteration();
      reportFinished(stats, sequence, "abort", now);
      this.#logger.iteration(this.options.index, stats);
      sequence.request.onFinish?.(sequence, "abort", now);
    }
  }

  /** Aborts everything that is left, as a shutdown without drain does. */
  abortAll(now: number): void {
    for (const sequence of [...this.#running, ...this.#waiting]) {
      this.abort(sequence, now, true);
    }
  }

  /** Ends the step under way at {@link nextEvent} and begins the next one. */
  endStep(): void {
    const now = this.#stepEnd;
    this.#stepEnd = Infinity;
    this.totals.steps += 1;
    // A copy: finished sequences leave the batch while it is walked.
    for (const sequence of [...this.#running]) {
      if (sequence.scheduled > 0 && sequence.state === "running") {
        this.#applyStep(sequence, now);
      }
    }
    this.#sendStats();
    this.#beginStep(now);
  }

  #beginStep(now: number): void {
    if (this.#stuck) {
      this.#stepEnd = now + stuckReportInterval;
      return;
    }
    const work = this.#schedule(now);
    if (work.sequences > 0) {
      const { cost } = this.options;
      const seconds =
        cost.fixed +
        cost.perPrefillToken * work.prefillTokens +
        cost.perSequence * work.sequences +
        cost.perContextToken * work.contextTokens;
      addStep(this.work, cost, { ...work, seconds });
      this.#stepEnd = now + seconds;
    } else if (this.#waiting.length > 0) {
      throw new Error(`engine ${String(this.options.index)}: requests wait and none can be scheduled`);
    }
  }

  #schedule(now: number): { sequences: number; prefillTokens: number; contextTokens: number } {
    const work = { sequences: 0, prefillTokens: 0, contextTokens: 0 };
    let budget = this.options.maxNumBatchedTokens;
    const include = (sequence: Sequence, tokens: number): void => {
      sequence.scheduled = tokens;
      budget -= tokens;
      work.sequences += 1;
      work.contextTokens += sequence.computed;
      if (tokens > 1) {
        work.prefillTokens += tokens;
      }
    };
    let preempted = false;
    for (let index = 0; index < this.#running.length; index += 1) {
      const sequence = this.#running[index];
      if (sequence === undefined || budget === 0) {
        break;
      }
      const tokens = Math.min(sequence.length - sequence.computed, budget);
      let room = this.#grow(sequence, tokens);
      while (!room && this.#running.length > index) {
        preempted = true;
        if (this.#preemptLast() === sequence) {
          break;
        }
        room = this.#grow(sequence, tokens);
      }
      if (room) {
        include(sequence, tokens);
      }
    }
    if (!preempted) {
      this.#admit(now, () => budget, include);
    }
    return work;
  }

  /** Admits waiting sequences while the batch, the token budget and the cache have room. */
  #admit(now: number, budget: () => number, include: (sequence: Sequence, tokens: number) => void): void {
    const adapters = new Set<string>();
    for (const { request } of this.#running) {
      if (request.adapter !== undefined) {
        adapters.add(request.adapter);
      }
    }
    const deferred: Sequence[] = [];
    while (budget() > 0 && this.#running.length < this.options.maxNumSeqs) {
      const sequence = this.#waiting.peek();
      if (sequence === undefined) {
        break;
      }
      const { adapter } = sequence.request;
      if (adapter !== undefined && !adapters.has(adapter) && adapters.size >= this.options.maxLoras) {
        deferred.push(sequence);
        this.#waiting.shift();
        continue;
      }
      const { blockSize } = this.options;
      // The last token is always computed, so that there is something to sample from.
      const cached = this.#pool.findPrefix(
        sequence.request.blockContent,
        Math.floor((sequence.length - 1) / blockSize),
      );
      const cachedTokens = cached.length * blockSize;
      const tokens = Math.min(sequence.length - cachedTokens, budget());
      const fresh = Math.ceil((cachedTokens + tokens) / blockSize) - cached.length;
      if (fresh + this.#pool.unreferenced(cached) > this.#pool.free) {
        break;
      }
      this.#waiting.shift();
      this.#pool.take(cached);
      sequence.blocks = cached;
      this.#pool.allocate(fresh, sequence.blocks);
      sequence.computed = cachedTokens;
      sequence.state = "running";
      sequence.firstScheduled ??= now;
      if (sequence.firstToken === undefined) {
        sequence.cachedTokens = cachedTokens;
      }
      if (sequence.preemptions === 0 && this.options.prefixCaching) {
        this.#queries += sequence.length;
        this.#hits += cachedTokens;
      }
      if (adapter !== undefined) {
        adapters.add(adapter);
      }
      this.#running.push(sequence);
      include(sequence, tokens);
    }
    for (const sequence of deferred.reverse()) {
      this.#waiting.pushFront(sequence);
    }
    this.#deferred = deferred.length;
  }

  /** Gives a running sequence the blocks for `tokens` more tokens; false when too few are free. */
  #grow(sequence: Sequence, tokens: number): boolean {
    const wanted = Math.ceil((sequence.computed + tokens) / this.options.blockSize) - sequence.blocks.length;
    if (wanted > this.#pool.free) {
      return false;
    }
    if (wanted > 0) {
      this.#pool.allocate(wanted, sequence.blocks);
    }
    return true;
  }

  /** Sends the last of the batch back to the front of the queue; its tokens are to be computed again. */
  #preemptLast(): Sequence | undefined {
    const victim = this.#running.pop();
    if (victim !== undefined) {
      this.#pool.release(victim.blocks);
      victim.blocks = [];
      victim.computed = 0;
      victim.scheduled = 0;
      victim.state = "waiting";
      victim.preemptions += 1;
      victim.unreportedPreemptions += 1;
      this.#waiting.pushFront(victim);
    }
    return victim;
  }

  #applyStep(sequence: Sequence, now: number): void {
    const { blockSize } = this.options;
    const filledBefore = Math.floor(sequence.computed / blockSize);
    sequence.computed += sequence.scheduled;
    sequence.scheduled = 0;
    const filled = Math.floor(sequence.computed / blockSize);
    for (let index = filledBefore; index < filled; index += 1) {
      const block = sequence.blocks[index];
      if (block !== undefined) {
        this.#pool.store(block, sequence.request.blockContent(index));
      }
    }
    if (sequence.computed < sequence.length) {
      return;
    }
    const stats = this.#report.of(sequence.request.frontEnd);
    sequence.generated += 1;
    stats.generatedTokens += 1;
    stats.preemptions += sequence.unreportedPreemptions;
    sequence.unreportedPreemptions = 0;
    if (sequence.firstToken === undefined) {
      sequence.firstToken = now;
      stats.promptTokens += sequence.request.promptTokens;
      stats.cachedTokens += sequence.cachedTokens;
      stats.timesToFirstToken.push(now - sequence.arrival);
    } else {
      stats.interTokenLatencies.push(now - sequence.lastToken);
    }
    sequence.lastToken = now;
    sequence.request.onToken?.(sequence, now);
    if (sequence.state !== "running") {
      // The client went away at this token.
      return;
    }
    if (sequence.generated >= sequence.request.outputTokens) {
      this.#finish(sequence, "stop", now, stats);
    } else if (sequence.generated >= sequence.request.maxTokens) {
      this.#finish(sequence, "length", now, stats);
    }
  }

  #finish(sequence: Sequence, reason: FinishReason, now: number, stats: IterationStats): void {
    const place = this.#running.indexOf(sequence);
    this.#running.splice(place, 1);
    this.#pool.release(sequence.blocks);
    sequence.blocks = [];
    sequence.state = "finished";
    this.totals.finished += 1;
    this.#count(sequence.request.adapter, -1);
    reportFinished(stats, sequence, reason, now);
    sequence.request.onFinish?.(sequence, reason, now);
  }

  #sendStats(): void {
    this.#logger.scheduler(this.options.index, {
      running: this.#running.length,
      waiting: this.#waiting.length - this.#deferred,
      deferred: this.#deferred,
      kvCacheUsage: this.#pool.usage,
      prefixCacheQueries: this.#queries,
      prefixCacheHits: this.#hits,
      adapters: [...this.#adapters.keys()],
    });
    this.#queries = 0;
    this.#hits = 0;
    this.#report.flush(this.options.index, this.#logger);
  }

  #count(adapter: string | undefined, change: number): void {
    if (adapter === undefined) {
      return;
    }
    const count = (this.#adapters.get(adapter) ?? 0) + change;
    if (count === 0) {
      this.#adapters.delete(adapter);
    } else {
      this.#adapters.set(adapter, count);
    }
  }
}
