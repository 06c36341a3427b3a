/** Panels on how alerts reach people, and how configuration reaches Prometheus. */
import {
  alertmanagerSeries,
  bridgeSeries,
  operatorSeries,
  prometheusSeries,
  reloaderSeries,
} from "../../metrics/monitoring/index.ts";
import { by, histogramQuantile, max, min, rate, sub, sum, time } from "../../metrics/promql/index.ts";
import type { BoardTools } from "../board.ts";
import { share } from "./models.ts";

const WINDOW = "$__rate_interval";
const bridge = "the DingTalk bridge, and a message it handled";

/** From Prometheus to people. */
export function alerts({ panels, choose }: BoardTools) {
  const integration = by("integration");
  const took = sum(
    rate(choose(alertmanagerSeries.notificationLatencySeconds.bucket), WINDOW),
    by("le", "integration"),
  );
  return [
    panels.lines({
      title: "Alerts sent by Prometheus",
      description: "Alerts per second to each Alertmanager, and those that were lost on the way.",
      queries: [
        { expr: sum(rate(choose(prometheusSeries.notificationsSent), WINDOW)), legend: "sent" },
        { expr: sum(rate(choose(prometheusSeries.notificationsErrors), WINDOW)), legend: "failed" },
        { expr: sum(rate(choose(prometheusSeries.notificationsDropped), WINDOW)), legend: "dropped" },
      ],
    }),
    panels.lines({
      title: "Alerts in Alertmanager",
      description: "active: sent or about to be. suppressed: silenced or inhibited.",
      queries: [{ expr: max(choose(alertmanagerSeries.alerts), by("state")), legend: "{{state}}" }],
    }),
    panels.lines({
      title: "Notifications that fail",
      description: "Share of each integration's notifications that could not be delivered.",
      max: 1,
      thresholds: [{ from: 0.01, color: "red" }],
      condition: "a notification sent",
      queries: [
        {
          expr: share(
            sum(rate(choose(alertmanagerSeries.notificationsFailed), WINDOW), integration),
            sum(rate(choose(alertmanagerSeries.notifications), WINDOW), integration),
          ),
          legend: "{{integration}}",
        },
      ],
    }),
    panels.lines({
      title: "Time of notifications, p95",
      description: "How long an integration takes to take a notification.",
      condition: "a notification sent",
      queries: [{ expr: histogramQuantile(0.95, took), legend: "{{integration}}" }],
    }),
    panels.lines({
      title: "DingTalk messages",
      description:
        "Notifications per second that the bridge delivered, failed to deliver, and merged because of DingTalk's limit.",
      condition: bridge,
      queries: [
        {
          expr: sum(rate(choose(bridgeSeries.notificationsSent), WINDOW), by("robot")),
          legend: "{{robot}} sent",
        },
        {
          expr: sum(rate(choose(bridgeSeries.notificationsFailed), WINDOW), by("robot")),
          legend: "{{robot}} failed",
        },
        {
          expr: sum(rate(choose(bridgeSeries.notificationsCoalesced), WINDOW), by("robot")),
          legend: "{{robot}} merged",
        },
      ],
    }),
    panels.lines({
      title: "Messages that wait for DingTalk",
      description: "Notifications in the bridge's queue: a robot takes 20 a minute.",
      condition: "the DingTalk bridge",
      queries: [{ expr: sum(choose(bridgeSeries.queuedNotifications), by("robot")), legend: "{{robot}}" }],
    }),
  ];
}

/** From objects to what runs. */
export function operator({ panels, choose }: BoardTools) {
  return [
    panels.lines({
      title: "Reconciliations that fail",
      description:
        "Share of the operator's reconciliations that fail: a change of the configuration does not arrive.",
      max: 1,
      queries: [
        {
          expr: share(
            sum(rate(choose(operatorSeries.reconcileErrors), WINDOW), by("controller")),
            sum(rate(choose(operatorSeries.reconcileOperations), WINDOW), by("controller")),
          ),
          legend: "{{controller}}",
        },
      ],
      condition: "the Prometheus operator, and a reconciliation in the window",
    }),
    panels.lines({
      title: "Objects refused by the operator",
      description: "Rules and monitors that the operator leaves out because they are wrong.",
      condition: "an object that was refused",
      queries: [
        {
          expr: max(
            choose(operatorSeries.managedResources.where({ state: "rejected" })),
            by("controller", "resource"),
          ),
          legend: "{{controller}} {{resource}}",
        },
      ],
    }),
    panels.lines({
      title: "Last reload succeeded",
      description: "0: the configuration on disk is not the one that runs.",
      max: 1,
      queries: [
        { expr: min(choose(prometheusSeries.configLastReloadSuccessful), by("pod")), legend: "{{pod}}" },
        { expr: min(choose(alertmanagerSeries.configLastReloadSuccessful), by("pod")), legend: "{{pod}}" },
        {
          expr: min(choose(reloaderSeries.lastReloadSuccessful), by("pod", "container")),
          legend: "{{pod}} {{container}}",
        },
      ],
    }),
    panels.lines({
      title: "Age of the configuration",
      description: "Time since the last reload that succeeded.",
      unit: "seconds",
      queries: [
        {
          expr: sub(time(), max(choose(prometheusSeries.configLastReloadSuccessTimestampSeconds), by("pod"))),
          legend: "{{pod}}",
        },
      ],
    }),
  ];
}
