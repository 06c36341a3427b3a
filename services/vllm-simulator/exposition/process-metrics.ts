import { readdirSync, readFileSync } from "node:fs";
import {
  constants,
  PerformanceObserver,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
} from "node:perf_hooks";

import { vllm } from "../../../metrics/vllm/index.ts";
import type { Registry } from "./registry.ts";

/** What Python's client would say of the platform. */
const python = { implementation: "CPython", major: "3", minor: "12", patchlevel: "11", version: "3.12.11" };

/** Python's three generations, by Node's kinds of garbage collection. */
const generations: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: "0",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "1",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "1",
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "2",
};

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function virtualMemory(): number {
  // The first field of statm is the size in pages of 4 KiB.
  return Number(read("/proc/self/statm").split(" ")[0] ?? 0) * 4096;
}

function openFiles(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

/**
 * The process_* and python_* families: this process's own figures under Python's names, so that a restart or a leak of the
 * simulator looks like one of vLLM. Objects collected aren't known to Node and stay 0.
 * @param startTime Unix time in seconds.
 */
export function registerProcessMetrics(registry: Registry, startTime: number): void {
  const collected = registry.counter(vllm.pythonGcObjectsCollected, false);
  const uncollectable = registry.counter(vllm.pythonGcObjectsUncollectable, false);
  const collections = registry.counter(vllm.pythonGcCollections, false);
  for (const generation of ["0", "1", "2"]) {
    collected.labels({ generation });
    uncollectable.labels({ generation });
    collections.labels({ generation });
  }
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as PerformanceEntry & { readonly detail: NodeGCPerformanceDetail };
      collections.labels({ generation: generations[detail.kind] ?? "0" }).inc();
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  registry.gauge(vllm.pythonInfo).labels(python).set(1);
  const virtual = registry.gauge(vllm.processVirtualMemory).labels({});
  const resident = registry.gauge(vllm.processResidentMemory).labels({});
  registry.gauge(vllm.processStartTime).labels({}).set(startTime);
  const cpu = registry.counter(vllm.processCpuSeconds, false).labels({});
  const open = registry.gauge(vllm.processOpenFds).labels({});
  const maximum = registry.gauge(vllm.processMaxFds).labels({});
  maximum.set(Number(/Max open files\s+(\d+)/.exec(read("/proc/self/limits"))?.[1] ?? 0));
  registry.onCollect(() => {
    const { user, system } = process.cpuUsage();
    virtual.set(virtualMemory());
    resident.set(process.memoryUsage.rss());
    cpu.set((user + system) / 1e6);
    open.set(openFiles());
  });
}
