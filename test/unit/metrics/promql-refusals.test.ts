import { describe, expect, expectTypeOf, it } from "vitest";

import { dcgm, gpu } from "../../../metrics/dcgm/index.ts";
import { engine, engineRemoved } from "../../../metrics/engine/index.ts";
import { kube, machine } from "../../../metrics/kubernetes/index.ts";
import { gateway, litellm } from "../../../metrics/litellm/index.ts";
import { prometheusSeries, target } from "../../../metrics/monitoring/index.ts";
import * as q from "../../../metrics/promql/index.ts";
import { rayEngine } from "../../../metrics/ray/index.ts";

// Every refusal is checked twice: by the compiler, for an unused @ts-expect-error is an error itself, and at run time, for
// callers without types.

const running = q.sum(engine.numRequestsRunning, q.by("model_name"));
const tokens = q.sum(q.rate(engine.generationTokens, "5m"), q.by("model_name"));
const finished = q.sum(q.rate(engine.requestSuccess, "5m"), q.by("model_name"));
const hitRate = q.div(q.rate(engine.prefixCacheHits, "5m"), q.rate(engine.prefixCacheQueries, "5m"));
const p99 = q.quantileBy(0.99, engine.timeToFirstToken, "5m", q.by("pod", "model_name"));
const buckets = q.rate(engine.timeToFirstToken.bucket, "5m");

describe("counters", () => {
  it("are not printed raw", () => {
    expect(() => q.print(engine.generationTokens)).toThrow(
      /vllm:generation_tokens_total is a counter.*rate\(\)/,
    );
  });

  it("are not summed, compared or computed with before a rate", () => {
    // @ts-expect-error a raw counter
    expect(() => q.sum(engine.generationTokens)).toThrow(
      /sum\(\) of vllm:generation_tokens_total is refused, for its kind is counter: .*rate\(\)/,
    );
    // @ts-expect-error a raw counter
    expect(() => q.gt(engine.generationTokens, 5)).toThrow(/kind counter is not compared.*rate\(\)/);
    // @ts-expect-error a raw counter
    expect(() => q.mul(engine.generationTokens, 2)).toThrow(/a counter needs rate\(\)/);
    // @ts-expect-error a raw counter
    expect(() => q.div(engine.prefixCacheHits, engine.prefixCacheQueries)).toThrow(/counter needs rate/);
    // @ts-expect-error a histogram's count
    expect(() => q.max(engine.timeToFirstToken.count)).toThrow(/counter needs rate/);
    // @ts-expect-error a raw counter
    expect(() => q.topk(3, engine.generationTokens)).toThrow(/counter needs rate/);
    // @ts-expect-error a raw counter
    expect(() => q.maxOverTime(engine.generationTokens, "5m")).toThrow(/counter needs rate/);
    // @ts-expect-error a raw counter
    expect(() => q.clampMin(engine.generationTokens, 1)).toThrow(/take its rate/);
  });

  it("may be counted, grouped and looked for", () => {
    expect(q.print(q.count(engine.generationTokens, q.by("model_name")))).toBe(
      "count by (model_name) (vllm:generation_tokens_total)",
    );
    expect(q.print(q.absent(engine.generationTokens))).toBe("absent(vllm:generation_tokens_total)");
    expect(q.print(q.group(engine.generationTokens))).toBe("group(vllm:generation_tokens_total)");
  });
});

describe("gauges", () => {
  it("have no rate, increase or resets", () => {
    // @ts-expect-error a gauge has none of these
    expect(() => q.rate(engine.numRequestsRunning, "5m")).toThrow(
      /rate\(\) of vllm:num_requests_running is refused, for its kind is gauge: .*deriv\(\)/,
    );
    // @ts-expect-error a gauge has none of these
    expect(() => q.increase(engine.numRequestsRunning, "5m")).toThrow(/only counters increase/);
    // @ts-expect-error a gauge has none of these
    expect(() => q.resets(engine.numRequestsRunning, "5m")).toThrow(/only counters are reset/);
    // @ts-expect-error a count over a sliding window
    expect(() => q.rate(gpu.xidErrorsCount, "5m")).toThrow(/DCGM_EXP_XID_ERRORS_COUNT.*gauge/);
    // @ts-expect-error a rate of a rate
    expect(() => q.rate(q.subquery(tokens, "1h", "1m"))).toThrow(/for its kind is rate/);
  });
});

