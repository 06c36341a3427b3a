import {
  alertmanagerSeries,
  bridgeSeries,
  prometheusSeries,
  reloaderSeries,
  target,
} from "../../metrics/monitoring/index.ts";
import { by, increase, not, print, rate, sum } from "../../metrics/promql/index.ts";
import { Board } from "../boards.ts";
import { Severity, type AlertRule } from "../types.ts";

/** Series that a replica may have; a real one has about 400, one with four engines behind four API servers 1,400. */
export const REPLICA_SERIES_BUDGET = 5000;
/** Share of deliveries that may fail. */
export const FAILED_DELIVERIES = 0.01;

const labels = { component: "monitoring" };
const dashboard = { uid: Board.monitoring };

/** Something that should be scraped does not answer. Replicas that load their weights don't either, hence the patience. */
export const targetDown: AlertRule = {
  alert: "TargetDown",
  expr: `${print(target.up)} == 0`,
  for: "15m",
  severity: Severity.Warning,
  labels,
  dashboard,
  annotations: {
    summary:
      "{{ $labels.namespace }}/{{ $labels.pod }} ({{ $labels.job }}) has not been scraped for 15 minutes.",
    description: "Whatever this target does, no rule sees it, and alerts on it are silent.",
  },
};

const failures = print(
  sum(increase(prometheusSeries.ruleEvaluationFailures, "5m"), by("namespace", "pod", "rule_group")),
);

/** Rules that can't be evaluated: their alerts don't fire. */
export const ruleFailures: AlertRule = {
  alert: "PrometheusRuleFailures",
  expr: `${failures} > 0`,
  for: "5m",
  severity: Severity.Critical,
  labels,
  dashboard,
  annotations: {
    summary: "{{ $labels.rule_group }} failed {{ $value | humanize }} times in five minutes.",
    description: "A rule that fails records nothing and fires nothing: its alerts are silently missing.",
  },
};

const missed = print(
  sum(increase(prometheusSeries.ruleGroupIterationsMissed, "15m"), by("namespace", "pod", "rule_group")),
);

/** Groups that take longer than their interval. */
export const ruleGroupSlow: AlertRule = {
  alert: "PrometheusRuleGroupSlow",
  expr: `${missed} > 0`,
  for: "15m",
  severity: Severity.Warning,
  labels,
  dashboard,
  annotations: {
    summary: "{{ $labels.rule_group }} missed {{ $value | humanize }} evaluations in 15 minutes.",
    description:
      "The group takes longer than its interval, so alerts come late and recorded series have gaps.",
  },
};

/** A configuration that Prometheus refused: it runs on with the one before. */
export const prometheusReloadFailed: AlertRule = {
  alert: "PrometheusConfigReloadFailed",
  expr: `${print(prometheusSeries.configLastReloadSuccessful)} == 0`,
  for: "10m",
  severity: Severity.Critical,
  labels,
  dashboard,
  annotations: {
    summary: "{{ $labels.namespace }}/{{ $labels.pod }} refused its configuration.",
    description:
      "Prometheus runs on with the configuration before: new rules, targets and models are not there.",
  },
};

/** The same of Alertmanager. */
export const alertmanagerReloadFailed: AlertRule = {
  alert: "AlertmanagerConfigReloadFailed",
  expr: `${print(alertmanagerSeries.configLastReloadSuccessful)} == 0`,
  for: "10m",
  severity: Severity.Critical,
  labels,
  dashboard,
  annotations: {
    summary: "{{ $labels.namespace }}/{{ $labels.pod }} refused its configuration.",
    description:
      "Alertmanager runs on with the configuration before: new routes and receivers are not there.",
  },
};

/** The sidecar that hands configurations over. */
export const reloaderFailed: AlertRule = {
  alert: "ConfigReloaderFailed",
  expr: `${print(reloaderSeries.lastReloadSuccessful)} == 0`,
  for: "10m",
  severity: Severity.Warning,
  labels,
  dashboard,
  annotations: {
    summary: "The config reloader of {{ $labels.namespace }}/{{ $labels.pod }} fails.",
    description: "What is changed in the configuration does not reach the program.",
  },
};

