import * as fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";

import {
  baseName,
  bucketBounds,
  compareVersions,
  createdName,
  existsIn,
  familiesIn,
  familyNamed,
  familyOfSample,
  sampleNames,
  type LabelOf,
  type SampleName,
} from "../../../metrics/family.ts";
import { pythonFloat } from "../../../metrics/float.ts";
import { vllm, vllmRemoved } from "../../../metrics/vllm/index.ts";

describe("sampleNames", () => {
  it("follows the type", () => {
    expect(sampleNames(vllm.generationTokens)).toEqual(["vllm:generation_tokens_total"]);
    expect(sampleNames(vllm.numRequestsWaiting)).toEqual(["vllm:num_requests_waiting"]);
    expect(sampleNames(vllm.iterationTokens)).toEqual([
      "vllm:iteration_tokens_total_bucket",
      "vllm:iteration_tokens_total_sum",
      "vllm:iteration_tokens_total_count",
    ]);
    expect(sampleNames(vllm.httpRequestSize)).toEqual([
      "http_request_size_bytes_sum",
      "http_request_size_bytes_count",
    ]);
  });

  it("is known to the compiler, as are the labels", () => {
    expectTypeOf<SampleName<typeof vllm.iterationTokens>>().toEqualTypeOf<
      | "vllm:iteration_tokens_total_bucket"
      | "vllm:iteration_tokens_total_sum"
      | "vllm:iteration_tokens_total_count"
    >();
    expectTypeOf<LabelOf<typeof vllm.requestSuccess>>().toEqualTypeOf<
      "engine" | "finished_reason" | "model_name"
    >();
    expectTypeOf<LabelOf<typeof vllm.httpRequests>>().toEqualTypeOf<"handler" | "method" | "status">();
    expectTypeOf<LabelOf<typeof vllm.httpRequestDurationHighResolution>>().toEqualTypeOf<never>();
  });
});

describe("names", () => {
  it("derives base and created names", () => {
    expect(baseName(vllm.generationTokens)).toBe("vllm:generation_tokens");
    expect(baseName(vllm.iterationTokens)).toBe("vllm:iteration_tokens_total");
    expect(createdName(vllm.generationTokens)).toBe("vllm:generation_tokens_created");
    expect(createdName(vllm.iterationTokens)).toBe("vllm:iteration_tokens_total_created");
    expect(createdName(vllm.numRequestsRunning)).toBeUndefined();
  });

  it("finds families by any sample name", () => {
    expect(familyOfSample(vllm, "vllm:e2e_request_latency_seconds_bucket")).toBe(vllm.e2eRequestLatency);
    expect(familyOfSample(vllm, "vllm:iteration_tokens_total")).toBeUndefined();
    expect(familyOfSample(vllm, "http_requests_created")).toBe(vllm.httpRequests);
    expect(familyOfSample(vllm, "vllm:gpu_cache_usage_perc")).toBeUndefined();
    expect(familyNamed(vllm, "vllm:iteration_tokens_total")).toBe(vllm.iterationTokens);
    expect(familyNamed(vllm, "vllm:iteration_tokens_total_sum")).toBeUndefined();
  });
});

describe("versions", () => {
  it("orders numerically", () => {
    expect(compareVersions("0.9.2", "0.11.0")).toBeLessThan(0);
    expect(compareVersions("0.32", "0.32.0")).toBe(0);
    expect(compareVersions("1.0.0", "0.99.9")).toBeGreaterThan(0);
    expect(() => compareVersions("v0.9", "0.9")).toThrow('version "v0.9" is not of the form 0.32.0');
  });

  it("bounds families by since and until", () => {
    expect(existsIn(vllm.requestNumPreemptions, "0.29.5")).toBe(false);
    expect(existsIn(vllm.requestNumPreemptions, "0.30.0")).toBe(true);
    expect(existsIn(vllmRemoved.gpuCacheUsage, "0.10.2")).toBe(true);
    expect(existsIn(vllmRemoved.gpuCacheUsage, "0.11.0")).toBe(false);
    const then = familiesIn(vllm, "0.9.2");
    expect(then).toContain(vllm.kvCacheUsage);
    expect(then).not.toContain(vllm.interTokenLatency);
  });
});

describe("bucketBounds", () => {
  it("follows the maximum model length", () => {
    const count = (length: number): number => bucketBounds(vllm.requestPromptTokens, length).length;
    // Measured on a real vLLM with these lengths.
    expect([4096, 32_768, 131_072, 1_048_576].map(count)).toEqual([11, 14, 16, 19]);
    expect(bucketBounds(vllm.requestPromptTokens, 1024)).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
  });

  it("refuses to guess it", () => {
    expect(() => bucketBounds(vllm.requestPromptTokens)).toThrow(/vllm:request_prompt_tokens.*maxModelLen/);
    expect(() => bucketBounds(vllm.requestPromptTokens, 0.5)).toThrow(RangeError);
    expect(bucketBounds(vllm.timeToFirstToken)).toHaveLength(22);
  });
});

describe("pythonFloat", () => {
  it.each([
    [0, "0.0"],
    [1, "1.0"],
    [0.005, "0.005"],
    [0.00001, "1e-05"],
    [0.0001, "0.0001"],
    [16384, "16384.0"],
    [999999, "999999.0"],
    [1e6, "1e+06"],
    [4754116608, "4.754116608e+09"],
    [939315200, "9.393152e+08"],
    [1795431960.38, "1.79543196038e+09"],
    [1.5e16, "1.5e+16"],
    [1.7954319833244774e9, "1.7954319833244774e+09"],
    [-3, "-3.0"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [NaN, "NaN"],
  ])("writes %d as %s", (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });

  it("loses nothing", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(pythonFloat(value))).toBe(value);
      }),
    );
  });
});
