import { vllm } from "../../../metrics/vllm/index.ts";
import {
  cacheTiers,
  finishedReasons,
  promptSources,
  rejectionReasons,
  sleepStates,
} from "../../../metrics/vllm/labels.ts";
import type { IterationStats, RejectionReason, SchedulerStats, StatLogger } from "../engine/stats.ts";
import type { ServerOptions } from "../flags.ts";
import { cacheConfigLabels } from "./cache-config.ts";
import type { Registry } from "./registry.ts";

/** The metrics of one engine: all children exist from the start, as vLLM makes them. */
function engineChildren(registry: ReturnType<typeof registerFamilies>, engine: string, model_name: string) {
  const labels = { engine, model_name };
  const f = registry;
  for (const counter of [f.estimatedFlops, f.estimatedReadBytes, f.estimatedWriteBytes]) {
    counter.labels(labels);
  }
  for (const counter of [f.externalQueries, f.externalHits, f.mmQueries, f.mmHits]) {
    counter.labels(labels);
  }
  for (const sleep_state of sleepStates) {
    f.sleepState.labels({ ...labels, sleep_state }).set(sleep_state === "awake" ? 1 : 0);
  }
  const sources = promptSources.map((source) => f.promptTokensBySource.labels({ ...labels, source }));
  const tiers = cacheTiers.map((source) => f.cachedBySource.labels({ ...labels, source }));
  const success = finishedReasons.map((reason) => f.success.labels({ ...labels, finished_reason: reason }));
  return {
    running: f.running.labels(labels),
    waiting: f.waiting.labels(labels),
    capacity: f.waitingByReason.labels({ ...labels, reason: "capacity" }),
    deferred: f.waitingByReason.labels({ ...labels, reason: "deferred" }),
    kvCacheUsage: f.kvCacheUsage.labels(labels),
    prefixQueries: f.prefixQueries.labels(labels),
    prefixHits: f.prefixHits.labels(labels),
    preemptions: f.preemptions.labels(labels),
    promptTokens: f.promptTokens.labels(labels),
    computedTokens: sources[promptSources.indexOf("local_compute")],
    cacheHitTokens: sources[promptSources.indexOf("local_cache_hit")],
    cachedTokens: f.cachedTokens.labels(labels),
    deviceTokens: tiers[cacheTiers.indexOf("device")],
    generationTokens: f.generationTokens.labels(labels),
    success: Object.fromEntries(finishedReasons.map((reason, index) => [reason, success[index]])),
    requestPromptTokens: f.requestPromptTokens.labels(labels),
    requestGenerationTokens: f.requestGenerationTokens.labels(labels),
    iterationTokens: f.iterationTokens.labels(labels),
    maxGenerationTokens: f.maxGenerationTokens.labels(labels),
    paramsN: f.paramsN.labels(labels),
    paramsMaxTokens: f.paramsMaxTokens.labels(labels),
    timeToFirstToken: f.timeToFirstToken.labels(labels),
    interTokenLatency: f.interTokenLatency.labels(labels),
    timePerOutputToken: f.timePerOutputToken.labels(labels),
    e2eLatency: f.e2eLatency.labels(labels),
    queueTime: f.queueTime.labels(labels),
    inferenceTime: f.inferenceTime.labels(labels),
    prefillTime: f.prefillTime.labels(labels),
    decodeTime: f.decodeTime.labels(labels),
    requestPreemptions: f.requestPreemptions.labels(labels),
    computedKvTokens: f.computedKvTokens.labels(labels),
  };
}

/** Registers the families in vLLM's order. */
function registerFamilies(registry: Registry, enableLora: boolean) {
  return {
    estimatedFlops: registry.counter(vllm.estimatedFlops),
    estimatedReadBytes: registry.counter(vllm.estimatedReadBytes),
    estimatedWriteBytes: registry.counter(vllm.estimatedWriteBytes),
    running: registry.gauge(vllm.numRequestsRunning),
    waiting: registry.gauge(vllm.numRequestsWaiting),
    waitingByReason: registry.gauge(vllm.numRequestsWaitingByReason),
    sleepState: registry.gauge(vllm.engineSleepState),
    kvCacheUsage: registry.gauge(vllm.kvCacheUsage),
    prefixQueries: registry.counter(vllm.prefixCacheQueries),
    prefixHits: registry.counter(vllm.prefixCacheHits),
    externalQueries: registry.counter(vllm.externalPrefixCacheQueries),
    externalHits: registry.counter(vllm.externalPrefixCacheHits),
    mmQueries: registry.counter(vllm.mmCacheQueries),
    mmHits: registry.counter(vllm.mmCacheHits),
    preemptions: registry.counter(vllm.numPreemptions),
    promptTokens: registry.counter(vllm.promptTokens),
    promptTokensBySource: registry.counter(vllm.promptTokensBySource),
    cachedTokens: registry.counter(vllm.promptTokensCached),
    cachedBySource: registry.counter(vllm.promptTokensCachedBySource),
    generationTokens: registry.counter(vllm.generationTokens),
    success: registry.counter(vllm.requestSuccess),
    rejections: registry.counter(vllm.admissionRejections),
    requestPromptTokens: registry.histogram(vllm.requestPromptTokens),
    requestGenerationTokens: registry.histogram(vllm.requestGenerationTokens),
    iterationTokens: registry.histogram(vllm.iterationTokens),
    maxGenerationTokens: registry.histogram(vllm.requestMaxNumGenerationTokens),
    paramsN: registry.histogram(vllm.requestParamsN),
    paramsMaxTokens: registry.histogram(vllm.requestParamsMaxTokens),
    timeToFirstToken: registry.histogram(vllm.timeToFirstToken),
    interTokenLatency: registry.histogram(vllm.interTokenLatency),
    timePerOutputToken: registry.histogram(vllm.requestTimePerOutputToken),
    e2eLatency: registry.histogram(vllm.e2eRequestLatency),
    queueTime: registry.histogram(vllm.requestQueueTime),
    inferenceTime: registry.histogram(vllm.requestInferenceTime),
    prefillTime: registry.histogram(vllm.requestPrefillTime),
    decodeTime: registry.histogram(vllm.requestDecodeTime),
    requestPreemptions: registry.histogram(vllm.requestNumPreemptions),
    computedKvTokens: registry.histogram(vllm.requestPrefillKvComputedTokens),
    ...(enableLora ? { lora: registry.gauge(vllm.loraRequestsInfo) } : {}),
    cacheConfig: registry.gauge(vllm.cacheConfigInfo),
  };
}

