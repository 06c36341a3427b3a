import { describe, expect, it } from "vitest";

import { fleetRules, type RuleSet } from "../../../alerts/index.ts";
import { testRecordings, type InputSeries } from "../../support/promtool.ts";

const OWNED = 'namespace="vllm",pod="a",model="llama",team="chat",owner="ann"';
const ID = 'namespace="vllm",pod="a",node="n",model_name="llama",team="chat",owner="ann",engine="0"';
const gpu = (uuid: string, holder = 'namespace="vllm",pod="a",container="vllm",', node = "n") =>
  `node="${node}",${holder}UUID="${uuid}",gpu="0",modelName="H100"`;
const free = "";
const model = 'namespace="vllm", model_name="llama", team="chat", owner="ann"';

const sets = fleetRules({ prices: { h100: 8 } });

/** What recorded series must be after some time; nothing where the list is empty. */
function check(
  rules: RuleSet[],
  series: InputSeries,
  expected: Record<string, [string, number][]>,
  at = "20m",
) {
  const { code, output } = testRecordings(rules, series, expected, at);
  expect(code, output).toBe(0);
}

describe("GPUs and the models that hold them", () => {
  const devices: InputSeries = {
    [`up{${OWNED}}`]: "1x100",
    // Two that the model holds, one that nobody does, one of another pod that is no model.
    [`DCGM_FI_DEV_FB_USED{${gpu("u1")}}`]: "70000x100",
    [`DCGM_FI_DEV_FB_USED{${gpu("u2")}}`]: "70000x100",
    [`DCGM_FI_DEV_FB_USED{${gpu("u3", free)}}`]: "10x100",
    [`DCGM_FI_DEV_FB_USED{${gpu("u4", 'namespace="x",pod="job",')}}`]: "10x100",
    [`DCGM_FI_PROF_GR_ENGINE_ACTIVE{${gpu("u1")}}`]: "0.8x100",
    [`DCGM_FI_DEV_GPU_UTIL{${gpu("u1")}}`]: "100x100",
    [`DCGM_FI_DEV_GPU_UTIL{${gpu("u2")}}`]: "0x100",
    [`DCGM_FI_DEV_GPU_UTIL{${gpu("u3", free)}}`]: "0x100",
    [`DCGM_FI_DEV_POWER_USAGE{${gpu("u1")}}`]: "500x100",
    [`DCGM_FI_DEV_POWER_USAGE{${gpu("u2")}}`]: "100x100",
  };

  it("are counted by model, and those that idle", () => {
    check(sets, devices, {
      "model:gpus:count": [[`{${model}}`, 2]],
      "model:gpus_idle:sum": [[`{${model}}`, 1]],
      "model:gpu_power_watts:sum": [[`{${model}}`, 600]],
      "model:gpu_memory_used_bytes:sum": [[`{${model}}`, 2 * 70000 * 1048576]],
      "node:gpus:count": [['{node="n"}', 4]],
      "node:gpus_idle:sum": [['{node="n"}', 2]],
    });
  });

  it("take utilisation from profiling where it is, and average over devices", () => {
    check(sets, devices, { "model:gpu_utilisation:avg": [[`{${model}}`, 0.4]] });
  });

  it("count a GPU once that two MIG instances share, and its power, too", () => {
    const mig = (id: string) => `${gpu("m")},GPU_I_PROFILE="1g",GPU_I_ID="${id}"`;
    check(
      sets,
      {
        [`up{${OWNED}}`]: "1x100",
        [`DCGM_FI_DEV_FB_USED{${mig("1")}}`]: "1x100",
        [`DCGM_FI_DEV_FB_USED{${mig("2")}}`]: "1x100",
        [`DCGM_FI_DEV_POWER_USAGE{${mig("1")}}`]: "300x100",
        [`DCGM_FI_DEV_POWER_USAGE{${mig("2")}}`]: "300x100",
      },
      {
        "model:gpus:count": [[`{${model}}`, 1]],
        "model:gpu_power_watts:sum": [[`{${model}}`, 300]],
        "node:gpus:count": [['{node="n"}', 1]],
      },
    );
  });

  it("cost their share of the node", () => {
    const tokens: InputSeries = {
      // 8 $ an hour for four GPUs: the model holds two of them, for 1,000 tokens per second.
      'kube_node_labels{node="n",label_vllm_monitoring_node_group="h100"}': "1x100",
      [`vllm:generation_tokens_total{${ID}}`]: "0+15000x100",
      [`vllm:prompt_tokens_total{${ID}}`]: "0+45000x100",
    };
    check(
      sets,
      { ...devices, ...tokens },
      {
        "node:price_dollars_per_hour:sum": [['{node="n", node_group="h100"}', 8]],
        "model:cost_dollars_per_hour:sum": [[`{${model}}`, 4]],
        "node:idle_gpu_cost_dollars_per_hour:sum": [['{node="n"}', 4]],
        "model:dollars_per_million_generated_tokens:ratio": [[`{${model}}`, (4 / 3.6e6) * 1e6]],
        "model:dollars_per_million_tokens:ratio": [[`{${model}}`, (1 / 3.6e6) * 1e6]],
      },
    );
  });
});

