import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  gpusOf,
  kvCacheGiB,
  leastTensorParallel,
  memoryNeed,
  misfits,
  nearestInstanceTypes,
  type ModelRequirements,
} from "../../../../components/gpu/fit.ts";
import { gpuInstanceTypes, type GpuInstanceType } from "../../../../components/gpu/instance-types.ts";
import {
  bytesPerParameter,
  GpuWeightFormat,
  leastComputeCapability,
  weightFormatOf,
  weightsGiB,
} from "../../../../components/gpu/weights.ts";

function typeOf(name: string): GpuInstanceType {
  const type = gpuInstanceTypes.get(name);
  if (type === undefined) throw new Error(name);
  return type;
}

const llama70: ModelRequirements = {
  parametersBillion: 70.55,
  weightFormat: "bfloat16",
  unquantisedBillion: 2.1,
  layers: 80,
  kvHeads: 8,
  headSize: 128,
  maxLength: 32_768,
  tensorParallel: 4,
};
const llama8: ModelRequirements = {
  parametersBillion: 8.03,
  weightFormat: "bfloat16",
  unquantisedBillion: 1.05,
  layers: 32,
  kvHeads: 8,
  headSize: 128,
  maxLength: 131_072,
};

describe("weights", () => {
  // OpenAI's model card gives the parts of the parameters and the size of the checkpoints.
  it.each([
    ["gpt-oss-120b", 116.83, 0.96 + 1.16, 60.8],
    ["gpt-oss-20b", 20.91, 0.64 + 1.16, 12.8],
  ])("of %s are as large as its checkpoint", (_, parameters, unquantised, checkpointGiB) => {
    expect(weightsGiB(parameters, "mxfp4", unquantised)).toBeCloseTo(checkpointGiB, 0);
    expect(Math.abs(weightsGiB(parameters, "mxfp4", unquantised) / checkpointGiB - 1)).toBeLessThan(0.003);
  });

  it("take two bytes each in 16 bit and a bit over half a byte in 4 bit", () => {
    expect(weightsGiB(2 ** 30 / 1e9, "bfloat16")).toBeCloseTo(2);
    expect(bytesPerParameter("awq-4bit")).toBeCloseTo(0.5195, 4);
    expect(bytesPerParameter("gptq-8bit")).toBeGreaterThan(1);
  });

  it("keep embeddings in 16 bit when the rest is quantised", () => {
    expect(weightsGiB(8, "awq-4bit", 1)).toBeCloseTo(((7 * (4 + 20 / 128)) / 8 + 2) * (1e9 / 2 ** 30));
    expect(weightsGiB(8, "bfloat16", 1)).toBe(weightsGiB(8, "bfloat16", 0));
  });

  it("follow vLLM's flags", () => {
    expect(weightFormatOf(undefined)).toBe("bfloat16");
    expect(weightFormatOf(undefined, "float16")).toBe("float16");
    expect(weightFormatOf("awq_marlin")).toBe("awq-4bit");
    expect(weightFormatOf("fp8")).toBe("fp8");
    expect(weightFormatOf("modelopt_fp4")).toBe("nvfp4");
    expect(weightFormatOf("compressed-tensors")).toBeUndefined();
  });
});

describe("KV cache", () => {
  it("of Llama 3 8B takes 128 KiB a token, so 16 GiB at 131,072 tokens", () => {
    expect(kvCacheGiB(llama8)).toBe(16);
    expect(kvCacheGiB({ ...llama8, kvCacheFormat: "fp8" })).toBe(8);
    expect(kvCacheGiB({ ...llama8, tensorParallel: 4 })).toBe(4);
    expect(kvCacheGiB({ ...llama8, pipelineParallel: 2 })).toBe(8);
    expect(kvCacheGiB({ ...llama8, concurrentRequests: 3 })).toBe(48);
  });

  it("is copied where there are fewer heads than GPUs, and whole with latent attention", () => {
    expect(kvCacheGiB({ ...llama8, kvHeads: 2, tensorParallel: 8 })).toBe(
      kvCacheGiB({ ...llama8, kvHeads: 1, tensorParallel: 1 }),
    );
    const deepseek = { ...llama8, layers: 61, kvLatentSize: 576 };
    expect(kvCacheGiB({ ...deepseek, tensorParallel: 8 })).toBe(kvCacheGiB(deepseek));
  });

  it("is not checked where the shape is not told", () => {
    expect(kvCacheGiB({ parametersBillion: 8, weightFormat: "bfloat16", maxLength: 8192 })).toBe(0);
  });
});

