import type { AlertCases } from "../../../support/rule-cases.ts";

const ID = 'namespace="vllm",pod="a",node="n",team="chat",owner="ann"';
const id = { namespace: "vllm", pod: "a", node: "n", team: "chat", owner: "ann" };
const ofModel = { namespace: "vllm", team: "chat", owner: "ann", model_name: "llama" };
const series = (name: string, more = "") =>
  `vllm:${name}{${ID},model="llama",model_name="llama",engine="0"${more}}`;

const alert = (alertname: string, severity: string, labels: Record<string, string>) => [
  { labels: { alertname, severity, component: "engine", ...labels } },
];
const ofReplica = { ...id, model_name: "llama" };
const ofTarget = {
  namespace: "vllm",
  pod: "a",
  team: "chat",
  owner: "ann",
  model: "llama",
  model_name: "llama",
};

const pressed = alert("KvCachePressure", "warning", ofReplica);
const stuck = alert("EngineStuck", "critical", ofReplica);
const failing = alert("EngineErrors", "critical", ofModel);
const rejecting = alert("RequestsRejected", "warning", ofModel);
const collapsed = alert("PrefixCacheCollapse", "warning", ofModel);
const restarting = alert("EngineRestarting", "warning", ofTarget);
const blind = alert("EngineMetricsAbsent", "warning", ofTarget);

const usage = series("kv_cache_usage_perc");
const preemptions = series("num_preemptions_total");
const tokens = series("generation_tokens_total");
const prompts = series("prompt_tokens_total");
const waiting = series("num_requests_waiting");
const ended = series("request_success_total", ',finished_reason="stop"');
const errors = series("request_success_total", ',finished_reason="error"');
const rejections = series("admission_rejections_total", ',reason="max_num_queued_reqs"').replace(
  ',engine="0"',
  "",
);
const hits = series("prefix_cache_hits_total");
const queries = series("prefix_cache_queries_total");
const started = `process_start_time_seconds{${ID},model="llama"}`;
const up = `up{${ID},model="llama"}`;

/** Samples are 15 s apart. */
export const engineCases: AlertCases[] = [
  {
    alert: "KvCachePressure",
    tests: [
      {
        name: "fires with a full cache and preemptions, resolves with room",
        series: { [tokens]: "0x200", [usage]: "0.95x60 0.5x100", [preemptions]: "0+2x200" },
        expect: { "9m": [], "14m": pressed, "20m": [] },
      },
      {
        name: "stays silent with a full cache alone, at both thresholds",
        series: { [tokens]: "0x100", [usage]: "0.99x100", [preemptions]: "0+1x100" },
        expect: { "14m": [], "20m": [] },
      },
      {
        name: "stays silent with preemptions at 90 %",
        series: { [tokens]: "0x100", [usage]: "0.9x100", [preemptions]: "0+2x100" },
        expect: { "20m": [] },
      },
    ],
  },
  {
    alert: "EngineStuck",
    tests: [
      {
        name: "fires when tokens stop, resolves when they come again",
        series: {
          [waiting]: "3x200",
          [tokens]: "0+50x20 1000x80 1050+50x100",
          [prompts]: "0+50x20 1000x180",
        },
        expect: { "5m": [], "14m": [], "18m": stuck, "30m": [] },
      },
      {
        name: "stays silent without a queue, and while the gauge is absent",
        series: { [tokens]: "1000x100", [prompts]: "1000x100" },
        expect: { "15m": [] },
      },
      {
        name: "stays silent while prompts are read",
        series: { [waiting]: "3x100", [tokens]: "1000x100", [prompts]: "0+50x100" },
        expect: { "15m": [] },
      },
    ],
  },
  {
    alert: "EngineErrors",
    tests: [
      {
        name: "fires above 5 %, resolves",
        series: { [ended]: "0+94x200", [errors]: "0+6x60 360x140" },
        expect: { "4m": [], "12m": failing, "25m": [] },
      },
      {
        name: "stays silent at 5 %",
        series: { [ended]: "0+95x100", [errors]: "0+5x100" },
        expect: { "15m": [] },
      },
      {
        name: "stays silent with four failures in five minutes",
        series: { [ended]: "0+1x100", [errors]: "0+0.2x100" },
        expect: { "15m": [] },
      },
    ],
  },
  {
    alert: "RequestsRejected",
    tests: [
      {
        name: "fires above 5 %, resolves",
        series: { [ended]: "0+94x200", [rejections]: "0+6x60 360x140" },
        expect: { "4m": [], "12m": rejecting, "25m": [] },
      },
      {
        name: "stays silent at 5 % of all that came",
        series: { [ended]: "0+95x100", [rejections]: "0+5x100" },
        expect: { "15m": [] },
      },
      {
        name: "stays silent with four refused in five minutes",
        series: { [ended]: "0+1x100", [rejections]: "0+0.2x100" },
        expect: { "15m": [] },
      },
    ],
  },
  {
    alert: "PrefixCacheCollapse",
    tests: [
      {
        name: "fires below half of yesterday's share, resolves",
        interval: "1m",
        series: { [queries]: "0+100x1700", [hits]: "0+60x1440 86400+10x120 87600+60x140" },
        expect: { "1440m": [], "1500m": collapsed, "1620m": [] },
      },
      {
        name: "stays silent above half of yesterday's share",
        interval: "1m",
        series: { [queries]: "0+100x1600", [hits]: "0+60x1440 86400+31x160" },
        expect: { "1560m": [] },
      },
      {
        name: "stays silent when yesterday's share was small",
        interval: "1m",
        series: { [queries]: "0+100x1600", [hits]: "0+19x1440 27360x160" },
        expect: { "1560m": [] },
      },
    ],
  },
  {
    alert: "EngineRestarting",
    tests: [
      {
        name: "fires at the second start within an hour, resolves",
        series: { [started]: "100x40 200x40 300x300" },
        expect: { "15m": [], "21m": restarting, "90m": [] },
      },
      {
        name: "fires at the second beginning of the counters",
        series: { [tokens]: "100x40 10x20 50x20 5x300" },
        expect: { "12m": [], "21m": restarting, "94m": [] },
      },
      {
        name: "fires by the counters where the start time changed but once",
        series: { [started]: "100x40 200x340", [tokens]: "100x40 10x20 50x20 5x300" },
        expect: { "12m": [], "21m": restarting },
      },
    ],
  },
  {
    alert: "EngineMetricsAbsent",
    tests: [
      {
        name: "fires without engine metrics, resolves with them",
        series: { [up]: "1x200", [tokens]: "_x60 0x140" },
        expect: { "9m": [], "12m": blind, "20m": [] },
      },
      { name: "stays silent while the target is down", series: { [up]: "0x100" }, expect: { "15m": [] } },
    ],
  },
];
