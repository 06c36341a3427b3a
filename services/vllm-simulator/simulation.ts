import { kvCacheTokens, parametersFromName, quantizationFromName, stepCost } from "./engine/device.ts";
import type { EngineOptions } from "./engine/engine.ts";
import { Random } from "./engine/random.ts";
import { Replica, type Placed } from "./engine/replica.ts";
import type { StatLogger } from "./engine/stats.ts";
import type { ServerOptions } from "./flags.ts";
import { scenarios, type ScenarioName } from "./scenarios.ts";
import { estimateCapacity, type Capacity } from "./workload/capacity.ts";
import { RequestMix, type ClientRequest } from "./workload/request-mix.ts";
import { Traffic, type Load } from "./workload/traffic.ts";

/** One finished HTTP exchange of a synthetic client. */
export interface HttpExchange {
  readonly handler: string;
  readonly method: string;
  readonly status: number;
  /** Seconds until the last byte. */
  readonly duration: number;
  /** Content-Length of the request, in bytes. */
  readonly requestBytes: number;
  /** Content-Length of the answer, in bytes; 0 when it was streamed. */
  readonly responseBytes: number;
}

/** Receives everything that the metrics are made of. */
export interface SimulationLogger extends StatLogger {
  http(exchange: HttpExchange): void;
}

/** JSON around a prompt, and the characters of a token of English text. */
const envelopeBytes = 120;
const answerEnvelopeBytes = 420;
const bytesPerToken = 4.4;

/** Where the recent seconds of a scenario stand, for `GET /simulator/scenario`. */
export interface SimulationStatus {
  readonly scenario: ScenarioName;
  readonly seed: number;
  readonly elapsedSeconds: number;
  readonly capacityRequestsPerSecond: number;
  readonly engines: readonly {
    readonly running: number;
    readonly waiting: number;
    readonly kvCacheUsage: number;
    readonly stuck: boolean;
  }[];
}

/** The options of every engine of a server, as its flags determine them. */
export function engineOptions(options: ServerOptions): Omit<EngineOptions, "index"> {
  const device = {
    parameters: parametersFromName(options.model),
    quantization: options.quantization ?? quantizationFromName(options.model),
    tensorParallel: options.tensorParallel,
    pipelineParallel: options.pipelineParallel,
    gpuMemoryUtilization: options.gpuMemoryUtilization,
    maxModelLen: options.maxModelLen,
    smallKvCache: /fp8|int8/.test(options.kvCacheDtype),
  };
  const blocks = options.numGpuBlocks ?? Math.ceil(kvCacheTokens(device) / options.blockSize) + 1;
  return {
    cost: stepCost(device),
    maxNumSeqs: options.maxNumSeqs,
    maxNumBatchedTokens: options.maxNumBatchedTokens,
    blockSize: options.blockSize,
    numBlocks: blocks,
    prefixCaching: options.prefixCaching,
    maxLoras: options.maxLoras,
  };
}

/**
 * A server without its sockets: engines, synthetic clients and the scenario that drives them. It has no clock of its own:
 * the caller says how far to advance, in seconds since the start. The same options, seed and calls give the same events.
 */
export class Simulation {
  readonly replica: Replica;
  readonly engineOptions: Omit<EngineOptions, "index">;
  readonly #options: ServerOptions;
  readonly #logger: SimulationLogger;
  #now = 0;
  #traffic!: Traffic;
  #mixes = 0;
  #capacity!: Capacity;
  #scenario: ScenarioName = "idle";
  #seed = 0;
  #since = 0;
  #stuckAt = Infinity;
  #stuck = false;
  #frontEnd = 0;

  constructor(options: ServerOptions, scenario: ScenarioName, seed: number, logger: SimulationLogger) {
    this.#options = options;
    this.#logger = logger;
    this.engineOptions = engineOptions(options);
    this.replica = new Replica(
      {
        dataParallel: options.dataParallel,
        engine: this.engineOptions,
        maxNumQueuedReqs: options.maxNumQueuedReqs,
        maxNumQueuedTokens: options.maxNumQueuedTokens,
      },
      logger,
    );
    this.setScenario(scenario, seed);
  }

  /** Seconds since the start. */
  get now(): number {
    return this.#now;
  }