describe("fit", () => {
  it.each([
    // 70B in 16 bit: 131 GiB of weights.
    [llama70, "p5.48xlarge", true],
    [{ ...llama70, tensorParallel: 1 }, "p5.48xlarge", false],
    [{ ...llama70, tensorParallel: 2 }, "p5en.48xlarge", true],
    [{ ...llama70, tensorParallel: 8 }, "g6.48xlarge", true],
    [{ ...llama70, tensorParallel: 8, maxLength: 131_072 }, "g6.48xlarge", false],
    [{ ...llama70, tensorParallel: 8 }, "g6e.48xlarge", true],
    [{ ...llama70, weightFormat: "awq-4bit", tensorParallel: 4 }, "g5.12xlarge", true],
    [{ ...llama70, weightFormat: "awq-4bit", tensorParallel: 2 }, "g5.12xlarge", false],
    // A single request of 131,072 tokens does not fit next to 8B on 24 GB.
    [llama8, "g6.xlarge", false],
    [{ ...llama8, maxLength: 16_384 }, "g6.xlarge", true],
    [{ ...llama8, weightFormat: "float16", maxLength: 4096 }, "g4dn.xlarge", false],
  ] as const)("%j on %s: %s", (model, type, fits) => {
    expect(misfits(model, typeOf(type)).length === 0).toBe(fits);
  });

  it("needs kernels: FP8 from 8.9, bfloat16 from 8.0, NVFP4 from 10.0", () => {
    const of = (weightFormat: GpuWeightFormat, type: string) =>
      misfits({ ...llama8, maxLength: 1024, weightFormat }, typeOf(type)).map(({ property }) => property);
    expect(of("fp8", "p4de.24xlarge")).toEqual(["weightFormat"]);
    expect(of("fp8-weight-only", "p4de.24xlarge")).toEqual([]);
    expect(of("fp8", "g6.xlarge")).toEqual([]);
    expect(of("bfloat16", "g4dn.12xlarge")).toContain("weightFormat");
    expect(of("nvfp4", "p5.48xlarge")).toEqual(["weightFormat"]);
    expect(of("nvfp4", "p6-b200.48xlarge")).toEqual([]);
  });

  it("says which property is in the way, with the numbers", () => {
    expect(misfits(llama8, typeOf("g6.xlarge"))).toEqual([
      {
        property: "maxLength",
        value: 131_072,
        reason:
          "needs weights 15.0 + KV cache 16.0 + overhead 1.5 = 32.5 GiB on each GPU, g6.xlarge gives 20.6 GiB (0.92 of 22.4)",
      },
    ]);
    expect(misfits({ ...llama70, tensorParallel: 8, dataParallel: 2 }, typeOf("p5.48xlarge"))).toEqual([
      {
        property: "tensorParallel",
        value: 8,
        reason: "needs tensor 8 × pipeline 1 × data 2 = 16 GPUs, p5.48xlarge has 8",
      },
    ]);
  });

  it("lets a model span nodes", () => {
    const deepseek: ModelRequirements = {
      parametersBillion: 671,
      weightFormat: "fp8",
      tensorParallel: 8,
      pipelineParallel: 2,
      layers: 61,
      kvLatentSize: 576,
      maxLength: 65_536,
    };
    expect(misfits({ ...deepseek, nodes: 2 }, typeOf("p5.48xlarge"))).toEqual([]);
    expect(misfits(deepseek, typeOf("p5.48xlarge"))).toMatchObject([{ property: "tensorParallel" }]);
    expect(misfits({ ...deepseek, pipelineParallel: 1 }, typeOf("p5en.48xlarge"))).toEqual([]);
  });

  it("names instance types that would work, the cheapest of the same architecture first", () => {
    expect(nearestInstanceTypes({ ...llama8, maxLength: 16_384 }, typeOf("g4dn.xlarge"))).toEqual([
      "g5.xlarge",
      "g6.xlarge",
      "g5.2xlarge",
    ]);
    expect(nearestInstanceTypes({ ...llama70, parametersBillion: 100_000 }, undefined)).toEqual([]);
  });

  it("finds the least tensor parallelism", () => {
    expect(leastTensorParallel({ ...llama70, tensorParallel: 1 }, typeOf("p5.48xlarge"))).toBe(2);
    expect(leastTensorParallel({ ...llama8, maxLength: 8192 }, typeOf("p5.48xlarge"))).toBe(1);
    expect(leastTensorParallel(llama70, typeOf("g4dn.12xlarge"))).toBeUndefined();
  });
});

