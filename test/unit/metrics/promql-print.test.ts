import { describe, expect, expectTypeOf, it } from "vitest";

import { gpu } from "../../../metrics/dcgm/index.ts";
import { engine } from "../../../metrics/engine/index.ts";
import { kube, machine } from "../../../metrics/kubernetes/index.ts";
import { gateway } from "../../../metrics/litellm/index.ts";
import { prometheusSeries, target, thanosSeries } from "../../../metrics/monitoring/index.ts";
import * as q from "../../../metrics/promql/index.ts";
import { serve } from "../../../metrics/ray/index.ts";
import { syntaxError } from "../../support/promql-syntax.ts";

const byModel = q.by("model_name");
const tokens = q.sum(q.rate(engine.generationTokens, "5m"), byModel);
const waiting = q.sum(engine.numRequestsWaiting, byModel);
const failed = q.sum(q.rate(engine.requestSuccess.where({ finished_reason: "error" }), "5m"), byModel);
const finished = q.sum(q.rate(engine.requestSuccess, "5m"), byModel);
const usage = q.avg(engine.kvCacheUsage, q.by("namespace", "model_name"));
const disk = q.minOverTime(machine.nodeFilesystemAvailBytes.where({ mountpoint: "/" }), "1h");

/** Expressions and their text. */
const goldens: readonly [string, q.Expression, string][] = [
  ["a rate", tokens, "sum by (model_name) (rate(vllm:generation_tokens_total[5m]))"],
  [
    "a share with zero for models without errors",
    q.div(q.orZeroFor(failed, finished), finished),
    '(sum by (model_name) (rate(vllm:request_success_total{finished_reason="error"}[5m])) or 0 * ' +
      "sum by (model_name) (rate(vllm:request_success_total[5m]))) / " +
      "sum by (model_name) (rate(vllm:request_success_total[5m]))",
  ],
  [
    "a quantile",
    q.quantileBy(0.99, engine.timeToFirstToken, "5m", q.by("namespace", "model_name")),
    "histogram_quantile(0.99, sum by (le, namespace, model_name) (rate(vllm:time_to_first_token_seconds_bucket[5m])))",
  ],
  [
    "a mean",
    q.meanBy(engine.requestQueueTime, "5m", q.without("pod", "engine")),
    "sum without (pod, engine) (rate(vllm:request_queue_time_seconds_sum[5m])) / " +
      "sum without (pod, engine) (rate(vllm:request_queue_time_seconds_count[5m]))",
  ],
  [
    "a latency objective on a whole bound",
    q.shareAtMost(engine.e2eRequestLatency, 2, "5m", byModel),
    'sum by (model_name) (rate(vllm:e2e_request_latency_seconds_bucket{le=~"2(\\\\.0)?"}[5m])) / ' +
      "sum by (model_name) (rate(vllm:e2e_request_latency_seconds_count[5m]))",
  ],
  [
    "a latency objective on a fraction",
    q.rate(engine.e2eRequestLatency.where({ model_name: "m" }).atMost(0.5), "5m"),
    'rate(vllm:e2e_request_latency_seconds_bucket{le="0.5",model_name="m"}[5m])',
  ],
  [
    "matchers",
    engine.numRequestsRunning.where({
      model_name: ["a/b.c", "d"],
      pod: q.not(""),
      namespace: q.regex("prod-.*"),
      node: q.notRegex("spot-[0-9]+"),
      team: q.not(["x", "y"]),
      owner: q.variable("owner"),
      engine: "0",
    }),
    'vllm:num_requests_running{model_name=~"a/b\\\\.c|d",pod!="",namespace=~"prod-.*",node!~"spot-[0-9]+",' +
      'team!~"x|y",owner=~"$owner",engine="0"}',
  ],
  ["text that needs quoting", target.up.where({ job: 'a"b\\c\n' }), 'up{job="a\\"b\\\\c\\n"}'],
  [
    "zero for nothing at all",
    q.orZero(q.sum(engine.numRequestsWaiting)),
    "sum(vllm:num_requests_waiting) or vector(0)",
  ],
  [
    "zero for nothing at all, with labels",
    q.orZero(waiting),
    "sum by (model_name) (vllm:num_requests_waiting) or on () vector(0)",
  ],
  ["a filter", q.gt(waiting, 100), "sum by (model_name) (vllm:num_requests_waiting) > 100"],
  ["a flag", q.gte.bool(waiting, 100), "sum by (model_name) (vllm:num_requests_waiting) >= bool 100"],
  [
    "stuck",
    q.and(q.gt(waiting, 0), q.eq(tokens, 0)),
    "sum by (model_name) (vllm:num_requests_waiting) > 0 and " +
      "sum by (model_name) (rate(vllm:generation_tokens_total[5m])) == 0",
  ],
  [
    "unless",
    q.unless(q.group(kube.podInfo, q.by("pod", "namespace")), q.group(target.up, q.by("namespace", "pod"))),
    "group by (pod, namespace) (kube_pod_info) unless group by (namespace, pod) (up)",
  ],
  [
    "a join",
    q.mul(
      q.max(gpu.gpuUtil.where({ pod: q.not("") }), q.by("namespace", "pod", "UUID")),
      q.group(engine.numRequestsRunning, q.by("namespace", "pod", "model_name")),
      q.on("namespace", "pod").groupLeft("model_name"),
    ),
    'max by (namespace, pod, UUID) (DCGM_FI_DEV_GPU_UTIL{pod!=""}) * on (namespace, pod) group_left (model_name) ' +
      "group by (namespace, pod, model_name) (vllm:num_requests_running)",
  ],
  [
    "a join to the right",
    q.mul(
      q.group(kube.podInfo, q.by("pod", "node")),
      q.sum(gpu.powerUsage, q.by("pod", "UUID")),
      q.on("pod").groupRight("node"),
    ),
    "group by (pod, node) (kube_pod_info) * on (pod) group_right (node) sum by (pod, UUID) (DCGM_FI_DEV_POWER_USAGE)",
  ],
  [
    "an offset",
    q.sub(waiting, q.sum(engine.numRequestsWaiting.offset("1d"), byModel)),
    "sum by (model_name) (vllm:num_requests_waiting) - sum by (model_name) (vllm:num_requests_waiting offset 1d)",
  ],
  ["a fixed time", q.sum(engine.numRequestsWaiting.at("end")), "sum(vllm:num_requests_waiting @ end())"],
  [
    "a fixed time and an offset",
    q.rate(engine.generationTokens.at(1_700_000_000).offset("1h30m"), "5m"),
    "rate(vllm:generation_tokens_total[5m] @ 1700000000 offset 1h30m)",
  ],
  [
    "a subquery",
    q.maxOverTime(q.subquery(tokens, "1d", "5m")),
    "max_over_time(sum by (model_name) (rate(vllm:generation_tokens_total[5m]))[1d:5m])",
  ],
  [
    "a subquery of a binary operation, without a step, earlier",
    q.maxOverTime(q.subquery(q.div(failed, finished), "1h", undefined, "1w")),
    'max_over_time((sum by (model_name) (rate(vllm:request_success_total{finished_reason="error"}[5m])) / sum by (model_name) (rate(vllm:request_success_total[5m])))[1h:] offset 1w)',
  ],
  [
    "a subquery of an offset",
    q.maxOverTime(q.subquery(engine.numRequestsRunning.offset("5m"), "1h", "1m")),
    "max_over_time((vllm:num_requests_running offset 5m)[1h:1m])",
  ],
  [
    "a forecast",
    q.lt(q.predictLinear(q.range(machine.nodeFilesystemAvailBytes, "6h"), 4 * 3600), 0),
    "predict_linear(node_filesystem_avail_bytes[6h], 14400) < 0",
  ],
  [
    "quantiles over time",
    q.quantileOverTime(0.95, q.range(engine.numRequestsRunning, "1d")),
    "quantile_over_time(0.95, vllm:num_requests_running[1d])",
  ],
  [
    "an age",
    q.gt(q.sub(q.time(), thanosSeries.objstoreBucketLastSuccessfulUploadTime), 3 * 3600),
    "time() - thanos_objstore_bucket_last_successful_upload_time > 10800",
  ],
  ["absence", q.absent(target.up.where({ job: "vllm", model: "m" })), 'absent(up{job="vllm",model="m"})'],
  [
    "absence over time",
    q.absentOverTime(target.up.where({ job: "vllm" }), "10m"),
    'absent_over_time(up{job="vllm"}[10m])',
  ],
  ["changes", q.gt(q.changes(gpu.xidErrors, "10m"), 0), "changes(DCGM_FI_DEV_XID_ERRORS[10m]) > 0"],
  ["resets", q.resets(engine.generationTokens, "1h"), "resets(vllm:generation_tokens_total[1h])"],
  [
    "a label of another",
    q.labelReplace(q.sum(q.rate(gateway.outputTokens, "5m"), q.by("model")), {
      target: "model_name",
      source: "model",
    }),
    'label_replace(sum by (model) (rate(litellm_output_tokens_metric_total[5m])), "model_name", "$1", "model", "(.*)")',
  ],
  [
    "joined labels",
    q.labelJoin(usage, "id", "/", "namespace", "model_name"),
    'label_join(avg by (namespace, model_name) (vllm:kv_cache_usage_perc), "id", "/", "namespace", "model_name")',
  ],
  ["the largest", q.topk(3, tokens), "topk(3, sum by (model_name) (rate(vllm:generation_tokens_total[5m])))"],
  [
    "the largest per group",
    q.bottomk(1, usage, q.by("namespace")),
    "bottomk by (namespace) (1, avg by (namespace, model_name) (vllm:kv_cache_usage_perc))",
  ],
  [
    "a quantile over series",
    q.quantile(0.9, engine.numRequestsRunning, byModel),
    "quantile by (model_name) (0.9, vllm:num_requests_running)",
  ],
  [
    "values as labels",
    q.countValues("version", kube.nodeInfo, q.by("kubelet_version")),
    'count_values by (kubelet_version) ("version", kube_node_info)',
  ],
  ["limits", q.clamp(usage, 0, 1), "clamp(avg by (namespace, model_name) (vllm:kv_cache_usage_perc), 0, 1)"],
  [
    "rounding",
    q.round(q.clampMax(tokens, 1e9), 0.1),
    "round(clamp_max(sum by (model_name) (rate(vllm:generation_tokens_total[5m])), 1000000000), 0.1)",
  ],
  [
    "brackets where they matter",
    q.mul(q.sub(1, q.div(failed, finished)), 100),
    '(1 - sum by (model_name) (rate(vllm:request_success_total{finished_reason="error"}[5m])) / sum by (model_name) (rate(vllm:request_success_total[5m]))) * 100',
  ],
  [
    "division to the right",
    q.div(100, q.div(tokens, waiting)),
    "100 / (sum by (model_name) (rate(vllm:generation_tokens_total[5m])) / sum by (model_name) (vllm:num_requests_waiting))",
  ],
  [
    "a conversion",
    q.convert(q.rate(gpu.thermalViolation, "5m"), "ratio"),
    "rate(DCGM_FI_DEV_THERMAL_VIOLATION[5m]) * 1e-9",
  ],
  ["time windows", q.and(q.vector(1), q.gte(q.calendar("hour"), 9)), "vector(1) and hour() >= 9"],
  [
    "a scalar",
    q.gt(tokens, q.scalar(q.max(q.rate(engine.generationTokens, "1h")))),
    "sum by (model_name) (rate(vllm:generation_tokens_total[5m])) > scalar(max(rate(vllm:generation_tokens_total[1h])))",
  ],
  ["a restart", q.sub(q.time(), kube.podStartTime), "time() - kube_pod_start_time"],
  [
    "Ray Serve",
    q.quantileBy(0.95, serve.httpRequestLatencyMs, "5m", q.by("application")),
    "histogram_quantile(0.95, sum by (le, application) (rate(ray_serve_http_request_latency_ms_bucket[5m])))",
  ],
  [
    "a summary",
    prometheusSeries.ruleGroupDurationSeconds.quantile(0.99),
    'prometheus_rule_group_duration_seconds{quantile="0.99"}',
  ],
  [
    "Grafana's range",
    q.increase(engine.numPreemptions, "$__range"),
    "increase(vllm:num_preemptions_total[$__range])",
  ],
  ["a lowest value", disk, 'min_over_time(node_filesystem_avail_bytes{mountpoint="/"}[1h])'],
];

