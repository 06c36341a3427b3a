import type { AlertCases } from "../../../support/rule-cases.ts";
import type { ExpectedAlert, InputSeries } from "../../../support/promtool.ts";

const fired = (alertname: string, severity: string, labels: Record<string, string>): ExpectedAlert[] => [
  { labels: { alertname, severity, component: "gateway", ...labels } },
];

const ENDPOINT = "http://llama:8000/v1/chat/completions";
const DEPLOYMENT = 'namespace="g",pod="p",litellm_model_name="llama",model_id="1",api_provider="hosted_vllm"';
const state = (pid: string) => `litellm_deployment_state{pid="${pid}",${DEPLOYMENT},api_base="${ENDPOINT}"}`;
const success = (endpoint = ENDPOINT) =>
  `litellm_deployment_success_responses_total{${DEPLOYMENT},api_base="${endpoint}"}`;
const failure = (status: string, endpoint = ENDPOINT) =>
  `litellm_deployment_failure_responses_total{${DEPLOYMENT},api_base="${endpoint}",exception_status="${status}"}`;
const ofDeployment = {
  namespace: "g",
  litellm_model_name: "llama",
  model_id: "1",
  model_name: "llama",
};
const out = fired("GatewayDeploymentOutage", "critical", ofDeployment);
const degraded = fired("GatewayDeploymentDegraded", "warning", ofDeployment);

const CLIENT = 'namespace="g",pod="p",team="t",team_alias="chat",requested_model="llama"';
const total = (status: string) =>
  `litellm_proxy_total_requests_metric_total{${CLIENT},status_code="${status}"}`;
const failed = (status: string) =>
  `litellm_proxy_failed_requests_metric_total{${CLIENT},exception_status="${status}",exception_class="X"}`;
const coolDown = failed("429").replace('"X"', '"RouterRateLimitError"');
const served =
  'vllm:request_success_total{namespace="vllm",pod="a",model_name="llama",team="chat",owner="ann",finished_reason="stop"}';
const ofModel = { model_name: "llama" };

/** Of a hundred requests a step, so many with this status. */
function answers(status: string, bad: string, rest: InputSeries = {}): InputSeries {
  return { [total("200")]: "0+100x300", [failed(status)]: bad, [served]: "0+100x300", ...rest };
}

const fellBack = `litellm_deployment_successful_fallbacks_total{${CLIENT},fallback_model="other"}`;
const notFellBack = `litellm_deployment_failed_fallbacks_total{${CLIENT},fallback_model="other"}`;
const team = 'namespace="g",pod="p",team="t",team_alias="chat"';
const budget = (left: string, most: string): InputSeries => ({
  [`litellm_remaining_team_budget_metric{${team},pid="1"}`]: left,
  [`litellm_team_max_budget_metric{${team},pid="1"}`]: most,
  [`litellm_team_max_budget_metric{${team},pid="2"}`]: most,
});
const low = fired("GatewayTeamBudgetLow", "warning", { namespace: "g", team: "t", team_alias: "chat" });
const workers = (count: number, values: string): InputSeries =>
  Object.fromEntries(Array.from({ length: count }, (_, pid) => [state(String(pid)), values]));

