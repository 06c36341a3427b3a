import { Engine, type EngineOptions } from "./engine.ts";
import type { Sequence, SequenceRequest } from "./sequence.ts";
import type { RejectionReason, StatLogger } from "./stats.ts";

export interface ReplicaOptions {
  /** Data-parallel engines, 1 or more. */
  readonly dataParallel: number;
  readonly engine: Omit<EngineOptions, "index">;
  /** --max-num-queued-reqs; undefined for no limit. */
  readonly maxNumQueuedReqs: number | undefined;
  /** --max-num-queued-tokens; undefined for no limit. */
  readonly maxNumQueuedTokens: number | undefined;
}

/** A sequence and the engine that has it. */
export interface Placed {
  readonly engine: Engine;
  readonly sequence: Sequence;
}

/** The engines of one server and what stands before them: admission limits and the data-parallel load balancer. */
export class Replica {
  readonly engines: readonly Engine[];
  readonly #options: ReplicaOptions;
  readonly #logger: StatLogger;
  #start = 0;

  constructor(options: ReplicaOptions, logger: StatLogger) {
    this.#options = options;
    this.#logger = logger;
    this.engines = Array.from(
      { length: options.dataParallel },
      (_, index) => new Engine({ ...options.engine, index }, logger),
    );
  }

  /** Time of the next event of any engine, in seconds; Infinity while all are idle. */
  get nextEvent(): number {
    return this.#next().nextEvent;
  }

  /** Sequences that wait or run. */
  get unfinished(): number {
    return this.engines.reduce((sum, engine) => sum + engine.waiting + engine.running, 0);
  }

  /** Handles the event at {@link nextEvent}. */
  step(): void {
    this.#next().endStep();
  }

  /** Why a request of `count` sequences would be turned away (HTTP 503), or undefined. Counts the rejection. */
  checkAdmission(count = 1): RejectionReason | undefined {
    const { maxNumQueuedReqs, maxNumQueuedTokens } = this.#options;
    let reason: RejectionReason | undefined;
    if (maxNumQueuedReqs !== undefined && this.unfinished + count > maxNumQueuedReqs) {
      reason = "max_num_queued_reqs";
    } else if (
      maxNumQueuedTokens !== undefined &&
      this.engines.reduce((sum, engine) => sum + engine.queuedTokens, 0) >= maxNumQueuedTokens
    ) {
      reason = "max_num_queued_tokens";
    }
    if (reason !== undefined) {
      this.#logger.rejection(reason);
    }
    return reason;
  }

  /** Gives a sequence to the least loaded engine; a queue weighs more the fuller that engine's cache is. */
  submit(request: SequenceRequest, now: number): Placed {
    let best: Engine | undefined;
    let bestScore = Infinity;
    for (let offset = 0; offset < this.engines.length; offset += 1) {
      const engine = this.engines[(this.#start + offset) % this.engines.length];
      if (engine !== undefined) {
        const pressure = 6 * Math.max(0, engine.kvCacheUsage - 0.5);
        const score = engine.running + engine.waiting * (1 + pressure);
        if (score < bestScore) {
          best = engine;
          bestScore = score;
        }
      }
    }
    this.#start = (this.#start + 1) % this.engines.length;
    if (best === undefined) {
      throw new Error("a replica has at least one engine");
    }
    return { engine: best, sequence: best.add(request, now) };
  }

  #next(): Engine {
    const [first, ...others] = this.engines;
    if (first === undefined) {
      throw new Error("a replica has at least one engine");
    }
    return others.reduce((next, engine) => (engine.nextEvent < next.nextEvent ? engine : next), first);
  }
}
