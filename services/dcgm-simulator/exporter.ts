/** All GPUs of a node: samples them at an interval, and writes the exposition of the last sample. */
import { Counter, Gauge, Registry } from "prom-client";

import type { DeviceReport } from "../vllm-simulator/engine/device.ts";
import type { Counter as Listed } from "./counters.ts";
import { DRIVER_VERSION, readingsOf } from "./fields.ts";
import { Gpu, type Fault } from "./gpu.ts";
import { hardwareOf } from "./hardware.ts";
import type { Holder, Inventory } from "./inventory.ts";
import { idle, loading, loadOf, type Load } from "./load.ts";

/** Settings of the exporter. */
export interface ExporterOptions {
  readonly node: string;
  readonly counters: readonly Listed[];
  /** Seconds for which XIDs and clock events are counted. */
  readonly xidWindow: number;
  readonly clockWindow: number;
  /** The GPUs and who holds them, asked for at each sample. */
  readonly inventory: () => Inventory | undefined;
  /** The device report of the engine at an address; undefined while it does not answer. */
  readonly report: (address: string) => Promise<DeviceReport | undefined>;
  /** Seconds of a clock that only grows. */
  readonly now: () => number;
}

/** What is known of a GPU, for those who choose one to break. */
export interface GpuSummary {
  readonly uuid: string;
  readonly index: number;
  readonly fault: Fault;
  readonly namespace?: string;
  readonly pod?: string;
}

interface Sampled {
  readonly report: DeviceReport;
  readonly at: number;
}

/** The exporter without its socket. */
export class Exporter {
  readonly #options: ExporterOptions;
  readonly #gpus = new Map<string, Gpu>();
  readonly #reports = new Map<string, Sampled>();
  #holders = new Map<string, Holder>();
  #last: number | undefined;

  constructor(options: ExporterOptions) {
    this.#options = options;
  }

  /** Takes a sample of all GPUs. */
  async sample(): Promise<void> {
    const inventory = this.#options.inventory();
    if (inventory === undefined) return;
    const loads = new Map<string, Load>();
    for (const holder of inventory.holders)
      for (const [uuid, load] of await this.#loads(holder)) loads.set(uuid, load);
    const now = this.#options.now();
    const seconds = now - (this.#last ?? now);
    this.#last = now;
    this.#holders = new Map(inventory.holders.flatMap((holder) => holder.gpus.map((uuid) => [uuid, holder])));
    for (const [index, uuid] of inventory.gpus.entries()) {
      const gpu = this.#gpus.get(uuid) ?? this.#created({ uuid, index }, inventory);
      // An engine cannot compute on a GPU that is gone.
      gpu.advance(gpu.fault === "lost" ? idle : (loads.get(uuid) ?? idle), now, seconds);
    }
  }

  /** Whether a first sample was taken. */
  get ready(): boolean {
    return this.#last !== undefined;
  }

  summaries(): GpuSummary[] {
    return [...this.#gpus.values()].map(({ uuid, index, fault }) => {
      const holder = this.#holders.get(uuid);
      return {
        uuid,
        index,
        fault,
        ...(holder === undefined ? {} : { namespace: holder.namespace, pod: holder.pod }),
      };
    });
  }

  /** Breaks a GPU, or mends it. @returns whether there is one with this UUID */
  setFault(uuid: string, fault: Fault, xid?: number): boolean {
    const gpu = this.#gpus.get(uuid);
    gpu?.setFault(fault, this.#options.now(), xid);
    return gpu !== undefined;
  }

  /** The exposition in Prometheus' text format. */
  async exposition(): Promise<string> {
    const registry = new Registry();
    const reported = [...this.#gpus.values()]
      .filter(({ fault }) => fault !== "lost")
      .map((gpu) => ({ gpu, own: this.#labels(gpu) }));
    const now = this.#options.now();
    for (const { name, kind, help } of this.#options.counters) {
      if (kind === "label") continue;
      const series = reported.flatMap(({ gpu, own }) =>
        readingsOf(name, gpu, now).map(({ value, labels = {} }) => ({
          value,
          labels: { ...own, ...this.#window(name), ...labels },
        })),
      );
      const labelNames = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))];
      if (series.length === 0) continue;
      const metric = { name, help, labelNames, registers: [registry] };
      const family = kind === "gauge" ? new Gauge(metric) : new Counter(metric);
      for (const { labels, value } of series) family.inc(labels, value);
    }
    // As the exporter writes it: no empty lines between families.
    return (await registry.metrics()).replaceAll(/\n{2,}/g, "\n");
  }

  #labels(gpu: Gpu): Record<string, string> {
    const holder = this.#holders.get(gpu.uuid);
    const hasDriver = this.#options.counters.some(({ name }) => name === DRIVER_VERSION.name);
    return {
      gpu: String(gpu.index),
      UUID: gpu.uuid,
      pci_bus_id: `00000000:${(0x31 + gpu.index).toString(16).toUpperCase()}:00.0`,
      device: `nvidia${String(gpu.index)}`,
      modelName: gpu.hardware.modelName,
      Hostname: this.#options.node,
      ...(hasDriver ? { [DRIVER_VERSION.name]: DRIVER_VERSION.value } : {}),
      // An idle GPU has no such label at all.
      ...(holder === undefined
        ? {}
        : { container: holder.container, namespace: holder.namespace, pod: holder.pod }),
    };
  }

  #window(name: string): Record<string, string> {
    const { xidWindow, clockWindow } = this.#options;
    if (name === "DCGM_EXP_XID_ERRORS_COUNT") return { window_size_in_ms: String(xidWindow * 1000) };
    if (name === "DCGM_EXP_CLOCK_EVENTS_COUNT") return { window_size_in_ms: String(clockWindow * 1000) };
    return {};
  }

  #created(device: { uuid: string; index: number }, { product, memoryMiB }: Inventory): Gpu {
    const { xidWindow } = this.#options;
    const gpu = new Gpu(device, { hardware: hardwareOf(product), memoryMiB, window: xidWindow });
    this.#gpus.set(device.uuid, gpu);
    return gpu;
  }

  async #loads({ address, gpus }: Holder): Promise<[string, Load][]> {
    const report = await this.#options.report(address).catch(() => undefined);
    if (report === undefined) {
      this.#reports.delete(address);
      return gpus.map((uuid) => [uuid, loading]);
    }
    const at = this.#options.now();
    const before = this.#reports.get(address);
    this.#reports.set(address, { report, at });
    return gpus.map((uuid, place) => [uuid, loadOf(place, report, before?.report, at - (before?.at ?? at))]);
  }
}
