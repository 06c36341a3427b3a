import { describe, expect, it } from "vitest";

import { rampTimes, scenarioNames, type ScenarioName } from "../../../services/vllm-simulator/scenarios.ts";
import { parseExposition, sampleValue, type Family } from "../../support/exposition.ts";
import { rig, type Rig } from "../../support/simulator.ts";

/** What the alert on waiting requests compares with. */
const threshold = 100;
const scrapeInterval = 5;

interface Point {
  readonly time: number;
  readonly waiting: readonly number[];
  readonly running: readonly number[];
  readonly kv: readonly number[];
  /** Parsed when it is asked for: most points only need their gauges. */
  readonly families: () => ReadonlyMap<string, Family>;
}

function gauge(text: string, name: string): number[] {
  return [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, "gm"))].map((match) => Number(match[1]));
}

/** Scrapes at the usual pace. */
function watch(server: Rig, until: number, from = 0): Point[] {
  const points: Point[] = [];
  for (let time = from + scrapeInterval; time <= until; time += scrapeInterval) {
    server.simulation.advanceTo(time);
    const text = server.exposition.render();
    points.push({
      time,
      waiting: gauge(text, "vllm:num_requests_waiting"),
      running: gauge(text, "vllm:num_requests_running"),
      kv: gauge(text, "vllm:kv_cache_usage_perc"),
      families: () => parseExposition(text),
    });
  }
  return points;
}

function counter(
  point: Point | undefined,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  if (point === undefined) {
    throw new Error("no point");
  }
  return sampleValue(point.families(), name, { engine: "0", ...labels });
}

function at(points: readonly Point[], time: number): Point | undefined {
  return points.find((point) => point.time === time);
}

describe("steady", () => {
  it("never saturates and never stops", () => {
    const points = watch(rig(["llama-3.1-8b"], "steady"), 600);
    expect(Math.max(...points.flatMap(({ waiting }) => waiting))).toBeLessThan(20);
    for (const point of points.filter(({ time }) => time > 30 && time % 30 === 0)) {
      const earlier = at(points, point.time - 30);
      expect(counter(point, "vllm:generation_tokens_total")).toBeGreaterThan(
        counter(earlier, "vllm:generation_tokens_total"),
      );
    }
    const [last] = points.slice(-1);
    const hits = counter(last, "vllm:prefix_cache_hits_total");
    expect(hits / counter(last, "vllm:prefix_cache_queries_total")).toBeGreaterThan(0.3);
    expect(counter(last, "vllm:num_preemptions_total")).toBe(0);
  });
});

describe.each([
  { server: "by default", flags: ["llama-3.1-8b"] },
  { server: "with data parallel", flags: ["llama-3.1-8b", "-dp", "2"] },
  { server: "with two API servers", flags: ["llama-3.1-8b", "--api-server-count", "2"] },
  {
    server: "with a large quantised model",
    flags: ["Qwen2.5-72B-Instruct-AWQ", "-tp", "2", "--max-model-len", "16384"],
  },
  {
    server: "with a small batch",
    flags: ["llama-3.1-8b", "--max-num-seqs", "32", "--max-model-len", "4096"],
  },
  { server: "with a short model", flags: ["tiny", "--max-model-len", "1024"] },
  { server: "with a model that hardly fits", flags: ["llama-70b", "-tp", "2"] },
])("ramp $server", ({ flags }) => {
  const points = watch(rig(flags, "ramp"), 600);
  const over = (point: Point): boolean => point.waiting.every((waiting) => waiting > threshold);

  it("exceeds the threshold within 90 s and stays there for at least 4 minutes", () => {
    const first = points.find(over)?.time ?? Infinity;
    expect(first).toBeGreaterThan(rampTimes.from);
    expect(first).toBeLessThanOrEqual(90);
    const plateau = points.filter(
      ({ time }) => time >= first + 10 && time <= Math.max(first + 250, rampTimes.fall),
    );
    expect(plateau.length).toBeGreaterThan(40);
    expect(plateau.every(over)).toBe(true);
  });

  it("falls under it within 90 s after the load fell, and drains", () => {
    const after = points.filter(({ time }) => time >= rampTimes.end + 90);
    expect(after.every(({ waiting }) => waiting.every((count) => count < threshold))).toBe(true);
    const [last] = points.slice(-1);
    expect(Math.max(...(last?.waiting ?? []))).toBeLessThan(20);
  });

  it("fills the batch or the cache at its height", () => {
    const height = at(points, 300);
    const full = (height?.running ?? []).map((running, engine) =>
      Math.max(running / rig(flags, "idle").options.maxNumSeqs, height?.kv[engine] ?? 0),
    );
    expect(Math.min(...full)).toBeGreaterThan(0.85);
  });
});

describe("ramp's latencies", () => {
  it("follow from the queue: time to first token is the queue time plus the prefill", () => {
    const points = watch(rig(["llama-3.1-8b"], "ramp"), 320);
    const mean = (name: string, from: number, to: number): number => {
      const [start, end] = [at(points, from), at(points, to)];
      const difference = (sample: string): number => counter(end, sample) - counter(start, sample);
      return difference(`${name}_sum`) / difference(`${name}_count`);
    };
    const calm = mean("vllm:time_to_first_token_seconds", 5, 15);
    const busy = mean("vllm:time_to_first_token_seconds", 200, 300);
    expect(busy).toBeGreaterThan(20 * calm);
    const queue = mean("vllm:request_queue_time_seconds", 200, 300);
    const prefill = mean("vllm:request_prefill_time_seconds", 200, 300);
    expect(Math.abs(queue + prefill - busy) / busy).toBeLessThan(0.2);
    expect(mean("vllm:inter_token_latency_seconds", 200, 300)).toBeGreaterThan(
      mean("vllm:inter_token_latency_seconds", 5, 15),
    );
  });
});

