/** Requests to the API server over connections that are kept open. */

import * as http from "node:http";
import * as https from "node:https";
import { createInterface } from "node:readline";

import type { JsonObject } from "../values/property.ts";
import { ApiError, messageOf, type Status, UnreachableError } from "./errors.ts";
import type { SelectedCluster } from "./kubeconfig.ts";

/** One request. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Default: `application/json`. */
  readonly contentType?: string;
  readonly accept?: string;
  /** Default: that of the client. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** How fast and how long the provider asks, its argument `kubeClientSettings`. */
export interface ClientSettings {
  /** Requests that may be sent at once before `qps` slows them down. Default: 120. */
  readonly burst?: number;
  /** Requests a second. Default: 50. */
  readonly qps?: number;
  /** Seconds until an unanswered request fails. Default: 60. */
  readonly timeout?: number;
}

/** One event of a watch. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: JsonObject;
}

const userAgent = "vllm-monitoring-kubernetes-provider";

/** A client of one cluster. */
export class ApiClient {
  readonly cluster: SelectedCluster;
  readonly #base: URL;
  readonly #agents = new Map<string, http.Agent>();
  readonly #timeoutSeconds: number;
  readonly #throttle: Throttle;

  constructor(cluster: SelectedCluster, settings: ClientSettings = {}) {
    this.cluster = cluster;
    this.#base = new URL(cluster.server);
    this.#timeoutSeconds = settings.timeout ?? 60;
    this.#throttle = new Throttle(settings.qps ?? 50, settings.burst ?? 120);
  }

  /**
   * Sends a request and returns the parsed answer. A request that the server turns away because it is busy is sent again.
   *
   * @throws {@link ApiError} with the server's reason, {@link UnreachableError} if there is no answer
   */
  async send(request: ApiRequest): Promise<JsonObject> {
    for (let attempt = 0; ; attempt++) {
      await this.#throttle.wait(request.signal);
      const { code, headers, text } = await this.#exchange(request);
      if (code < 400) {
        return text === "" ? {} : (JSON.parse(text) as JsonObject);
      }
      const retryAfter = Number(headers["retry-after"]);
      if ((code === 429 || code === 503) && retryAfter > 0 && attempt < 10) {
        await delay(retryAfter * 1000, request.signal);
        continue;
      }
      throw new ApiError(code, parseStatus(text, code));
    }
  }

  /**
   * Watches a collection until the server or the signal ends it.
   *
   * @throws {@link ApiError} and {@link UnreachableError} as {@link ApiClient.send}
   */
  async watch(
    path: string,
    query: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal,
    onEvent: (event: WatchEvent) => void,
  ): Promise<void> {
    const response = await this.#open(
      { method: "GET", path, query: { ...query, watch: "true" }, signal },
      undefined,
    );
    if ((response.statusCode ?? 500) >= 400) {
      throw new ApiError(
        response.statusCode ?? 500,
        parseStatus(await readAll(response), response.statusCode ?? 500),
      );
    }
    const lines = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
    try {
      for await (const line of lines) {
        if (line !== "") {
          onEvent(JSON.parse(line) as WatchEvent);
        }
      }
    } catch (error) {
      if (error instanceof ApiError) {
        throw error;
      }
      if (!signal.aborted) {
        throw new UnreachableError(this.#unreachable(error), { cause: error });
      }
    }
  }

  /** Closes the connections that nobody uses. */
  close(): void {
    for (const agent of this.#agents.values()) {
      agent.destroy();
    }
    this.#agents.clear();
  }

  async #exchange(
    request: ApiRequest,
  ): Promise<{ code: number; headers: http.IncomingHttpHeaders; text: string }> {
    try {
      const response = await this.#open(request, (request.timeoutSeconds ?? this.#timeoutSeconds) * 1000);
      return { code: response.statusCode ?? 500, headers: response.headers, text: await readAll(response) };
    } catch (error) {
      request.signal?.throwIfAborted();
      throw new UnreachableError(this.#unreachable(error), { cause: error });
    }
  }

  #unreachable(error: unknown): string {
    return `cannot reach the Kubernetes API server at ${this.cluster.server} (${this.cluster.source}): ${messageOf(error)}`;
  }

  async #open(request: ApiRequest, timeoutMs: number | undefined): Promise<http.IncomingMessage> {
    const url = new URL(`${this.#base.pathname.replace(/\/$/, "")}${request.path}`, this.#base);
    for (const [key, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) {
        url.searchParams.set(key, value);
      }
    }
    const options: https.RequestOptions = { method: request.method };
    await this.cluster.config.applyToHTTPSOptions(options);
    options.agent = this.#agent(options);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    options.headers = {
      ...(options.headers as http.OutgoingHttpHeaders | undefined),
      Accept: request.accept ?? "application/json",
      "User-Agent": userAgent,
      ...(body === undefined
        ? {}
        : {
            "Content-Type": request.contentType ?? "application/json",
            "Content-Length": Buffer.byteLength(body),
          }),
    };
    return new Promise((resolve, reject) => {
      const client = url.protocol === "http:" ? http : https;
      const outgoing = client.request(url, { ...options, signal: request.signal }, resolve);
      outgoing.on("error", (error) => {
        if (outgoing.reusedSocket && "code" in error && error.code === "ECONNRESET") {
          // The server closed the idle connection just as it was used again; nothing was handled.
          resolve(this.#open(request, timeoutMs));
        } else {
          reject(error);
        }
      });
      if (timeoutMs !== undefined) {
        outgoing.setTimeout(timeoutMs, () => {
          outgoing.destroy(new Error(`no answer within ${String(timeoutMs / 1000)} s`));
        });
      }
      outgoing.end(body);
    });
  }

  /** The library's agents don't keep connections open, so direct connections get one that does. */
  #agent(options: https.RequestOptions): http.Agent {
    if (this.cluster.config.getCurrentCluster()?.proxyUrl !== undefined) {
      return options.agent as http.Agent;
    }
    const { ca, cert, key, rejectUnauthorized, servername } = options;
    const credentials = [ca, cert, key, servername].map(fingerprint).join("\n");
    let agent = this.#agents.get(credentials);
    if (agent === undefined) {
      const Agent = this.#base.protocol === "http:" ? http.Agent : https.Agent;
      agent = new Agent({
        keepAlive: true,
        ca,
        cert,
        key,
        rejectUnauthorized,
        servername,
      } as https.AgentOptions);
      this.#agents.set(credentials, agent);
    }
    return agent;
  }
}

/** Certificates and keys come as buffers or text. */
function fingerprint(part: unknown): string {
  return Buffer.isBuffer(part) ? part.toString("latin1") : typeof part === "string" ? part : "";
}

async function readAll(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseStatus(text: string, code: number): Status {
  try {
    const status = JSON.parse(text) as Status & { kind?: string };
    return status.kind === "Status" ? status : { message: text.trim() };
  } catch {
    const line = text.trim().split("\n")[0] ?? "";
    return { message: line === "" ? `the API server answered with status ${String(code)}` : line };
  }
}

/** Waits; an abort ends the wait with an error. */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** A token bucket. */
class Throttle {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #updated = performance.now();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  async wait(signal: AbortSignal | undefined): Promise<void> {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#updated) / 1000) * this.#perSecond);
    this.#updated = now;
    this.#tokens--;
    if (this.#tokens < 0) {
      await delay((-this.#tokens / this.#perSecond) * 1000, signal);
    }
  }
}