  /** When something happens next, in seconds. */
  get nextEvent(): number {
    return Math.min(this.replica.nextEvent, this.#traffic.nextEvent, this.#stuckAt);
  }

  get status(): SimulationStatus {
    return {
      scenario: this.#scenario,
      seed: this.#seed,
      elapsedSeconds: this.#now - this.#since,
      capacityRequestsPerSecond: this.#capacity.requestsPerSecond * this.replica.engines.length,
      engines: this.replica.engines.map((engine) => ({
        running: engine.running,
        waiting: engine.waiting,
        kvCacheUsage: engine.kvCacheUsage,
        stuck: this.#stuck,
      })),
    };
  }

  /** Replaces the synthetic clients from now on; requests on their way go on, counters stay. */
  setScenario(name: ScenarioName, seed: number): void {
    const scenario = scenarios[name];
    this.#scenario = name;
    this.#seed = seed;
    this.#since = this.#now;
    this.#capacity = estimateCapacity(this.engineOptions, scenario.profile, this.#options.maxModelLen);
    const mix = new RequestMix({
      random: new Random(seed, "requests"),
      profile: scenario.profile,
      maxModelLen: this.#options.maxModelLen,
      blockSize: this.#options.blockSize,
      adapters: this.#options.loraModules,
      firstConversation: this.#mixes * 1e6,
    });
    this.#mixes += 1;
    this.#startTraffic(mix, scenario.load(this.#capacity, this.replica.engines.length));
    this.#stuckAt = scenario.stuckAfter === undefined ? Infinity : this.#now + scenario.stuckAfter;
    this.#setStuck(false);
  }

  /** No new synthetic requests; what is on its way goes on, and a stuck engine stays stuck. */
  stopTraffic(): void {
    this.#startTraffic(undefined, { rate: () => 0, peakRate: 0, clients: () => 0 });
  }

  /** Lets time pass until `time`, in seconds since the start. */
  advanceTo(time: number): void {
    for (let next = this.nextEvent; next <= time; next = this.nextEvent) {
      this.#now = Math.max(this.#now, next);
      if (next === this.replica.nextEvent) {
        this.replica.step();
      } else if (next === this.#stuckAt) {
        this.#stuckAt = Infinity;
        this.#setStuck(true);
      } else {
        this.#traffic.fire();
      }
    }
    this.#now = Math.max(this.#now, time);
  }

  /** The API server that takes the next request. */
  nextFrontEnd(): number {
    const frontEnd = this.#frontEnd;
    this.#frontEnd = (frontEnd + 1) % this.#options.apiServerCount;
    return frontEnd;
  }

  #startTraffic(mix: RequestMix | undefined, load: Load): void {
    this.#traffic = new Traffic({
      load,
      random: new Random(this.#seed, "arrivals"),
      start: this.#now,
      send: (now, done) => {
        if (mix !== undefined) {
          this.#send(mix, now, done);
        }
      },
    });
  }

  #setStuck(stuck: boolean): void {
    if (this.#stuck !== stuck) {
      this.#stuck = stuck;
      for (const engine of this.replica.engines) {
        engine.setStuck(stuck, this.#now);
      }
    }
  }

  /** What a synthetic client does: one request, and the HTTP exchange that the server sees. */
  #send(mix: RequestMix, now: number, done: (now: number) => void): void {
    const request = mix.next();
    let settled = false;
    const exchange = (status: number, end: number, responseBytes: number): void => {
      if (settled) {
        // A client that left a stuck engine: its request goes on when the engine does.
        return;
      }
      settled = true;
      this.#logger.http({
        handler: "/v1/chat/completions",
        method: "POST",
        status,
        duration: end - now,
        requestBytes: Math.round(envelopeBytes + bytesPerToken * request.promptTokens),
        responseBytes,
      });
      done(end);
    };
    if (request.promptTokens >= this.#options.maxModelLen) {
      exchange(400, now, answerEnvelopeBytes);
    } else if (this.replica.checkAdmission() !== undefined) {
      exchange(503, now, answerEnvelopeBytes);
    } else {
      this.#submit(mix, request, now, exchange);
    }
  }

  #submit(
    mix: RequestMix,
    request: ClientRequest,
    now: number,
    exchange: (status: number, end: number, responseBytes: number) => void,
  ): void {
    const placed: Placed = this.replica.submit(
      {
        promptTokens: request.promptTokens,
        outputTokens: request.outputTokens,
        maxTokens: request.maxTokens,
        frontEnd: this.nextFrontEnd(),
        blockContent: request.blockContent,
        ...(request.adapter === undefined ? {} : { adapter: request.adapter }),
        onFinish: (sequence, _reason, end) => {
          mix.completed(request, sequence.generated);
          const bytes = Math.round(answerEnvelopeBytes + bytesPerToken * sequence.generated);
          exchange(200, end, request.streaming ? 0 : bytes);
        },
        ...(request.disconnectAfter === undefined
          ? {}
          : {
              onToken: (sequence, at) => {
                if (sequence.generated === request.disconnectAfter) {
                  placed.engine.abort(sequence, at);
                  exchange(200, at, 0);
                }
              },
            }),
      },
      now,
    );
  }
}