export const gatewayCases: AlertCases[] = [
  {
    alert: "GatewayDeploymentOutage",
    tests: [
      {
        name: "fires when nothing succeeds, and resolves once something does",
        series: { [failure("500")]: "0+1x60 60x60", [success()]: "0x60 0+1x60" },
        expect: { "1m45s": [], "5m": out, "20m": [] },
      },
      {
        name: "fires where nothing has ever succeeded, resolves without calls",
        series: { [failure("408")]: "0+1x60 60x60" },
        expect: { "5m": out, "25m": [] },
      },
      {
        name: "stays silent while another endpoint of the deployment answers",
        series: { [failure("500")]: "0+1x100", [success("http://llama:8000/v1/embeddings")]: "0+1x100" },
        expect: { "10m": [] },
      },
      {
        name: "stays silent for what clients did wrong",
        series: { [failure("400")]: "0+1x100", [failure("429")]: "0+1x100" },
        expect: { "10m": [] },
      },
      {
        name: "stays silent when clients hang up",
        series: { [failure("499", "")]: "0+1x100", [failure("500", "")]: "0+1x100" },
        expect: { "10m": [] },
      },
      {
        name: "stays silent with four in five minutes",
        series: { [failure("500")]: "0+0.2x100" },
        expect: { "10m": [] },
      },
    ],
  },
  {
    alert: "GatewayDeploymentDegraded",
    tests: [
      {
        name: "fires above 5 % and resolves",
        series: { [failure("503")]: "0+6x100 600x100", [success()]: "0+94x200" },
        expect: { "9m": [], "20m": degraded, "45m": [] },
      },
      {
        name: "stays silent at 5 %",
        series: { [failure("503")]: "0+5x100", [success()]: "0+95x100" },
        expect: { "20m": [] },
      },
      {
        name: "stays silent with four in five minutes",
        series: { [failure("503")]: "0+0.2x100", [success()]: "0+1x100" },
        expect: { "20m": [] },
      },
      {
        name: "leaves a whole outage to its own alert",
        series: { [failure("503")]: "0+6x100", [success()]: "0x100" },
        expect: { "20m": [] },
      },
    ],
  },
  {
    alert: "GatewayErrors",
    tests: [
      {
        name: "fires above 5 % and resolves",
        series: answers("503", "0+6x100 600x200"),
        expect: { "4m": [], "20m": fired("GatewayErrors", "critical", ofModel), "45m": [] },
      },
      { name: "stays silent at 5 %", series: answers("503", "0+5x200"), expect: { "20m": [] } },
      {
        name: "counts engines that do not answer in time",
        series: answers("408", "0+6x200"),
        expect: { "20m": fired("GatewayErrors", "critical", ofModel) },
      },
      {
        name: "counts the cool-down of all engines, which is no limit of a client",
        series: { [total("200")]: "0+100x200", [coolDown]: "0+6x200" },
        expect: { "20m": fired("GatewayErrors", "critical", ofModel) },
      },
      {
        name: "stays silent for what clients did wrong",
        series: answers("429", "0+50x200"),
        expect: { "20m": [] },
      },
      {
        name: "stays silent with four in five minutes",
        series: { [total("200")]: "0+1x200", [failed("500")]: "0+0.2x200" },
        expect: { "20m": [] },
      },
    ],
  },
  {
    alert: "ClientsDisconnecting",
    tests: [
      {
        name: "fires above 10 % and resolves",
        series: answers("499", "0+11x100 1100x200"),
        expect: { "9m": [], "20m": fired("ClientsDisconnecting", "warning", ofModel), "45m": [] },
      },
      { name: "stays silent at 10 %", series: answers("499", "0+10x200"), expect: { "20m": [] } },
      {
        name: "stays silent for models of others",
        series: { [total("200")]: "0+100x200", [failed("499")]: "0+50x200" },
        expect: { "20m": [] },
      },
      {
        name: "stays silent with four in five minutes",
        series: { [total("200")]: "0+1x200", [failed("499")]: "0+0.2x200", [served]: "0+1x200" },
        expect: { "20m": [] },
      },
    ],
  },
  {
    alert: "GatewayFallbacks",
    tests: [
      {
        name: "fires above 5 % and resolves",
        series: { [total("200")]: "0+100x300", [fellBack]: "0+6x100 600x200" },
        expect: { "9m": [], "20m": fired("GatewayFallbacks", "warning", ofModel), "45m": [] },
      },
      {
        name: "stays silent at 5 %",
        series: { [total("200")]: "0+100x200", [fellBack]: "0+5x200" },
        expect: { "20m": [] },
      },
      {
        name: "stays silent with four in five minutes",
        series: { [total("200")]: "0+1x200", [fellBack]: "0+0.2x200" },
        expect: { "20m": [] },
      },
    ],
  },
  {
    alert: "GatewayFallbacksFailing",
    tests: [
      {
        name: "fires above 5 % and resolves",
        series: { [fellBack]: "0+94x300", [notFellBack]: "0+6x100 600x200" },
        expect: { "4m": [], "20m": fired("GatewayFallbacksFailing", "critical", ofModel), "45m": [] },
      },
      {
        name: "fires when none succeeds",
        series: { [notFellBack]: "0+6x200" },
        expect: { "20m": fired("GatewayFallbacksFailing", "critical", ofModel) },
      },
      {
        name: "stays silent at 5 %",
        series: { [fellBack]: "0+95x200", [notFellBack]: "0+5x200" },
        expect: { "20m": [] },
      },
      {
        name: "stays silent with four in five minutes",
        series: { [notFellBack]: "0+0.2x200" },
        expect: { "20m": [] },
      },
    ],
  },
  {
    alert: "GatewayTeamBudgetLow",
    tests: [
      {
        name: "fires below a tenth, and resolves",
        series: budget("9x60 100x60", "100x120"),
        expect: { "4m": [], "10m": low, "20m": [] },
      },
      { name: "stays silent at a tenth", series: budget("10x60", "100x60"), expect: { "10m": [] } },
      { name: "stays silent without a budget", series: budget("-5x60", "0x60"), expect: { "10m": [] } },
    ],
  },
  {
    alert: "GatewayWorkerSeries",
    tests: [
      {
        name: "fires with 33 processes, resolves with fewer",
        series: { ...workers(32, "0x200"), [state("dead")]: "0x100 stale" },
        expect: {
          "14m": [],
          "20m": fired("GatewayWorkerSeries", "warning", { namespace: "g", pod: "p" }),
          "30m": [],
        },
      },
      { name: "stays silent with 32", series: workers(32, "0x100"), expect: { "20m": [] } },
    ],
  },
];
