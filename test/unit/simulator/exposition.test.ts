import { describe, expect, it } from "vitest";

import { parseExposition, sampleValue, type Family, type Sample } from "../../support/exposition.ts";
import { recordedFlags, rig, virtualEpoch } from "../../support/simulator.ts";
import {
  fixture,
  modes,
  recordedMaxModelLen,
  states,
  type Mode,
  type State,
} from "../../support/vllm-fixtures.ts";

/** Families whose label values belong to the recorded machine, not to vLLM. */
const valuesDiffer = new Set(["vllm:cache_config_info", "python_info"]);

/** The simulated server that was recorded: same flags, no traffic or some. */
function simulated(mode: Mode, state: State): ReadonlyMap<string, Family> {
  const flags = [
    "tiny",
    "--max-model-len",
    String(recordedMaxModelLen),
    "--block-size",
    "128",
    ...recordedFlags[mode],
  ];
  const { scrape, simulation } = rig(flags, state === "idle" ? "idle" : "steady");
  if (state === "loaded") {
    simulation.advanceTo(20);
    simulation.stopTraffic();
  }
  return scrape(60);
}

function labelNames(sample: Sample): string {
  return `${sample.name}{${Object.keys(sample.labels).join(",")}}`;
}

function series(sample: Sample): string {
  return `${sample.name}${JSON.stringify(sample.labels)}`;
}