describe("print", () => {
  it.each(goldens)("%s", (_, expression, text) => {
    expect(q.print(expression)).toBe(text);
    expect(syntaxError(text)).toBeUndefined();
  });

  it.each([
    ["vllm", "vllm:generation_tokens_total"],
    ["ray", "ray_vllm_generation_tokens_total"],
    ["kserve", "kserve_vllm:generation_tokens_total"],
  ] as const)("spells the engine's metrics as %s", (spelling, name) => {
    const text = q.print(tokens, { engine: spelling });
    expect(text).toBe(`sum by (model_name) (rate(${name}[5m]))`);
    expect(syntaxError(text)).toBeUndefined();
    expect(q.seriesNames(tokens, { engine: spelling })).toEqual([name]);
  });

  it("knows Ray's old spelling", () => {
    expect(q.print(tokens, { engine: "ray", versions: { vllm: "0.10.2" } })).toContain(
      "ray_vllm:generation_tokens_total",
    );
  });

  it("writes numbers as PromQL reads them", () => {
    expect([0.999, 1e21, 1e-7, -0, -3, Infinity, -Infinity, NaN].map(q.printNumber)).toEqual([
      "0.999",
      "1e+21",
      "1e-7",
      "0",
      "-3",
      "Inf",
      "-Inf",
      "NaN",
    ]);
    for (const value of [1e21, 1e-7, -3, Infinity, -Infinity, NaN]) {
      expect(syntaxError(`up > ${q.printNumber(value)}`)).toBeUndefined();
    }
  });

  it("names the series that it reads", () => {
    expect(q.seriesNames(q.shareAtMost(engine.timeToFirstToken, 1, "5m", byModel))).toEqual([
      "vllm:time_to_first_token_seconds_bucket",
      "vllm:time_to_first_token_seconds_count",
    ]);
  });
});

