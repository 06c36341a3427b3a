import { describe, expect, it } from "vitest";
import { average, buckets, maximum, quantile, rate, ratio, sum } from "../../../dashboards/promql.ts";
import { vllm } from "../../../metrics/vllm/index.ts";

const chosen = '{namespace=~"$namespace", model_name=~"$model_name", pod=~"$pod"}';

describe("queries", () => {
  it("read as PromQL is written", () => {
    expect(sum(vllm.numRequestsRunning, [])).toBe(`sum(vllm:num_requests_running${chosen})`);
    expect(average(vllm.kvCacheUsage, ["model_name"])).toBe(
      `avg by (model_name) (vllm:kv_cache_usage_perc${chosen})`,
    );
    expect(maximum(vllm.kvCacheUsage, ["pod"], { pod: '="p"' })).toBe(
      'max by (pod) (vllm:kv_cache_usage_perc{pod="p"})',
    );
    expect(rate(vllm.requestSuccess, ["finished_reason"])).toBe(
      `sum by (finished_reason) (rate(vllm:request_success_total${chosen}[$__rate_interval]))`,
    );
    expect(quantile(0.95, vllm.timeToFirstToken, ["model_name"])).toBe(
      `histogram_quantile(0.95, sum by (le, model_name) (rate(vllm:time_to_first_token_seconds_bucket${chosen}[$__rate_interval])))`,
    );
    expect(buckets(vllm.timeToFirstToken, [])).toMatch(/^sum by \(le\) \(rate\(/);
    expect(ratio("a", "b")).toBe("a\n/\n(b > 0)");
  });

  it("don't compile for a use that the family doesn't allow", () => {
    const never = () => {
      // @ts-expect-error a ratio isn't summed
      sum(vllm.kvCacheUsage, []);
      // @ts-expect-error nor is a timestamp
      sum(vllm.loraRequestsInfo, []);
      // @ts-expect-error a gauge has no rate
      rate(vllm.numRequestsRunning, []);
      // @ts-expect-error a counter has no quantile
      quantile(0.5, vllm.requestSuccess, []);
      // @ts-expect-error the family has no such label
      rate(vllm.generationTokens, ["finished_reason"]);
    };
    expect(never).toBeTypeOf("function");
  });
});
