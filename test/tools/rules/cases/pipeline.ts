import type { AlertCases } from "../../../support/rule-cases.ts";

const fired = (alertname: string, severity: string, labels: Record<string, string>) => [
  { labels: { alertname, severity, component: "monitoring", ...labels } },
];
const pod = { namespace: "m", pod: "p" };
const POD = 'namespace="m",pod="p"';

/** A gauge that is right at 1 and wrong at 0. */
function atZero(alert: string, metric: string, severity: string, wait: [string, string]): AlertCases {
  const firing = fired(alert, severity, pod);
  return {
    alert,
    tests: [
      {
        name: "fires at 0 and resolves at 1",
        series: { [`${metric}{${POD}}`]: "0x80 1x80" },
        expect: { [wait[0]]: [], [wait[1]]: firing, "30m": [] },
      },
      { name: "stays silent at 1", series: { [`${metric}{${POD}}`]: "1x100" }, expect: { "20m": [] } },
    ],
  };
}

/** Failures among all, more than 1 %. */
function share(alert: string, failed: string, all: string, labels: Record<string, string>): AlertCases {
  const matchers = Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(",");
  const [bad, whole] = [`${failed}{${matchers}}`, `${all}{${matchers}}`];
  return {
    alert,
    tests: [
      {
        name: "fires above 1 % and resolves",
        series: { [whole]: "0+1000x200", [bad]: "0+11x80 880x120" },
        expect: { "4m": [], "18m": fired(alert, "critical", labels), "40m": [] },
      },
      {
        name: "stays silent at 1 %",
        series: { [whole]: "0+1000x100", [bad]: "0+10x100" },
        expect: { "20m": [] },
      },
      {
        name: "stays silent with nothing sent",
        series: { [whole]: "0x100", [bad]: "0x100" },
        expect: { "20m": [] },
      },
    ],
  };
}

/** A counter of failures that must not move. */
function anyIncrease(alert: string, metric: string, severity: string): AlertCases {
  const labels = { ...pod, rule_group: "f;g" };
  const name = `${metric}{${POD},rule_group="f;g"}`;
  return {
    alert,
    tests: [
      {
        name: "fires while it moves and resolves",
        series: { [name]: "0+1x120 120x200" },
        expect: { "4m": [], "25m": fired(alert, severity, labels), "70m": [] },
      },
      { name: "stays silent while it stands", series: { [name]: "7x100" }, expect: { "20m": [] } },
    ],
  };
}

const scraped = 'scrape_samples_post_metric_relabeling{namespace="vllm",pod="a",model="llama"}';

export const pipelineCases: AlertCases[] = [
  atZero("TargetDown", "up", "warning", ["14m", "16m"]),
  atZero("PrometheusConfigReloadFailed", "prometheus_config_last_reload_successful", "critical", [
    "9m",
    "12m",
  ]),
  atZero("AlertmanagerConfigReloadFailed", "alertmanager_config_last_reload_successful", "critical", [
    "9m",
    "12m",
  ]),
  atZero("ConfigReloaderFailed", "reloader_last_reload_successful", "warning", ["9m", "12m"]),
  atZero("PrometheusWithoutAlertmanager", "prometheus_notifications_alertmanagers_discovered", "critical", [
    "4m",
    "6m",
  ]),
  share(
    "PrometheusAlertsNotSent",
    "prometheus_notifications_errors_total",
    "prometheus_notifications_sent_total",
    { ...pod, alertmanager: "http://a" },
  ),
  share(
    "AlertmanagerDeliveryFailing",
    "alertmanager_notifications_failed_total",
    "alertmanager_notifications_total",
    {
      ...pod,
      integration: "webhook",
    },
  ),
  share(
    "DingTalkBridgeFailing",
    "dingtalk_bridge_notifications_failed_total",
    "dingtalk_bridge_notifications_received_total",
    { namespace: "m", robot: "oncall" },
  ),
  anyIncrease("PrometheusRuleFailures", "prometheus_rule_evaluation_failures_total", "critical"),
  anyIncrease("PrometheusRuleGroupSlow", "prometheus_rule_group_iterations_missed_total", "warning"),
  {
    alert: "ReplicaSeriesBudget",
    tests: [
      {
        name: "fires above the budget, resolves",
        series: { [scraped]: "5001x80 5000x80" },
        expect: {
          "14m": [],
          "16m": fired("ReplicaSeriesBudget", "warning", {
            namespace: "vllm",
            pod: "a",
            model: "llama",
            model_name: "llama",
          }),
          "25m": [],
        },
      },
      { name: "stays silent at it", series: { [scraped]: "5000x100" }, expect: { "20m": [] } },
    ],
  },
];
