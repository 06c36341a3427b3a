import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createdName, sampleNames, type MetricFamily } from "../../../metrics/family.ts";
import { dropPattern, usageOf } from "../../../metrics/usage.ts";
import { vllm } from "../../../metrics/vllm/index.ts";

const families: readonly MetricFamily[] = Object.values(vllm);
const names = families.flatMap((family) => [...sampleNames(family)]);

describe("usageOf", () => {
  it("tells whole names only", () => {
    const { used } = usageOf(vllm, [
      'sum(rate(vllm:time_to_first_token_seconds_bucket[5m])) / vllm:num_requests_waiting_by_reason{a="b"}',
      "model:vllm_num_requests_running:sum",
    ]);
    expect(used).toEqual(["vllm:num_requests_waiting_by_reason", "vllm:time_to_first_token_seconds_bucket"]);
  });

  it("puts every sample on one side", () => {
    const { used, unused } = usageOf(vllm, ["vllm:generation_tokens_total"]);
    expect([...used, ...unused].sort()).toEqual([...names].sort());
  });
});

describe("dropPattern", () => {
  it("matches what is unused and every time of making, and nothing else", () => {
    fc.assert(
      fc.property(fc.subarray(names), (kept) => {
        const { unused } = usageOf(vllm, kept);
        const pattern = new RegExp(`^(?:${dropPattern(vllm, unused)})$`);
        for (const name of names) expect(pattern.test(name), name).toBe(!kept.includes(name));
        for (const family of families) {
          const created = createdName(family);
          if (created !== undefined) expect(pattern.test(created)).toBe(true);
        }
        expect(pattern.test("vllm:something_of_a_new_version_total")).toBe(false);
      }),
      { numRuns: 30 },
    );
  });
});
