import type { Environment } from "./environment.ts";
import type { ServerOptions } from "./flags.ts";
import { scenarios, type ScenarioName } from "./scenarios.ts";
import { ApiServer } from "./server/api-server.ts";
import type { ScenarioChange } from "./server/control.ts";
import { CrashMemory } from "./server/crash-memory.ts";

/** Time from the start of the process to the open port when nothing else is said, in seconds. */
const defaultLoadSeconds = 1;

/** Writes one line with the time to standard error. */
export function log(message: string): void {
  process.stderr.write(`${new Date().toISOString()} ${message}\n`);
}

/** The lives of the server: start, crash, cold start again, stop. */
export class Lifecycle {
  readonly #options: ServerOptions;
  readonly #environment: Environment;
  readonly #memory: CrashMemory;
  readonly #host: string | undefined;
  #server: ApiServer | undefined;
  #loading: NodeJS.Timeout | undefined;
  #crash: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: ServerOptions, environment: Environment) {
    this.#options = options;
    this.#environment = environment;
    this.#host = environment.host ?? options.host;
    this.#memory = new CrashMemory(environment.stateDirectory, this.#host, options.port);
  }

  start(): void {
    let { scenario } = this.#environment;
    if (this.#memory.recall() && scenarios[scenario].crashesAgain !== true) {
      log("restarted after a crash on purpose: steady from now on");
      scenario = "steady";
    }
    this.#load(
      scenario,
      this.#environment.loadSeconds ?? scenarios[scenario].loadSeconds ?? defaultLoadSeconds,
      performance.timeOrigin / 1000,
    );
    this.#armCrash(scenario, undefined);
  }

  async stop(signal: string): Promise<void> {
    if (this.#stopping) {
      return;
    }
    this.#stopping = true;
    clearTimeout(this.#loading);
    clearTimeout(this.#crash);
    const timeout = this.#options.shutdownTimeout;
    log(`${signal}: ${timeout > 0 ? `draining for at most ${String(timeout)} s` : "aborting requests"}`);
    await this.#server?.stop(timeout);
    log("stopped");
    process.exit(0);
  }

  /** The port stays closed while the model loads. @param processStart Unix time in seconds */
  #load(scenario: ScenarioName, seconds: number, processStart = Date.now() / 1000): void {
    log(`loading ${this.#options.model} for ${String(seconds)} s, then scenario ${scenario}`);
    this.#loading = setTimeout(() => {
      void this.#listen(scenario, processStart);
    }, seconds * 1000);
  }

  async #listen(scenario: ScenarioName, processStart: number): Promise<void> {
    const server = new ApiServer(this.#options, {
      environment: this.#environment,
      scenario,
      processStart,
      onScenario: (change) => {
        this.#onScenario(change);
      },
    });
    this.#server = server;
    try {
      await server.listen(this.#host, this.#options.port);
    } catch (error) {
      log(`cannot listen: ${error instanceof Error ? error.message : String(error)}`);
      process.exit(1);
    }
    log(`listening on ${this.#host ?? "0.0.0.0"}:${String(server.port)}`);
  }

  #onScenario(change: ScenarioChange): void {
    log(`scenario ${change.scenario}`);
    clearTimeout(this.#crash);
    const { loadSeconds } = scenarios[change.scenario];
    if (loadSeconds !== undefined) {
      // What a restarted container would look like: the port closes, metrics begin anew.
      const closing = this.#server;
      this.#server = undefined;
      setTimeout(() => {
        closing?.close();
        this.#load("steady", change.loadSeconds ?? loadSeconds);
      }, 50);
    }
    this.#armCrash(change.scenario, change.crashSeconds);
  }

  #armCrash(scenario: ScenarioName, override: number | undefined): void {
    const { crashAfter, crashesAgain } = scenarios[scenario];
    if (crashAfter === undefined) {
      return;
    }
    const seconds = override ?? this.#environment.crashSeconds ?? crashAfter;
    this.#crash = setTimeout(() => {
      log("EngineCore encountered a fatal error (scenario): exiting with code 1");
      if (crashesAgain !== true) {
        this.#memory.remember();
      }
      process.exit(1);
    }, seconds * 1000);
  }
}