describe("what an expression knows of itself", () => {
  it("is its kind and labels", () => {
    expectTypeOf(tokens).toEqualTypeOf<q.Vector<"rate", "model_name">>();
    expectTypeOf(q.quantileBy(0.9, engine.timeToFirstToken, "5m", q.by("pod"))).toEqualTypeOf<
      q.Vector<"quantile", "pod">
    >();
    expectTypeOf(q.div(tokens, waiting)).toEqualTypeOf<q.Vector<"quotient", "model_name">>();
    expectTypeOf(q.orZero(waiting)).toEqualTypeOf<q.Vector<"gauge", "model_name">>();
    expectTypeOf(q.gt.bool(waiting, 1)).toEqualTypeOf<q.Vector<"flag", "model_name">>();
    expectTypeOf(q.sub(q.time(), kube.podStartTime).quantity).toEqualTypeOf<"intensive">();
    expectTypeOf(q.absent(target.up.where({ job: "a", model: ["b", "c"] }))).toEqualTypeOf<
      q.Vector<"flag", "job">
    >();
    expectTypeOf(q.sum(tokens)).toEqualTypeOf<q.Vector<"rate", never>>();
    expect(q.absent(target.up.where({ job: "a" })).labels).toEqual(["job"]);
  });

  it("is its unit", () => {
    const units: readonly [q.Expression, string | undefined][] = [
      [tokens, "tokens/s"],
      [q.div(failed, finished), "ratio"],
      [q.div(tokens, finished), "tokens/requests"],
      [q.meanBy(engine.requestQueueTime, "5m", byModel), "seconds"],
      [q.shareAtMost(engine.timeToFirstToken, 1, "5m", byModel), "ratio"],
      [q.quantileBy(0.9, engine.timeToFirstToken, "5m", byModel), "seconds"],
      [q.quantileBy(0.9, engine.requestPromptTokens, "5m", byModel), "tokens"],
      [q.div(waiting, finished), "seconds"],
      [q.sub(q.time(), kube.podStartTime), "seconds"],
      [q.rate(machine.nodeCpuSeconds, "5m"), "seconds/s"],
      [q.count(kube.podInfo), "series"],
      [q.convert(q.sum(gpu.fbUsed), "bytes"), "bytes"],
      [q.convert(q.sum(q.rate(gpu.totalEnergyConsumption, "5m")), "watts"), "watts"],
      [q.withUnit(q.mul(tokens, 3600), "tokens/h"), "tokens/h"],
      [q.mul(q.sum(gpu.powerUsage, q.by("pod")), q.group(kube.podInfo, q.by("pod"))), "watts"],
    ];
    for (const [expression, unit] of units) expect(expression.unit, q.print(expression)).toBe(unit);
  });
});