/** The `le` values of a histogram's series, in order of appearance. */
function bounds(family: Family): string[][] {
  const groups = new Map<string, string[]>();
  for (const sample of family.samples.filter(({ name }) => name.endsWith("_bucket"))) {
    const { le = "", ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    groups.set(key, [...(groups.get(key) ?? []), le]);
  }
  return [...groups.values()];
}

describe.each(modes.flatMap((mode) => states.map((state) => ({ mode, state }))))(
  "the exposition of a server like the recorded $mode $state",
  ({ mode, state }) => {
    const real = parseExposition(fixture(mode, state));
    const ours = simulated(mode, state);

    it("has the same families, none missing and none more", () => {
      expect([...ours.keys()].sort()).toEqual([...real.keys()].sort());
    });

    it("keeps the order of the single process", () => {
      if (mode === "single") {
        expect([...ours.keys()]).toEqual([...real.keys()]);
      }
    });

    it.each([...real.keys()])("%s is the same", (name) => {
      const theirs = real.get(name);
      const own = ours.get(name);
      if (theirs === undefined || own === undefined) {
        throw new Error("missing");
      }
      expect(own.type).toBe(theirs.type);
      expect(own.help).toBe(theirs.help);
      const form = valuesDiffer.has(name) || name.startsWith("http_") ? labelNames : series;
      expect([...new Set(own.samples.map(form))].sort()).toEqual(
        [...new Set(theirs.samples.map(form))].sort(),
      );
      if (theirs.type === "histogram" && theirs.samples.length > 0) {
        expect(new Set(bounds(own).map(String))).toEqual(new Set(bounds(theirs).map(String)));
      }
      for (const sample of own.samples) {
        expect(sample.text).toMatch(/^(\d+\.\d+(e[+-]\d+)?|[+-]Inf)$/);
      }
    });
  },
);

describe("values", () => {
  it("of _created are the start, and later for what came later", () => {
    const { scrape } = rig(["tiny"], "steady");
    const families = scrape(30);
    expect(sampleValue(families, "vllm:generation_tokens_created", { engine: "0" })).toBe(virtualEpoch);
    const first = sampleValue(families, "http_requests_created", {
      handler: "/v1/chat/completions",
      status: "2xx",
    });
    expect(first).toBeGreaterThan(virtualEpoch);
    expect(first).toBeLessThan(virtualEpoch + 10);
  });

  it("escape label values", () => {
    const { scrape } = rig(["--model", 'a"b\\c'], "idle");
    expect(sampleValue(scrape(0), "vllm:num_requests_running", { model_name: 'a"b\\c' })).toBe(0);
  });

  it("of the load gauges are absent under data parallel until the first request", () => {
    const { scrape } = rig(["tiny", "-dp", "2"], "steady");
    expect(scrape(0).get("vllm:num_requests_waiting")?.samples).toEqual([]);
    expect(scrape(30).get("vllm:num_requests_waiting")?.samples).toHaveLength(2);
  });

  it("follow the flags in cache_config_info", () => {
    const { scrape } = rig(
      [
        "tiny",
        "--block-size=32",
        "--num-gpu-blocks-override",
        "2048",
        "--gpu-memory-utilization",
        "0.9",
        "-dp",
        "2",
      ],
      "idle",
    );
    const [sample] = scrape(0).get("vllm:cache_config_info")?.samples ?? [];
    expect(sample?.labels).toMatchObject({
      block_size: "32",
      engine: "0",
      gpu_memory_utilization: "0.9",
      kv_cache_size_tokens: "65536",
      kv_cache_max_concurrency: "2.0",
      num_gpu_blocks: "4096",
      num_gpu_blocks_override: "2048",
      user_specified_block_size: "True",
      enable_prefix_caching: "True",
    });
  });

  it("show one process with engine labels when data parallel has one API server", () => {
    const families = rig(["tiny", "-dp", "2", "--api-server-count", "1"], "idle").scrape(0);
    expect(families.has("process_start_time_seconds")).toBe(true);
    expect(families.get("vllm:num_requests_running")?.samples).toHaveLength(2);
  });

  it("hold no engine metrics with --disable-log-stats", () => {
    const families = rig(["tiny", "--disable-log-stats"], "steady").scrape(10);
    expect([...families.keys()].filter((name) => name.startsWith("vllm:"))).toEqual([]);
    expect(sampleValue(families, "http_requests_total", { status: "2xx" })).toBeGreaterThan(0);
  });

  it("show LoRA adapters by name with the time of the update", () => {
    const flags = ["tiny", "--enable-lora", "--lora-modules", "sql=/a", "chat=/b", "--max-loras", "2"];
    const families = rig(flags, "steady").scrape(30);
    const samples = families.get("vllm:lora_requests_info")?.samples ?? [];
    expect(samples.length).toBeGreaterThan(1);
    const combinations = samples.map((sample) => sample.labels["running_lora_adapters"]);
    expect(combinations.join(" ")).toContain("sql");
    expect(combinations).toEqual(samples.map((sample) => sample.labels["waiting_lora_adapters"]));
    for (const sample of samples) {
      expect(sample.labels["max_lora"]).toBe("2");
      expect(sample.value).toBeGreaterThanOrEqual(virtualEpoch);
    }
  });

  it("count deferred requests among the waiting ones", () => {
    const flags = ["llama-3.1-8b", "--enable-lora", "--lora-modules", "sql=/a", "chat=/b", "legal=/c"];
    const { scrape } = rig(flags, "steady");
    let deferred = 0;
    for (let time = 5; time <= 60; time += 5) {
      const families = scrape(time);
      const byReason = (reason: string): number =>
        sampleValue(families, "vllm:num_requests_waiting_by_reason", { reason });
      expect(sampleValue(families, "vllm:num_requests_waiting")).toBe(
        byReason("capacity") + byReason("deferred"),
      );
      deferred = Math.max(deferred, byReason("deferred"));
    }
    expect(deferred).toBeGreaterThan(0);
  });

  it("count prefix-cache hits, tokens and steps without contradiction", () => {
    const families = rig(["llama-8b"], "burst").scrape(120);
    const value = (name: string, labels = {}): number =>
      sampleValue(families, name, { engine: "0", ...labels });
    const computed = value("vllm:prompt_tokens_by_source_total", { source: "local_compute" });
    const cached = value("vllm:prompt_tokens_by_source_total", { source: "local_cache_hit" });
    const generated = value("vllm:generation_tokens_total");
    expect(computed + cached).toBe(value("vllm:prompt_tokens_total"));
    expect(cached).toBe(value("vllm:prompt_tokens_cached_total"));
    expect(value("vllm:iteration_tokens_total_sum")).toBe(computed + generated);
    expect(value("vllm:prefix_cache_hits_total")).toBe(
      value("vllm:prompt_tokens_cached_by_source_total", { source: "device" }),
    );
    expect(value("vllm:inter_token_latency_seconds_count")).toBe(
      generated - value("vllm:time_to_first_token_seconds_count"),
    );
    const reasons = families.get("vllm:request_success_total")?.samples.map((sample) => sample.value) ?? [];
    expect(reasons.reduce((sum, count) => sum + count, 0)).toBe(
      value("vllm:e2e_request_latency_seconds_count"),
    );
    expect(value("vllm:request_success_total", { finished_reason: "stop" })).toBeGreaterThan(0);
    expect(value("vllm:request_success_total", { finished_reason: "length" })).toBeGreaterThan(0);
  });
});