describe("what does not add up", () => {
  it("is not summed", () => {
    // @ts-expect-error a ratio is a level
    expect(() => q.sum(engine.kvCacheUsage)).toThrow(/vllm:kv_cache_usage_perc.*intensive.*avg\(\)/);
    // @ts-expect-error a percentage
    expect(() => q.sum(gpu.gpuUtil)).toThrow(/don't add up/);
    // @ts-expect-error a quotient has no sum
    expect(() => q.sum(hitRate)).toThrow(/numerator and denominator apart/);
    // @ts-expect-error quantiles don't add up
    expect(() => q.sum(p99)).toThrow(/aggregate the buckets by le/);
    // @ts-expect-error times don't add up
    expect(() => q.sum(engine.processStartTime)).toThrow(/times don't add up/);
    // @ts-expect-error a constant 1
    expect(() => q.sum(engine.cacheConfigInfo)).toThrow(/count\(\) or group\(\)/);
    // @ts-expect-error a state's number
    expect(() => q.sum(gateway.deploymentState)).toThrow(/names a state/);
    // @ts-expect-error a temperature over time
    expect(() => q.sumOverTime(gpu.gpuTemp, "5m")).toThrow(/avgOverTime/);
  });

  it("is averaged only where an average means something", () => {
    expect(q.print(q.avg(engine.kvCacheUsage, q.by("model_name")))).toBe(
      "avg by (model_name) (vllm:kv_cache_usage_perc)",
    );
    // @ts-expect-error average of quantiles
    expect(() => q.avg(p99, q.by("model_name"))).toThrow(/quantile.*aggregate the buckets by le/);
    // @ts-expect-error average of ratios
    expect(() => q.avg(hitRate)).toThrow(/apart, then divide/);
    // @ts-expect-error average of averages
    expect(() => q.avg(q.avg(engine.kvCacheUsage, q.by("pod", "model_name")), q.by("model_name"))).toThrow(
      /aggregate once/,
    );
    // @ts-expect-error average of quantiles over time
    expect(() => q.avgOverTime(q.subquery(p99, "1h", "1m"))).toThrow(/max_over_time/);
    expect(q.max(p99, q.by("model_name")).quantity).toBe("quantile");
  });
});

describe("histograms", () => {
  it("have quantiles only of bucket rates", () => {
    // @ts-expect-error rates of a count
    expect(() => q.histogramQuantile(0.9, q.rate(engine.timeToFirstToken.count, "5m"))).toThrow(
      /histogram_quantile\(\) of vllm:time_to_first_token_seconds_count is refused/,
    );
    // @ts-expect-error raw buckets are counters
    expect(() => q.histogramQuantile(0.9, engine.timeToFirstToken.bucket)).toThrow(/give it rate\(\)/);
    // @ts-expect-error a gauge has none of these
    expect(() => q.histogramQuantile(0.9, running)).toThrow(/is refused, for its kind is gauge/);
    expect(() => q.histogramQuantile(99, buckets)).toThrow(/99 is no share; write 0.99 for 99 %/);
    // @ts-expect-error a gauge has no buckets
    expect(engine.numRequestsRunning.bucket).toBeUndefined();
  });

  it("keep le in the grouping", () => {
    // @ts-expect-error le is merged
    expect(() => q.sum(buckets, q.by("model_name"))).toThrow(/keep "le" in the grouping/);
    // @ts-expect-error le is dropped
    expect(() => q.sum(buckets, q.without("le"))).toThrow(/keep "le"/);
    // @ts-expect-error everything is merged
    expect(() => q.sum(buckets)).toThrow(/keep "le"/);
    expectTypeOf(q.sum(buckets, q.by("le", "model_name")).labels).toEqualTypeOf<
      readonly ("le" | "model_name")[]
    >();
  });

  it("compare with bounds that exist", () => {
    // @ts-expect-error 3 s is no bucket bound
    expect(() => engine.timeToFirstToken.atMost(3)).toThrow(
      /vllm:time_to_first_token_seconds_bucket has no bound le="3", so nothing would match; use 2.5 or 5/,
    );
    // @ts-expect-error le is no text
    expect(() => engine.timeToFirstToken.bucket.where({ le: "2.5" })).toThrow(/atMost\(bound\)/);
    expect(() => engine.timeToFirstToken.atMostConfigured(Infinity)).toThrow(/take .count/);
    const good = q.sum(q.rate(engine.timeToFirstToken.atMostConfigured(3), "5m"));
    expect(() => q.print(good)).toThrow(/has no bound le="3"/);
    expect(q.print(good, { buckets: { time_to_first_token: [1, 3, 9] } })).toContain('le=~"3(\\\\.0)?"');
    const long = q.sum(q.rate(engine.requestPromptTokens.atMost(50_000), "5m"));
    expect(() => q.print(long)).toThrow(/set maxModelLen of the context/);
    expect(() => q.print(long, { maxModelLen: 4096 })).toThrow(/no bound le="50000".*use 2000 /);
    expect(q.print(long, { maxModelLen: 131_072 })).toContain('le=~"50000(\\\\.0)?"');
  });

  it("give a summary's quantiles only where it has them", () => {
    expect(q.print(prometheusSeries.ruleEvaluationDurationSeconds.quantile(0.99))).toBe(
      'prometheus_rule_evaluation_duration_seconds{quantile="0.99"}',
    );
    // @ts-expect-error no such quantile
    expect(() => prometheusSeries.ruleEvaluationDurationSeconds.quantile(0.95)).toThrow(
      /has no quantile 0.95/,
    );
    // @ts-expect-error Python's client exposes none
    expect(() => engine.httpRequestSize.quantile(0.5)).toThrow(/take the mean/);
  });
});

describe("labels", () => {
  it("are those of the family and of its targets", () => {
    // @ts-expect-error no such label
    expect(() => q.sum(engine.numRequestsRunning, q.by("modelname"))).toThrow(
      /sum\(\) by "modelname": vllm:num_requests_running has no such label here; there are .*model_name/,
    );
    // @ts-expect-error no such label
    expect(() => q.max(engine.numRequestsRunning, q.without("finished_reason"))).toThrow(/no such label/);
    // @ts-expect-error a label of other gauges
    expect(() => engine.numRequestsRunning.where({ reason: "capacity" })).toThrow(/has no label "reason"/);
    // @ts-expect-error the HTTP server knows no model_name
    expect(() => engine.httpRequests.where({ model_name: "m" })).toThrow(/has no label "model_name"/);
    // @ts-expect-error aggregated away
    expect(() => q.sum(running, q.by("pod"))).toThrow(/no such label here; there are model_name/);
    // @ts-expect-error kube-state-metrics' own namespace is not the node's
    expect(() => q.max(kube.nodeStatusCondition, q.by("namespace"))).toThrow(/no such label/);
  });

  it("have values from their lists", () => {
    // @ts-expect-error no such value
    expect(() => engine.requestSuccess.where({ finished_reason: "aborted" })).toThrow(
      /label "finished_reason" is never "aborted"; its values are stop, length, abort/,
    );
    // @ts-expect-error no such value in the list
    expect(() => engine.requestSuccess.where({ finished_reason: ["error", "oops"] })).toThrow(/never "oops"/);
    // @ts-expect-error no such value
    expect(() => engine.requestSuccess.where({ finished_reason: q.not("oops") })).toThrow(/never "oops"/);
    expect(() => engine.httpRequests.where({ status: q.regex("50.") })).toThrow(
      /no value of label "status" matches "50."; its values are 1xx/,
    );
    expect(() => engine.requestSuccess.where({ finished_reason: [] })).toThrow(
      /empty, so nothing would match/,
    );
    expect(() => q.regex("(?=a)")).toThrow(/RE2/);
    expect(() => q.regex("(a")).toThrow(/no regular expression/);
  });

  it("of group_left come from the other side", () => {
    // @ts-expect-error the info has no such label
    expect(() => q.mul(running, kube.podInfo, q.on("model_name").groupLeft("node"))).toThrow(
      /on\(model_name\) needs a label that both sides must have/,
    );
    const perPod = q.sum(engine.numRequestsRunning, q.by("namespace", "pod"));
    const info = q.group(kube.podInfo, q.by("namespace", "pod", "node"));
    // @ts-expect-error the info has no such label
    expect(() => q.mul(perPod, info, q.on("namespace", "pod").groupLeft("gpu"))).toThrow(
      /group_left\(gpu\) lends a label that the other side lacks/,
    );
    const joined = q.mul(perPod, info, q.on("namespace", "pod").groupLeft("node"));
    expectTypeOf(joined.labels).toEqualTypeOf<readonly ("namespace" | "pod" | "node")[]>();
    expect(joined.labels).toEqual(["namespace", "node", "pod"]);
  });

  it("that come and go with versions are refused outside of theirs", () => {
    const asServed = q.defineSeries(
      { product: "dcgm-exporter", targetLabels: ["instance"], nameOf: ({ name }) => name },
      { gpuTemp: dcgm.gpuTemp },
    );
    const old = q.avg(asServed.gpuTemp, q.by("Hostname"));
    expect(q.print(old)).toBe("avg by (Hostname) (DCGM_FI_DEV_GPU_TEMP)");
    expect(() => q.print(old, { versions: { "dcgm-exporter": "4.6.0" } })).toThrow(
      /DCGM_FI_DEV_GPU_TEMP has it no longer since 4.6.0 of dcgm-exporter; use a target label/,
    );
    const both = q.avg(asServed.gpuTemp.where({ hostname: "a" }));
    expect(() => q.print(both, { versions: { "dcgm-exporter": { from: "4.5.3", to: "4.6.0" } } })).toThrow(
      /only since 4.6.0/,
    );
  });

  it("that the monitor drops are refused", () => {
    // @ts-expect-error the monitor drops it for node
    expect(() => q.avg(gpu.gpuTemp, q.by("Hostname"))).toThrow(/no such label here; there are .*node/);
    // @ts-expect-error the monitor drops it for node
    expect(() => gpu.gpuTemp.where({ hostname: "a" })).toThrow(/has no label "hostname"/);
    expect(q.print(q.avg(gpu.gpuTemp, q.by("node", "UUID")))).toBe(
      "avg by (node, UUID) (DCGM_FI_DEV_GPU_TEMP)",
    );
  });

  it("of a family are not those of its targets", () => {
    expect(() =>
      q.defineSeries({ product: "litellm", targetLabels: ["team"], nameOf: ({ name }) => name }, litellm),
    ).toThrow(/its label "team" is a target label of litellm too/);
  });

  it("that only the outside sees are refused in rules, kept or dropped elsewhere", () => {
    const perCluster = q.sum(
      engine.numRequestsRunning.where({ cluster: q.variable("cluster") }),
      q.by("cluster", "model_name"),
    );
    expect(() => q.print(perCluster)).toThrow(/a condition on "cluster": it is an external label/);
    expect(q.print(perCluster, { externalLabels: "keep" })).toBe(
      'sum by (cluster, model_name) (vllm:num_requests_running{cluster=~"$cluster"})',
    );
    expect(q.print(perCluster, { externalLabels: "drop" })).toBe(
      "sum by (model_name) (vllm:num_requests_running)",
    );
  });
});

describe("binary operations", () => {
  it("need a matching when labels differ", () => {
    const perPod = q.sum(engine.numRequestsRunning, q.by("pod", "model_name"));
    // @ts-expect-error labels differ
    expect(() => q.div(tokens, perPod)).toThrow(
      /left only: none; right only: pod.*add on\(…\) or ignoring\(…\)/,
    );
    // @ts-expect-error labels differ
    expect(() => q.gt(perPod, running)).toThrow(/labels differ/);
    // @ts-expect-error labels differ
    expect(() => q.and(perPod, running)).toThrow(/labels differ/);
    // @ts-expect-error labels differ still
    expect(() => q.div(tokens, perPod, q.ignoring("model_name"))).toThrow(/right only: pod/);
    expect(q.print(q.div(perPod, running, q.on("model_name").groupLeft()))).toBe(
      "sum by (pod, model_name) (vllm:num_requests_running) / on (model_name) group_left () " +
        "sum by (model_name) (vllm:num_requests_running)",
    );
    expect(q.print(q.div(tokens, finished))).toContain(" / ");
  });

  it("refuse kinds and units that can't meet", () => {
    // @ts-expect-error a rate and a gauge
    expect(() => q.add(tokens, running)).toThrow(/rate and gauge make no sense there/);
    expect(() => q.gt(q.max(gpu.gpuTemp), q.max(gpu.powerUsage))).toThrow(
      /celsius and watts can't be set against/,
    );
    expect(() => q.add(q.sum(gpu.fbUsed), q.sum(machine.nodeMemoryMemTotalBytes))).toThrow(/MiB and bytes/);
    expect(q.add(q.convert(q.sum(gpu.fbUsed), "bytes"), q.sum(machine.nodeMemoryMemTotalBytes)).unit).toBe(
      "bytes",
    );
    // @ts-expect-error a gauge or a rate
    expect(() => q.or(tokens, running)).toThrow(/differ in kind/);
    expect(() => q.convert(tokens, "bytes")).toThrow(/no factor for tokens\/s>bytes/);
  });

  it("make scalars only of single series", () => {
    // @ts-expect-error labels are left
    expect(() => q.scalar(running)).toThrow(/aggregate model_name away first/);
    expect(q.print(q.gt(running, q.scalar(q.max(engine.numRequestsWaiting))))).toContain("scalar(max(");
    // @ts-expect-error two numbers
    expect(() => q.gt(1, 2)).toThrow(/always or never true/);
  });
});

describe("the context", () => {
  it("bounds versions, with what replaced a family", () => {
    const preemptions = q.quantileBy(0.9, engine.requestNumPreemptions, "5m", q.by("model_name"));
    expect(() => q.print(preemptions, { versions: { vllm: "0.29.5" } })).toThrow(
      /vllm:request_num_preemptions is known since vllm 0.30.0, but versions.vllm is 0.29.5/,
    );
    expect(() => q.print(preemptions, { versions: { vllm: { from: "0.28.0", to: "0.32.0" } } })).toThrow(
      /0.28.0 to 0.32.0/,
    );
    expect(() => q.print(q.avg(engineRemoved.gpuCacheUsage))).toThrow(
      /vllm:gpu_cache_usage_perc is gone since vllm 0.11.0.*Renamed to vllm:kv_cache_usage_perc/,
    );
    for (const to of ["0.11.0", "0.12.0"]) {
      expect(
        q.problems(q.avg(engineRemoved.gpuCacheUsage), { versions: { vllm: { from: "0.9.2", to } } }),
      ).toHaveLength(1);
    }
    expect(q.print(q.avg(engineRemoved.gpuCacheUsage), { versions: { vllm: "0.10.2" } })).toBe(
      "avg(vllm:gpu_cache_usage_perc)",
    );
    expect(() => q.print(running, { versions: { vllm: "v1" } })).toThrow(/versions.vllm: version "v1"/);
    expect(() => q.print(running, { versions: { vllm: { from: "0.32.0", to: "0.30.0" } } })).toThrow(
      /swap them/,
    );
    expect(q.problems(running)).toEqual([]);
    expect(q.problems(preemptions, { versions: { vllm: "0.29.5" } })).toHaveLength(1);
  });

  it("keeps spellings apart", () => {
    const http = q.sum(q.rate(engine.httpRequests, "5m"));
    expect(() => q.print(http, { engine: "ray" })).toThrow(/ray_serve_num_http_requests_total/);
    expect(() => q.print(http, { engine: "kserve" })).toThrow(/does not exist as kserve spells metrics/);
    const byReplica = q.sum(q.rate(rayEngine.generationTokens, "5m"), q.by("ReplicaId"));
    expect(() => q.print(byReplica)).toThrow(/exists under Ray only/);
    expect(() => q.print(byReplica, { engine: "ray", versions: { vllm: "0.11.2" } })).toThrow(
      /only since 0.12.0/,
    );
    expect(() =>
      q.print(running, { engine: "ray", versions: { vllm: { from: "0.10.2", to: "0.11.0" } } }),
    ).toThrow(/Ray's spelling changed with vLLM 0.11.0/);
  });

  it("refuses windows without two samples", () => {
    expect(() => q.print(tokens, { scrapeInterval: 300 })).toThrow(/fewer than two samples.*at least 1200s/);
    expect(q.print(q.rate(engine.generationTokens, "$__rate_interval"), { scrapeInterval: 300 })).toContain(
      "[$__rate_interval]",
    );
    // @ts-expect-error this is no duration
    expect(() => q.rate(engine.generationTokens, "5 minutes")).toThrow(/"5 minutes" is no duration/);
    expect(() => q.rate(engine.generationTokens, "0s")).toThrow(/no duration above zero/);
  });
});

describe("recorded series", () => {
  it("have names and kinds", () => {
    expect(() => q.recorded("model_tokens_rate5m", tokens)).toThrow(/level:metric:operations/);
    expect(() => q.recorded("model:vllm_generation_tokens:sum", engine.generationTokens)).toThrow(
      /raw counter/,
    );
    const ratio = q.recorded("model:vllm_prefix_cache_hits:ratio_rate5m", q.div(tokens, finished));
    // @ts-expect-error a quotient has no sum
    expect(() => q.sum(ratio)).toThrow(/model:vllm_prefix_cache_hits:ratio_rate5m.*apart/);
    // @ts-expect-error no such label
    expect(() => ratio.where({ pod: "a" })).toThrow(/has no label "pod"/);
    // @ts-expect-error a rate of a rate
    expect(() => q.rate(q.recorded("model:vllm_generation_tokens:rate5m", tokens), "1h")).toThrow(
      /its kind is rate/,
    );
  });

  it("of others are declared", () => {
    const foreign = q.declared({
      record: "instance:node_cpu:ratio",
      quantity: "intensive",
      labels: ["instance"],
    });
    expect(q.print(q.avg(foreign))).toBe("avg(instance:node_cpu:ratio)");
    expect(() => q.declared({ record: "a b", quantity: "gauge", labels: [] })).toThrow(/no metric name/);
  });

  it("know the target's owner", () => {
    expect(q.print(q.min(target.up.where({ job: "vllm" }), q.by("model", "team")))).toBe(
      'min by (model, team) (up{job="vllm"})',
    );
  });
});
