import { Severity, type AlertRule } from "../types.ts";

/**
 * Always fires. Route it to a heartbeat service outside the cluster (`AlertRoutes` `heartbeat`), which raises an alarm
 * when it stops: the only alert that reports a broken alert path.
 */
export const watchdog: AlertRule = {
  alert: "Watchdog",
  expr: "vector(1)",
  severity: Severity.None,
  labels: { component: "monitoring" },
  annotations: {
    summary: "Alerts reach Alertmanager.",
    description:
      "This alert always fires. When its notifications stop, Prometheus, Alertmanager or the way between them is broken.",
  },
};