describe("recorded series", () => {
  const rule = q.recorded("model:vllm_generation_tokens:rate5m", tokens, { labels: { source: "engine" } });

  it("carry their rule and are read like any series", () => {
    expect(rule.record).toBe("model:vllm_generation_tokens:rate5m");
    expect(rule.expression).toBe(tokens);
    expect(rule.ruleLabels).toEqual({ source: "engine" });
    expectTypeOf(rule.quantity).toEqualTypeOf<"rate">();
    expect(rule.unit).toBe("tokens/s");
    const text = q.print(
      q.sum(rule.where({ model_name: "m", source: "engine" }).offset("1d"), q.by("source")),
    );
    expect(text).toBe(
      'sum by (source) (model:vllm_generation_tokens:rate5m{model_name="m",source="engine"} offset 1d)',
    );
    expect(syntaxError(text)).toBeUndefined();
    expect(q.print(q.avgOverTime(rule, "1d"), { externalLabels: "keep" })).toBe(
      "avg_over_time(model:vllm_generation_tokens:rate5m[1d])",
    );
  });

  it("of bucket rates give quantiles", () => {
    const buckets = q.recorded(
      "model:vllm_time_to_first_token_seconds_bucket:rate5m",
      q.sum(q.rate(engine.timeToFirstToken.bucket, "5m"), q.by("le", "model_name")),
    );
    const p50 = q.histogramQuantile(0.5, q.sum(buckets, q.by("le", "model_name")));
    expect(q.print(p50)).toBe(
      "histogram_quantile(0.5, sum by (le, model_name) (model:vllm_time_to_first_token_seconds_bucket:rate5m))",
    );
    expect(p50.unit).toBe("seconds");
  });
});
