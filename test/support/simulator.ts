import type { EngineOptions } from "../../services/vllm-simulator/engine/engine.ts";
import type {
  IterationStats,
  RejectionReason,
  SchedulerStats,
} from "../../services/vllm-simulator/engine/stats.ts";
import { Exposition } from "../../services/vllm-simulator/exposition/exposition.ts";
import { parseFlags, type ServerOptions } from "../../services/vllm-simulator/flags.ts";
import type { ScenarioName } from "../../services/vllm-simulator/scenarios.ts";
import {
  engineOptions,
  Simulation,
  type HttpExchange,
  type SimulationLogger,
} from "../../services/vllm-simulator/simulation.ts";
import { parseExposition, type Family } from "./exposition.ts";
import type { Mode } from "./vllm-fixtures.ts";

/** Adds up what a simulation reports. */
export class Tally implements SimulationLogger {
  readonly scheduled: (SchedulerStats & { readonly engine: number })[] = [];
  readonly exchanges: HttpExchange[] = [];
  readonly rejections: RejectionReason[] = [];
  readonly finished: IterationStats["finished"][number][] = [];
  readonly sums = {
    iterations: 0,
    promptTokens: 0,
    cachedTokens: 0,
    generatedTokens: 0,
    preemptions: 0,
    firstTokens: 0,
    interTokens: 0,
    queries: 0,
    hits: 0,
    requests: 0,
  };

  scheduler(engine: number, stats: SchedulerStats): void {
    this.scheduled.push({ ...stats, engine });
    this.sums.queries += stats.prefixCacheQueries;
    this.sums.hits += stats.prefixCacheHits;
  }

  iteration(_engine: number, stats: IterationStats): void {
    this.sums.iterations += 1;
    this.sums.promptTokens += stats.promptTokens;
    this.sums.cachedTokens += stats.cachedTokens;
    this.sums.generatedTokens += stats.generatedTokens;
    this.sums.preemptions += stats.preemptions;
    this.sums.firstTokens += stats.timesToFirstToken.length;
    this.sums.interTokens += stats.interTokenLatencies.length;
    this.sums.requests += stats.requests.length;
    this.finished.push(...stats.finished);
  }

  rejection(reason: RejectionReason): void {
    this.rejections.push(reason);
  }

  http(exchange: HttpExchange): void {
    this.exchanges.push(exchange);
  }
}

/** A small engine: 10 ms a step, and what the caller wants otherwise. */
export function smallEngine(changes: Partial<EngineOptions> = {}): EngineOptions {
  return {
    index: 0,
    cost: {
      fixed: 0.01,
      perPrefillToken: 0.0001,
      perSequence: 0.0001,
      perContextToken: 0,
      weights: 0,
      communication: 0,
    },
    maxNumSeqs: 8,
    maxNumBatchedTokens: 64,
    blockSize: 4,
    numBlocks: 101,
    prefixCaching: true,
    maxLoras: 1,
    ...changes,
  };
}

/** Names blocks that no other sequence has. */
let strangers = 0;
export function privateContent(): (index: number) => number {
  strangers += 1;
  const base = 1e9 + strangers * 1e5;
  return (index) => base + index;
}

/** The flags of the recorded servers. */
export const recordedFlags: Readonly<Record<Mode, readonly string[]>> = {
  single: [],
  api2: ["--api-server-count", "2"],
  dp2: ["--data-parallel-size", "2"],
};

/** A simulated server with a virtual clock and its exposition. */
export interface Rig {
  readonly options: ServerOptions;
  readonly simulation: Simulation;
  readonly exposition: Exposition;
  /** Advances to a time in seconds and parses what a scrape would get. */
  readonly scrape: (time: number) => ReadonlyMap<string, Family>;
}

/** Unix time at which the virtual clock begins, in seconds. */
export const virtualEpoch = 1_795_000_000;

/** Builds a server from vLLM's flags. */
export function rig(flags: readonly string[], scenario: ScenarioName, seed = 7): Rig {
  const options = parseFlags(flags);
  const clock: { simulation?: Simulation } = {};
  const exposition = new Exposition(options, {
    numBlocks: engineOptions(options).numBlocks,
    multiprocess: false,
    now: () => virtualEpoch + (clock.simulation?.now ?? 0),
  });
  const simulation = new Simulation(options, scenario, seed, exposition);
  clock.simulation = simulation;
  return {
    options,
    simulation,
    exposition,
    scrape: (time) => {
      simulation.advanceTo(time);
      return parseExposition(exposition.render());
    },
  };
}