/** Prometheus knows no Alertmanager. */
export const noAlertmanager: AlertRule = {
  alert: "PrometheusWithoutAlertmanager",
  expr: `${print(prometheusSeries.notificationsAlertmanagersDiscovered)} < 1`,
  for: "5m",
  severity: Severity.Critical,
  labels,
  dashboard,
  annotations: {
    summary: "{{ $labels.namespace }}/{{ $labels.pod }} knows no Alertmanager.",
    description:
      "No alert of this Prometheus is sent. If it is the only one, you see this on a dashboard only.",
  },
};

function failedShare(failed: string, all: string): string {
  return `${failed} / ${all} > ${String(FAILED_DELIVERIES)}`;
}

const toAlertmanager = by("namespace", "pod", "alertmanager");

/** Prometheus can't reach an Alertmanager. */
export const alertsNotSent: AlertRule = {
  alert: "PrometheusAlertsNotSent",
  expr: failedShare(
    print(sum(rate(prometheusSeries.notificationsErrors, "5m"), toAlertmanager)),
    print(sum(rate(prometheusSeries.notificationsSent, "5m"), toAlertmanager)),
  ),
  for: "10m",
  severity: Severity.Critical,
  labels,
  dashboard,
  annotations: {
    summary:
      "{{ $value | humanizePercentage }} of the alerts to {{ $labels.alertmanager }} fail in {{ $labels.namespace }}/{{ $labels.pod }}.",
    description: "If that is the only Alertmanager, alerts don't arrive.",
  },
};

const integration = by("namespace", "pod", "integration");

/** Alertmanager's receivers. */
export const deliveryFailing: AlertRule = {
  alert: "AlertmanagerDeliveryFailing",
  expr: failedShare(
    print(sum(rate(alertmanagerSeries.notificationsFailed, "5m"), integration)),
    print(sum(rate(alertmanagerSeries.notifications, "5m"), integration)),
  ),
  for: "5m",
  severity: Severity.Critical,
  labels,
  dashboard,
  annotations: {
    summary: "{{ $value | humanizePercentage }} of the notifications by {{ $labels.integration }} fail.",
    description:
      "People don't learn of alerts by this way. Alertmanager repeats what failed for a while only.",
  },
};

const robot = by("namespace", "robot");

/** The bridge to DingTalk. */
export const bridgeFailing: AlertRule = {
  alert: "DingTalkBridgeFailing",
  expr: failedShare(
    print(sum(rate(bridgeSeries.notificationsFailed, "5m"), robot)),
    print(sum(rate(bridgeSeries.notificationsReceived, "5m"), robot)),
  ),
  for: "5m",
  severity: Severity.Critical,
  labels,
  dashboard,
  annotations: {
    summary: "{{ $value | humanizePercentage }} of the notifications for the robot {{ $labels.robot }} fail.",
    description:
      "DingTalk refuses the messages or can't be reached; the label `reason` of the counter says why.",
  },
};

/** More series than a replica needs. */
export const replicaSeriesBudget: AlertRule = {
  alert: "ReplicaSeriesBudget",
  expr: `${print(target.scrapeSamplesPostMetricRelabeling.where({ model: not("") }))} > ${String(REPLICA_SERIES_BUDGET)}`,
  for: "15m",
  severity: Severity.Warning,
  labels: { ...labels, model_name: "{{ $labels.model }}" },
  dashboard,
  annotations: {
    summary: "{{ $labels.namespace }}/{{ $labels.pod }} of {{ $labels.model }} exposes {{ $value }} series.",
    description: `The budget of a replica is ${String(REPLICA_SERIES_BUDGET)}. Memory and storage of Prometheus grow with the series.`,
  },
};