describe("gateway and engine", () => {
  const CLIENT = 'namespace="g",pod="p",team="t",team_alias="chat",requested_model="llama"';
  const traffic: InputSeries = {
    [`litellm_proxy_total_requests_metric_total{${CLIENT},status_code="200"}`]: "0+90x100",
    [`litellm_proxy_total_requests_metric_total{${CLIENT},status_code="499"}`]: "0+15x100",
    [`litellm_proxy_total_requests_metric_total{${CLIENT},status_code="503"}`]: "0+45x100",
    [`litellm_proxy_failed_requests_metric_total{${CLIENT},exception_status="499"}`]: "0+15x100",
    [`litellm_proxy_failed_requests_metric_total{${CLIENT},exception_status="503"}`]: "0+45x100",
    [`litellm_request_queue_time_seconds_bucket{${CLIENT},le="0.1"}`]: "0+150x100",
    [`litellm_request_queue_time_seconds_bucket{${CLIENT},le="+Inf"}`]: "0+150x100",
    [`litellm_spend_metric_total{${CLIENT}}`]: "0+15x100",
    [`litellm_output_tokens_metric_total{${CLIENT}}`]: "0+3000x100",
    [`vllm:request_success_total{${ID},finished_reason="stop"}`]: "0+105x100",
    [`vllm:request_success_total{${ID},finished_reason="error"}`]: "0+15x100",
    [`vllm:request_queue_time_seconds_bucket{${ID},le="10.0"}`]: "0+120x100",
    [`vllm:request_queue_time_seconds_bucket{${ID},le="+Inf"}`]: "0+120x100",
  };
  const side = (stage: string) => `{model_name="llama", stage="${stage}"}`;

  it("stand beside each other: requests, errors, queues, and who hung up", () => {
    check(sets, traffic, {
      "request_path:requests:rate5m": [
        [side("gateway"), 10],
        [side("engine"), 8],
      ],
      "request_path:errors:rate5m": [
        [side("gateway"), 3],
        [side("engine"), 1],
      ],
      "request_path:client_disconnects:rate5m": [[side("gateway"), 1]],
      "request_path:queue_time_seconds:p95": [
        [side("gateway"), 0.095],
        [side("engine"), 9.5],
      ],
    });
  });

  it("say what each team uses and pays", () => {
    const team = '{team="t", team_alias="chat", model_name="llama"}';
    check(sets, traffic, {
      "team_model:litellm_output_tokens:rate5m": [[team, 200]],
      "team_model:litellm_spend_dollars:rate5m": [[team, 1]],
    });
  });
});

describe("capacity", () => {
  it("follows the trends an hour ahead, and knows what a replica has done at most", () => {
    check(
      sets,
      {
        [`vllm:num_requests_waiting{${ID}}`]: "0+1x500",
        [`vllm:kv_cache_usage_perc{${ID}}`]: "0.5x500",
        // 200 tokens per second, then half.
        [`vllm:generation_tokens_total{${ID}}`]: "0+3000x200 600000+1500x300",
      },
      {
        // One more every 15 s: 400 now, 240 more in an hour.
        "model:vllm_requests_waiting:predicted1h": [[`{${model}}`, 640]],
        "model:vllm_kv_cache_usage:predicted1h": [[`{${model}}`, 0.5]],
        "model:vllm_replica_generation_tokens:peak1d": [[`{${model}}`, 200]],
        "model:vllm_throughput_headroom:ratio": [[`{${model}}`, 0.5]],
      },
      "100m",
    );
  });
});

describe("data parallel, several API servers, and a router", () => {
  it("add up, exist before the first request, and are not counted twice", () => {
    const second = ID.replace('engine="0"', 'engine="1"');
    check(
      sets,
      {
        [`vllm:num_requests_running{${ID}}`]: "3x100",
        [`vllm:num_requests_running{${second}}`]: "4x100",
        [`vllm:kv_cache_usage_perc{${ID}}`]: "0.2x100",
        [`vllm:kv_cache_usage_perc{${second}}`]: "0.9x100",
        // Its gauges are absent; only counters tell that it is there.
        [`vllm:generation_tokens_total{${ID.replace('pod="a"', 'pod="idle"')}}`]: "0x100",
        'vllm:num_requests_running{namespace="vllm",pod="router",server="http://a:8000"}': "7x100",
      },
      {
        "model:vllm_requests_running:sum": [[`{${model}}`, 7]],
        "model:vllm_kv_cache_usage:max": [[`{${model}}`, 0.9]],
        "model:vllm_replicas:count": [[`{${model}}`, 2]],
        "node:vllm_requests_running:sum": [['{node="n"}', 7]],
      },
    );
  });
});
