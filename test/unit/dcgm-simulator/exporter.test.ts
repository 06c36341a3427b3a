import { describe, expect, it } from "vitest";

import { countersOf } from "../../../components/dcgm/daemon-set.ts";
import { dcgm } from "../../../metrics/dcgm/index.ts";
import { CountersError, parseCounters } from "../../../services/dcgm-simulator/counters.ts";
import { Exporter } from "../../../services/dcgm-simulator/exporter.ts";
import type { Inventory } from "../../../services/dcgm-simulator/inventory.ts";
import type { DeviceReport } from "../../../services/vllm-simulator/engine/device.ts";
import { parseExposition } from "../../support/exposition.ts";

const inventory = (product = "NVIDIA-L4"): Inventory => ({
  product,
  memoryMiB: 22_888,
  gpus: ["GPU-a", "GPU-b"],
  holders: [
    { namespace: "vllm", pod: "llama-0", container: "vllm", gpus: ["GPU-a"], address: "10.0.0.1:8000" },
  ],
});

const work = (seconds: number): DeviceReport => ({
  gpusPerEngine: 1,
  gpuMemoryUtilization: 0.9,
  engines: [
    {
      busySeconds: seconds,
      computeSeconds: seconds * 0.1,
      memorySeconds: seconds * 0.6,
      communicationSeconds: seconds * 0.05,
    },
  ],
});

/** An exporter with a clock and an engine of the test's. */
function exporterOf(product?: string, counters = countersOf({})) {
  const world: { now: number; report: DeviceReport | undefined } = { now: 1000, report: work(0) };
  const exporter = new Exporter({
    node: "gpu-0",
    counters: parseCounters(counters),
    xidWindow: 300,
    clockWindow: 300,
    inventory: () => inventory(product),
    report: () => Promise.resolve(world.report),
    now: () => world.now,
  });
  const after = async (seconds: number, report: DeviceReport | undefined): Promise<void> => {
    world.now += seconds;
    world.report = report;
    await exporter.sample();
  };
  return { exporter, after };
}

async function samplesOf(exporter: Exporter, name: string) {
  return parseExposition(await exporter.exposition()).get(name)?.samples ?? [];
}

const valueOf = async (exporter: Exporter, name: string, uuid = "GPU-a") =>
  (await samplesOf(exporter, name)).find(({ labels }) => labels["UUID"] === uuid)?.value;

describe("the exposition", () => {
  it("has every family of the project's list, with the type and the labels of the catalogue", async () => {
    const { exporter, after } = exporterOf("NVIDIA-H100-80GB-HBM3");
    await after(0, work(0));
    await after(10, work(9));
    exporter.setFault("GPU-a", "xid");
    const families = parseExposition(await exporter.exposition());
    const wanted = parseCounters(countersOf({})).filter(({ kind }) => kind !== "label");
    expect([...families.keys()].sort()).toEqual(wanted.map(({ name }) => name).sort());
    const known = Object.values(dcgm);
    for (const { name, kind } of wanted) {
      const { type, samples } = families.get(name) ?? { type: "", samples: [] };
      expect(type, name).toBe(kind);
      const labels = known.find((family) => family.name === name)?.labels as readonly string[] | undefined;
      for (const sample of samples)
        expect(
          Object.keys(sample.labels).filter((label) => labels?.includes(label) !== true),
          name,
        ).toEqual([]);
    }
  });

  it("names the pod that holds a GPU, and nobody where nobody does", async () => {
    const { exporter, after } = exporterOf();
    await after(0, work(0));
    const [held, free] = await samplesOf(exporter, "DCGM_FI_DEV_FB_USED");
    expect(held?.labels).toMatchObject({ namespace: "vllm", pod: "llama-0", container: "vllm", gpu: "0" });
    expect(Object.keys(free?.labels ?? {})).not.toContain("pod");
    expect(free?.labels).toMatchObject({ UUID: "GPU-b", modelName: "NVIDIA L4", Hostname: "gpu-0" });
  });

  it("leaves out what the product has not", async () => {
    const { exporter, after } = exporterOf("NVIDIA-L4");
    await after(0, work(0));
    expect(await samplesOf(exporter, "DCGM_FI_PROF_NVLINK_TX_BYTES")).toEqual([]);
    expect(await samplesOf(exporter, "DCGM_FI_PROF_PCIE_TX_BYTES")).toHaveLength(2);
  });
});

