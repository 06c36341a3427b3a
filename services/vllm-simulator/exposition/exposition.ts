import type { RejectionReason, IterationStats, SchedulerStats } from "../engine/stats.ts";
import type { ServerOptions } from "../flags.ts";
import type { HttpExchange, SimulationLogger } from "../simulation.ts";
import { EngineMetrics } from "./engine-metrics.ts";
import { HttpMetrics } from "./http-metrics.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import { Registry } from "./registry.ts";

/** Everything that `/metrics` of one server shows. */
export class Exposition implements SimulationLogger {
  readonly registry: Registry;
  readonly #engine: EngineMetrics | undefined;
  readonly #http: HttpMetrics;

  /**
   * @param options.numBlocks KV-cache blocks of one engine.
   * @param options.multiprocess PROMETHEUS_MULTIPROC_DIR is set from outside.
   * @param options.now Unix time in seconds.
   * @param options.processStart Unix time at which the process began, in seconds: before the model was loaded. Default: now.
   */
  constructor(
    server: ServerOptions,
    options: {
      readonly numBlocks: number;
      readonly multiprocess: boolean;
      readonly now: () => number;
      readonly processStart?: number;
    },
  ) {
    const mode = options.multiprocess || server.apiServerCount > 1 ? "multiprocess" : "single";
    this.registry = new Registry({ mode, now: options.now, maxModelLen: server.maxModelLen });
    if (mode === "single") {
      registerProcessMetrics(this.registry, options.processStart ?? options.now());
    }
    this.#engine = server.disableLogStats ? undefined : new EngineMetrics(this.registry, server, options);
    this.#http = new HttpMetrics(this.registry);
  }

  scheduler(engine: number, stats: SchedulerStats): void {
    this.#engine?.scheduler(engine, stats);
  }

  iteration(engine: number, stats: IterationStats): void {
    this.#engine?.iteration(engine, stats);
  }

  rejection(reason: RejectionReason): void {
    this.#engine?.rejection(reason);
  }

  http(exchange: HttpExchange): void {
    this.#http.observe(exchange);
  }

  /** Text format 0.0.4. */
  render(): string {
    return this.registry.render();
  }
}