describe("burst", () => {
  it("queues for seconds, never for two minutes", () => {
    const points = watch(rig(["llama-3.1-8b"], "burst"), 400);
    const over = points.map((point) => point.waiting.some((waiting) => waiting > threshold));
    expect(over.filter(Boolean).length).toBeGreaterThan(3);
    const longest = Math.max(
      ...over
        .map((value) => (value ? "1" : "0"))
        .join("")
        .split("0")
        .map((run) => run.length),
    );
    expect(longest * scrapeInterval).toBeLessThan(90);
  });
});

describe("kv-pressure", () => {
  it("fills the cache and preempts", () => {
    const points = watch(rig(["llama-3.1-8b"], "kv-pressure"), 300);
    const late = points.filter(({ time }) => time > 120);
    const mean = late.reduce((sum, point) => sum + (point.kv[0] ?? 0), 0) / late.length;
    expect(mean).toBeGreaterThan(0.9);
    const [last] = points.slice(-1);
    expect(counter(last, "vllm:num_preemptions_total")).toBeGreaterThan(20);
    expect(counter(last, "vllm:request_num_preemptions_sum")).toBeGreaterThan(10);
    expect(Math.max(...late.flatMap(({ running }) => running))).toBeLessThan(256);
  });
});

describe("stuck", () => {
  const server = rig(["llama-3.1-8b"], "stuck");
  const points = watch(server, 200);
  const frozen = points.filter(({ time }) => time >= 25);

  it("makes no progress while requests pile up", () => {
    for (const name of [
      "vllm:generation_tokens_total",
      "vllm:prompt_tokens_total",
      "vllm:iteration_tokens_total_count",
    ]) {
      expect(new Set([frozen[0], frozen[10], frozen.at(-1)].map((point) => counter(point, name))).size).toBe(
        1,
      );
      expect(counter(frozen[0], name)).toBeGreaterThan(0);
    }
    const [running] = frozen[0]?.running ?? [];
    expect(running).toBeGreaterThan(0);
    expect(frozen.every((point) => point.running[0] === running)).toBe(true);
    const waiting = frozen.map((point) => point.waiting[0] ?? 0);
    expect(waiting.every((count, index) => count >= (waiting[index - 1] ?? 0))).toBe(true);
    expect(waiting.at(-1)).toBeGreaterThan(threshold);
    expect(waiting.at(-1)).toBeLessThanOrEqual(2000);
  });

  it("goes on when the scenario is changed", () => {
    server.simulation.setScenario("steady", 7);
    const after = watch(server, 500, 200);
    expect(after.at(-1)?.waiting[0]).toBeLessThan(20);
    expect(counter(after.at(-1), "vllm:generation_tokens_total")).toBeGreaterThan(
      counter(frozen.at(-1), "vllm:generation_tokens_total"),
    );
  });
});

describe("idle", () => {
  it("sends nothing", () => {
    const [last] = watch(rig(["llama-3.1-8b"], "idle"), 60).slice(-1);
    expect(counter(last, "vllm:prompt_tokens_total")).toBe(0);
  });
});

describe("admission limits", () => {
  it("turn requests away with 503 in the ramp", () => {
    const points = watch(rig(["llama-3.1-8b", "--max-num-queued-reqs", "300"], "ramp"), 200);
    const [last] = points.slice(-1);
    if (last === undefined) {
      throw new Error("no point");
    }
    const rejected = sampleValue(last.families(), "vllm:admission_rejections_total", {
      reason: "max_num_queued_reqs",
    });
    expect(rejected).toBeGreaterThan(50);
    expect(sampleValue(last.families(), "http_requests_total", { status: "5xx" })).toBe(rejected);
    expect(
      Math.max(...points.flatMap(({ waiting, running }) => (waiting[0] ?? 0) + (running[0] ?? 0))),
    ).toBeLessThanOrEqual(300);
  });
});

/** The scenarios with a load of their own; the others differ from steady in the process only. */
const loads = scenarioNames.filter((name) => !["crash", "crash-loop", "cold-start"].includes(name));

describe("every load", () => {
  const history = (name: ScenarioName, seed: number): string => {
    const server = rig(["llama-3.1-8b", "--max-num-seqs", "64", "-dp", "2"], name, seed);
    server.simulation.advanceTo(33.3);
    server.simulation.advanceTo(90);
    return server.exposition.render();
  };

  it.each(loads)("%s is the same for the same seed, at whatever pace it is looked at", (name) => {
    const slow = rig(["llama-3.1-8b", "--max-num-seqs", "64", "-dp", "2"], name, 11);
    for (let time = 0; time <= 90; time += 1.7) {
      slow.simulation.advanceTo(time);
    }
    slow.simulation.advanceTo(90);
    expect(history(name, 11)).toBe(slow.exposition.render());
    if (name !== "idle") {
      expect(history(name, 12)).not.toBe(history(name, 11));
    }
  });

  it.each(loads)("%s has no counter that falls", (name) => {
    const server = rig(["llama-3.1-8b"], name);
    const before = new Map<string, number>();
    for (let time = 25; time <= 150; time += 25) {
      for (const family of server.scrape(time).values()) {
        if (family.type === "gauge" || family.name.startsWith("process_")) {
          continue;
        }
        for (const sample of family.samples) {
          const key = `${sample.name}${JSON.stringify(sample.labels)}`;
          expect(sample.value, key).toBeGreaterThanOrEqual(before.get(key) ?? 0);
          before.set(key, sample.value);
        }
      }
    }
  });
});