describe("a GPU", () => {
  it("is as busy as its engine between two samples", async () => {
    const { exporter, after } = exporterOf();
    await after(0, work(100));
    expect(await valueOf(exporter, "DCGM_FI_DEV_GPU_UTIL")).toBe(0);
    await after(10, work(107.5));
    expect(await valueOf(exporter, "DCGM_FI_DEV_GPU_UTIL")).toBe(75);
    expect(await valueOf(exporter, "DCGM_FI_PROF_DRAM_ACTIVE")).toBeCloseTo(0.45);
    expect(await valueOf(exporter, "DCGM_FI_DEV_GPU_UTIL", "GPU-b")).toBe(0);
    // A restarted engine counts from zero.
    await after(10, work(3));
    expect(await valueOf(exporter, "DCGM_FI_DEV_GPU_UTIL")).toBe(0);
  });

  it("has little in its memory, and much traffic to it, while its engine does not answer", async () => {
    const { exporter, after } = exporterOf();
    await after(10, undefined);
    const loading = (await valueOf(exporter, "DCGM_FI_DEV_FB_USED")) ?? 0;
    const filling = (await valueOf(exporter, "DCGM_FI_PROF_PCIE_RX_BYTES")) ?? 0;
    await after(10, work(0));
    expect(await valueOf(exporter, "DCGM_FI_DEV_FB_USED")).toBeGreaterThan(20 * loading);
    expect(await valueOf(exporter, "DCGM_FI_PROF_PCIE_RX_BYTES")).toBeLessThan(filling / 10);
  });

  it("shares out its memory between used, free and reserved", async () => {
    const { exporter, after } = exporterOf();
    await after(10, work(0));
    const parts = ["USED", "FREE", "RESERVED"].map((part) => valueOf(exporter, `DCGM_FI_DEV_FB_${part}`));
    const sum = (await Promise.all(parts)).reduce<number>((all, part) => all + (part ?? 0), 0);
    expect(sum).toBe(await valueOf(exporter, "DCGM_FI_DEV_FB_TOTAL"));
  });

  it("counts what it draws, and draws more under load, up to its limit", async () => {
    const { exporter, after } = exporterOf();
    await after(0, work(0));
    const idle = (await valueOf(exporter, "DCGM_FI_DEV_POWER_USAGE")) ?? 0;
    await after(10, work(10));
    const busy = (await valueOf(exporter, "DCGM_FI_DEV_POWER_USAGE")) ?? 0;
    expect(busy).toBeGreaterThan(2 * idle);
    expect(busy).toBeLessThanOrEqual(72);
    // Millijoules of ten seconds.
    expect(await valueOf(exporter, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION")).toBeCloseTo(busy * 10_000, -1);
  });
});

describe("a fault", () => {
  it("of the cooling heats a GPU up until it slows down, and is mended", async () => {
    const { exporter, after } = exporterOf();
    await after(0, work(0));
    exporter.setFault("GPU-a", "overheat");
    await after(300, work(300));
    expect(await valueOf(exporter, "DCGM_FI_DEV_GPU_TEMP")).toBeGreaterThan(85);
    const slowed = await valueOf(exporter, "DCGM_FI_DEV_SM_CLOCK");
    await after(60, work(360));
    const throttled = (await valueOf(exporter, "DCGM_FI_DEV_THERMAL_VIOLATION")) ?? 0;
    expect(throttled).toBeGreaterThan(0);
    exporter.setFault("GPU-a", "healthy");
    await after(600, work(960));
    await after(60, work(1020));
    expect(await valueOf(exporter, "DCGM_FI_DEV_SM_CLOCK")).toBeGreaterThan(slowed ?? 0);
    expect(await valueOf(exporter, "DCGM_FI_DEV_GPU_TEMP")).toBeLessThan(80);
  });

  it("XID stays as the last code and leaves the window of the count", async () => {
    const { exporter, after } = exporterOf();
    await after(0, work(0));
    expect(await samplesOf(exporter, "DCGM_EXP_XID_ERRORS_COUNT")).toEqual([]);
    exporter.setFault("GPU-a", "xid", 31);
    await after(10, work(0));
    const [count] = await samplesOf(exporter, "DCGM_EXP_XID_ERRORS_COUNT");
    expect(count?.labels).toMatchObject({ xid: "31", window_size_in_ms: "300000", UUID: "GPU-a" });
    await after(400, work(0));
    expect(await samplesOf(exporter, "DCGM_EXP_XID_ERRORS_COUNT")).toEqual([]);
    expect(await valueOf(exporter, "DCGM_FI_DEV_XID_ERRORS")).toBe(31);
  });

  it("ecc and row-remap show in the memory's counters, power-brake in the clock", async () => {
    const { exporter, after } = exporterOf();
    await after(0, work(0));
    exporter.setFault("GPU-a", "ecc");
    exporter.setFault("GPU-b", "row-remap");
    await after(10, work(10));
    expect(await valueOf(exporter, "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL")).toBe(1);
    expect(await valueOf(exporter, "DCGM_FI_DEV_ROW_REMAP_FAILURE", "GPU-b")).toBe(1);
    const full = (await valueOf(exporter, "DCGM_FI_DEV_SM_CLOCK")) ?? 0;
    exporter.setFault("GPU-a", "power-brake");
    await after(10, work(20));
    expect(await valueOf(exporter, "DCGM_FI_DEV_SM_CLOCK")).toBeLessThan(full / 2);
    const events = await samplesOf(exporter, "DCGM_EXP_CLOCK_EVENTS_COUNT");
    expect(events.map(({ labels }) => labels["clock_event"])).toContain("hw_power_brake");
  });

  it("lost takes the GPU out of the exposition; no other UUID is known", async () => {
    const { exporter, after } = exporterOf();
    await after(0, work(0));
    expect(exporter.setFault("GPU-a", "lost")).toBe(true);
    expect(exporter.setFault("GPU-z", "lost")).toBe(false);
    expect(await samplesOf(exporter, "DCGM_FI_DEV_FB_USED")).toHaveLength(1);
    expect(exporter.summaries().map(({ fault }) => fault)).toEqual(["lost", "healthy"]);
  });
});

describe("the list of counters", () => {
  it.each([
    ["DCGM_FI_DEV_NO_SUCH, gauge, text", /line 1: "DCGM_FI_DEV_NO_SUCH" is not a field/],
    ["# only a comment\n", /empty/],
    ["DCGM_FI_DEV_GPU_UTIL, gauge", /line 1: 2 columns/],
    ["\nDCGM_FI_DEV_GPU_UTIL, histogram, text", /line 2: "histogram" is no type; use one of gauge/],
  ])("%s is refused as the exporter refuses it", (text, message) => {
    expect(() => parseCounters(text)).toThrow(CountersError);
    expect(() => parseCounters(text)).toThrow(message);
  });
});