describe("properties of the arithmetic", () => {
  const type = fc.constantFrom(...gpuInstanceTypes.values());
  const degree = fc.constantFrom(1, 2, 4, 8);
  const model: fc.Arbitrary<ModelRequirements> = fc.record({
    parametersBillion: fc.double({ min: 0.1, max: 2000, noNaN: true }),
    weightFormat: fc.constantFrom(...Object.values(GpuWeightFormat)),
    unquantisedBillion: fc.option(fc.double({ min: 0, max: 10, noNaN: true }), { nil: undefined }),
    tensorParallel: degree,
    pipelineParallel: fc.integer({ min: 1, max: 4 }),
    dataParallel: fc.constantFrom(1, 2),
    nodes: fc.constantFrom(1, 2),
    layers: fc.integer({ min: 4, max: 128 }),
    kvHeads: fc.integer({ min: 1, max: 64 }),
    headSize: fc.constantFrom(64, 128, 256),
    maxLength: fc.integer({ min: 1, max: 200_000 }),
    kvCacheFormat: fc.constantFrom("16bit" as const, "fp8" as const),
  });

  it("what fits, fits with less: shorter, smaller, more memory per share", () => {
    fc.assert(
      fc.property(model, type, fc.double({ min: 0.1, max: 1, noNaN: true }), (one, on, factor) => {
        fc.pre(misfits(one, on).length === 0);
        const shorter = { ...one, maxLength: Math.max(1, Math.floor((one.maxLength ?? 1) * factor)) };
        const smaller = { ...one, parametersBillion: one.parametersBillion * factor };
        expect(misfits(shorter, on)).toEqual([]);
        // Fewer parameters, but not fewer of those in 16 bit.
        if (one.unquantisedBillion === undefined) expect(misfits(smaller, on)).toEqual([]);
        expect(misfits({ ...one, gpuMemoryUtilization: 1 }, on)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("the parts add up, and a whole replica holds at least all weights", () => {
    fc.assert(
      fc.property(model, (one) => {
        const need = memoryNeed(one);
        expect(need.totalGiB).toBeCloseTo(need.weightsGiB + need.kvCacheGiB + need.overheadGiB, 6);
        const all = weightsGiB(one.parametersBillion, one.weightFormat, one.unquantisedBillion);
        const engines = gpusOf(one) / (one.dataParallel ?? 1);
        expect(need.weightsGiB * engines).toBeGreaterThanOrEqual(all * (1 - 1e-9));
        expect(need.kvCacheGiB).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  it("more tensor parallelism never needs more memory of a GPU, but for the buffers", () => {
    fc.assert(
      fc.property(model, (one) => {
        const narrow = memoryNeed({ ...one, tensorParallel: 2, overheadGiB: 1 });
        const wide = memoryNeed({ ...one, tensorParallel: 4, overheadGiB: 1 });
        expect(wide.totalGiB).toBeLessThanOrEqual(narrow.totalGiB + 1e-9);
      }),
    );
  });

  it("every instance type that is suggested works, in order of GPU memory", () => {
    fc.assert(
      fc.property(model, type, (one, on) => {
        const suggested = nearestInstanceTypes(one, on, 5).map(typeOf);
        for (const candidate of suggested) expect(misfits(one, candidate)).toEqual([]);
        const same = suggested.filter(({ architecture }) => architecture === on.architecture);
        const sizes = same.map(({ gpuCount, gpuMemoryGiB }) => gpuCount * gpuMemoryGiB);
        expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
        if (misfits(one, on).length === 0) {
          expect(suggested.length).toBeGreaterThan(0);
          expect((sizes[0] ?? 0) <= on.gpuCount * on.gpuMemoryGiB + 1e-9).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("a format with kernels never turns up as a misfit of kernels", () => {
    fc.assert(
      fc.property(model, type, (one, on) => {
        const isKernel = misfits(one, on).some(({ property }) => property === "weightFormat");
        expect(isKernel).toBe(on.computeCapability < leastComputeCapability(one.weightFormat));
      }),
    );
  });
});
