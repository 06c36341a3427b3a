import { vllm } from "../../../metrics/vllm/index.ts";
import type { HttpExchange } from "../simulation.ts";
import type { HistogramChild, Labelled, NumberChild, Registry, SummaryChild } from "./registry.ts";

/** Handlers that are not measured: a path is left out when it contains one of these. */
const excluded = ["/metrics", "/health", "/load", "/ping", "/version", "/server_info"];

/** Whether the instrumentator measures a path. */
export function isMeasured(path: string): boolean {
  return !excluded.some((part) => path.includes(part));
}

/** The HTTP metrics of vLLM's API server, by the rules of prometheus-fastapi-instrumentator. */
export class HttpMetrics {
  readonly #requests: Labelled<typeof vllm.httpRequests, NumberChild>;
  readonly #requestSize: Labelled<typeof vllm.httpRequestSize, SummaryChild>;
  readonly #responseSize: Labelled<typeof vllm.httpResponseSize, SummaryChild>;
  readonly #highResolution: HistogramChild;
  readonly #duration: Labelled<typeof vllm.httpRequestDuration, HistogramChild>;

  constructor(registry: Registry) {
    this.#requests = registry.counter(vllm.httpRequests);
    this.#requestSize = registry.summary(vllm.httpRequestSize);
    this.#responseSize = registry.summary(vllm.httpResponseSize);
    this.#highResolution = registry.histogram(vllm.httpRequestDurationHighResolution).labels({});
    this.#duration = registry.histogram(vllm.httpRequestDuration);
  }

  /** Counts one exchange whose path is measured. */
  observe(exchange: HttpExchange): void {
    const { handler, method } = exchange;
    const status = `${String(Math.floor(exchange.status / 100))}xx`;
    this.#requests.labels({ handler, method, status }).inc();
    this.#requestSize.labels({ handler }).observe(exchange.requestBytes);
    this.#responseSize.labels({ handler }).observe(exchange.responseBytes);
    this.#highResolution.observe(exchange.duration);
    this.#duration.labels({ handler, method }).observe(exchange.duration);
  }
}
