import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

import type { DeviceReport } from "../engine/device.ts";
import type { Environment } from "../environment.ts";
import { Exposition } from "../exposition/exposition.ts";
import { isMeasured } from "../exposition/http-metrics.ts";
import type { ServerOptions } from "../flags.ts";
import { engineOptions, Simulation } from "../simulation.ts";
import type { ScenarioName } from "../scenarios.ts";
import { Completions } from "./completions.ts";
import { parseScenarioChange, scenarioList, type ScenarioChange } from "./control.ts";
import { Driver } from "./driver.ts";
import { contentLength, readBody, send, sendJson } from "./http.ts";
import { ApiError, parseCompletion } from "./openai-request.ts";

const version = "0.32.0";

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** One life of a vLLM server: from the open port to the closed one, with its own metrics. */
export class ApiServer {
  readonly simulation: Simulation;
  readonly #options: ServerOptions;
  readonly #apiKeys: readonly string[];
  readonly #exposition: Exposition;
  readonly #driver: Driver;
  readonly #completions: Completions;
  readonly #server: Server;
  readonly #created: number;
  readonly #onScenario: (change: ScenarioChange) => void;
  readonly #routes: Readonly<Record<string, Readonly<Record<string, Handler>>>>;
  #draining = false;

  /**
   * @param options.processStart Unix time in seconds at which the loading began. Default: now.
   * @param options.onScenario is told of a change after the synthetic clients were replaced.
   */
  constructor(
    server: ServerOptions,
    options: {
      readonly environment: Environment;
      readonly scenario: ScenarioName;
      readonly processStart?: number;
      readonly onScenario: (change: ScenarioChange) => void;
    },
  ) {
    const { environment } = options;
    const unixNow = (): number => Date.now() / 1000;
    const started = performance.now();
    this.#options = server;
    this.#apiKeys = [...server.apiKeys, ...(environment.apiKey === undefined ? [] : [environment.apiKey])];
    this.#onScenario = options.onScenario;
    this.#created = Math.floor(unixNow());
    this.#exposition = new Exposition(server, {
      numBlocks: engineOptions(server).numBlocks,
      multiprocess: environment.multiprocess,
      now: unixNow,
      ...(options.processStart === undefined ? {} : { processStart: options.processStart }),
    });
    this.simulation = new Simulation(server, options.scenario, environment.seed, this.#exposition);
    this.#driver = new Driver(this.simulation, () => (performance.now() - started) / 1000);
    this.#completions = new Completions(server, this.simulation, this.#driver, unixNow);
    this.#routes = this.#makeRoutes();
    this.#server = createServer((request, response) => {
      void this.#handle(request, response);
    });
    this.#server.keepAliveTimeout = 5_000;
  }

  /** Opens the port. @throws Error of the system, e.g. with code EADDRINUSE. */
  async listen(host: string | undefined, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port, host: host ?? "0.0.0.0" }, () => {
        this.#server.removeListener("error", reject);
        resolve();
      });
    });
    this.#driver.start();
  }

  /** The port that is open; differs from the wanted one when that was 0. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : this.#options.port;
  }

  /**
   * Stops: no new requests; those on their way get `timeout` seconds, or are aborted at once when it is 0. Metrics answer
   * until the end.
   */
  async stop(timeout: number): Promise<void> {
    this.#draining = true;
    this.#driver.catchUp();
    this.simulation.stopTraffic();
    if (timeout > 0) {
      this.#driver.attend();
      const deadline = performance.now() + timeout * 1000;
      while (this.simulation.replica.unfinished > 0 && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      this.#driver.leave();
    }
    for (const engine of this.simulation.replica.engines) {
      engine.abortAll(this.simulation.now);
    }
    // The aborted answers are written before the connections close.
    await new Promise((resolve) => setTimeout(resolve, 10));
    this.close();
  }

  /** Closes the port and every connection at once. */
  close(): void {
    this.#driver.stop();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #makeRoutes(): Readonly<Record<string, Readonly<Record<string, Handler>>>> {
    const alive: Handler = (_request, response) => {
      send(response, 200, "text/plain; charset=utf-8", "");
    };
    return {
      "/metrics": {
        GET: (_request, response) => {
          this.#driver.catchUp();
          const text = this.#exposition.render();
          send(response, 200, "text/plain; version=0.0.4; charset=utf-8", text);
        },
      },
      "/health": { GET: alive },
      "/ping": { GET: alive, POST: alive },
      "/version": {
        GET: (_request, response) => {
          sendJson(response, 200, { version });
        },
      },
      "/load": {
        GET: (_request, response) => {
          const load = this.#options.serverLoadTracking ? this.#completions.inFlight : 0;
          sendJson(response, 200, { server_load: load });
        },
      },
      "/v1/models": {
        GET: (_request, response) => {
          sendJson(response, 200, this.#models());
        },
      },
      "/v1/completions": { POST: (request, response) => this.#complete(request, response, false) },
      "/v1/chat/completions": { POST: (request, response) => this.#complete(request, response, true) },
      "/simulator/device": {
        GET: (_request, response) => {
          this.#driver.catchUp();
          sendJson(response, 200, this.#device());
        },
      },
      "/simulator/scenario": {
        GET: (_request, response) => {
          this.#driver.catchUp();
          sendJson(response, 200, { ...this.simulation.status, scenarios: scenarioList() });
        },
        POST: (request, response) => this.#changeScenario(request, response),
      },
    };
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const begin = performance.now();
    const path = (request.url ?? "/").replace(/[?#].*$/, "");
    const method = request.method ?? "GET";
    const route = Object.hasOwn(this.#routes, path) ? this.#routes[path] : undefined;
    const handler = route?.[method];
    if (isMeasured(path) && !path.startsWith("/simulator/")) {
      response.once("close", () => {
        this.#exposition.http({
          // A path without route, or with another method, has no template.
          handler: handler === undefined ? "none" : path,
          method,
          // An answer that was never begun is one to a client that had gone: vLLM counts it as sent.
          status: response.headersSent ? response.statusCode : 200,
          duration: (performance.now() - begin) / 1000,
          requestBytes: contentLength(request.headers["content-length"]),
          responseBytes: contentLength(response.getHeader("content-length")),
        });
      });
    }
    try {
      if (path.startsWith("/v1/") && !this.#authorized(request)) {
        sendJson(response, 401, { error: "Unauthorized" });
      } else if (handler !== undefined) {
        await handler(request, response);
      } else if (route !== undefined) {
        response.setHeader("allow", Object.keys(route).join(", "));
        sendJson(response, 405, { detail: "Method Not Allowed" });
      } else {
        sendJson(response, 404, { detail: "Not Found" });
      }
    } catch (error) {
      this.#sendError(response, error);
    }
  }

  #sendError(response: ServerResponse, error: unknown): void {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const known =
      error instanceof ApiError
        ? error
        : new ApiError(500, "InternalServerError", error instanceof Error ? error.message : String(error));
    sendJson(response, known.status, known.body);
  }

  #authorized(request: IncomingMessage): boolean {
    const [scheme, token] = (request.headers.authorization ?? "").split(" ");
    return (
      this.#apiKeys.length === 0 ||
      (scheme?.toLowerCase() === "bearer" && token !== undefined && this.#apiKeys.includes(token))
    );
  }

  /** What the GPUs did, for an exporter of their counters. */
  #device(): DeviceReport {
    const { tensorParallel, pipelineParallel, gpuMemoryUtilization } = this.#options;
    return {
      gpusPerEngine: tensorParallel * pipelineParallel,
      gpuMemoryUtilization,
      engines: this.simulation.replica.engines.map(({ work }) => work),
    };
  }

  #models(): object {
    const card = (id: string, parent: string | null): object => ({
      id,
      object: "model",
      created: this.#created,
      owned_by: "vllm",
      root: this.#options.model,
      parent,
      max_model_len: parent === null ? this.#options.maxModelLen : null,
    });
    const [base = this.#options.model] = this.#options.servedModelNames;
    return {
      object: "list",
      data: [
        ...this.#options.servedModelNames.map((name) => card(name, null)),
        ...this.#options.loraModules.map((name) => card(name, base)),
      ],
    };
  }

  async #complete(request: IncomingMessage, response: ServerResponse, chat: boolean): Promise<void> {
    const completion = parseCompletion(await readBody(request), chat, this.#options);
    if (this.#draining) {
      throw new ApiError(503, "ServiceUnavailable", "The server is shutting down.");
    }
    await this.#completions.serve(completion, response);
  }

  async #changeScenario(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let change: ScenarioChange;
    try {
      change = parseScenarioChange(await readBody(request));
    } catch (error) {
      sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.#driver.catchUp();
    const seed = change.seed ?? this.simulation.status.seed;
    this.simulation.setScenario(change.scenario, seed);
    sendJson(response, 200, this.simulation.status);
    this.#onScenario(change);
  }
}