/** Turns what the engines report into vLLM's engine metrics, observation by observation as vLLM's own logger does. */
export class EngineMetrics implements StatLogger {
  readonly #families: ReturnType<typeof registerFamilies>;
  readonly #engines: readonly ReturnType<typeof engineChildren>[];
  readonly #model: string;
  readonly #maxLoras: string;
  readonly #now: () => number;

  /**
   * @param options.numBlocks KV-cache blocks of one engine.
   * @param options.now Unix time in seconds.
   */
  constructor(
    registry: Registry,
    server: ServerOptions,
    options: { readonly numBlocks: number; readonly now: () => number },
  ) {
    this.#families = registerFamilies(registry, server.enableLora);
    this.#model = server.servedModelNames[0] ?? server.model;
    this.#maxLoras = String(server.maxLoras);
    this.#now = options.now;
    for (const reason of rejectionReasons) {
      this.#families.rejections.labels({ model_name: this.#model, reason });
    }
    this.#engines = Array.from({ length: server.dataParallel }, (_, index) => {
      const engine = String(index);
      this.#families.cacheConfig.labels(cacheConfigLabels(server, engine, options.numBlocks)).set(1);
      return engineChildren(this.#families, engine, this.#model);
    });
  }

  scheduler(engine: number, stats: SchedulerStats): void {
    const children = this.#of(engine);
    children.running.set(stats.running);
    children.waiting.set(stats.waiting + stats.deferred);
    children.capacity.set(stats.waiting);
    children.deferred.set(stats.deferred);
    children.kvCacheUsage.set(stats.kvCacheUsage);
    children.prefixQueries.inc(stats.prefixCacheQueries);
    children.prefixHits.inc(stats.prefixCacheHits);
    children.deviceTokens?.inc(stats.prefixCacheHits);
    const adapters = stats.adapters.join(",");
    this.#families.lora
      ?.labels({
        max_lora: this.#maxLoras,
        running_lora_adapters: adapters,
        waiting_lora_adapters: adapters,
      })
      .set(this.#now());
  }

  iteration(engine: number, stats: IterationStats): void {
    const children = this.#of(engine);
    const computed = stats.promptTokens - stats.cachedTokens;
    children.preemptions.inc(stats.preemptions);
    children.promptTokens.inc(stats.promptTokens);
    children.computedTokens?.inc(computed);
    children.cacheHitTokens?.inc(stats.cachedTokens);
    children.cachedTokens.inc(stats.cachedTokens);
    children.generationTokens.inc(stats.generatedTokens);
    children.iterationTokens.observe(computed + stats.generatedTokens);
    for (const seconds of stats.timesToFirstToken) {
      children.timeToFirstToken.observe(seconds);
    }
    for (const seconds of stats.interTokenLatencies) {
      children.interTokenLatency.observe(seconds);
    }
    for (const request of stats.requests) {
      children.paramsN.observe(request.n);
      children.maxGenerationTokens.observe(request.maxGeneratedTokens);
    }
    for (const finished of stats.finished) {
      const decoded = finished.generatedTokens - 1;
      children.success[finished.reason]?.inc();
      children.e2eLatency.observe(finished.e2eLatency);
      children.queueTime.observe(finished.queueTime);
      children.prefillTime.observe(finished.prefillTime);
      children.inferenceTime.observe(finished.inferenceTime);
      children.decodeTime.observe(finished.decodeTime);
      children.requestPreemptions.observe(finished.preemptions);
      children.computedKvTokens.observe(finished.promptTokens - finished.cachedTokens);
      children.requestPromptTokens.observe(finished.promptTokens);
      children.requestGenerationTokens.observe(finished.generatedTokens);
      children.timePerOutputToken.observe(decoded > 0 ? finished.decodeTime / decoded : 0);
      children.paramsMaxTokens.observe(finished.maxTokens);
    }
  }

  rejection(reason: RejectionReason): void {
    this.#families.rejections.labels({ model_name: this.#model, reason }).inc();
  }

  #of(engine: number): ReturnType<typeof engineChildren> {
    const children = this.#engines[engine];
    if (children === undefined) {
      throw new RangeError(`engine ${String(engine)} of ${String(this.#engines.length)}`);
    }
    return children;
  }
}
