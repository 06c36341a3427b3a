import type { PodMonitorSpec } from "../crds/monitoring.ts";
import { selectorLabels } from "../support/labels.ts";
import { alertmanagerPodLabels } from "./alertmanager.ts";
import { OPERATOR_APPLICATION } from "./operator.ts";
import { prometheusPodLabels } from "./prometheus.ts";

/** Monitors of the monitoring itself; the `job` label is the application's name. */
export function selfMonitors(instance: string): Record<string, PodMonitorSpec> {
  return {
    prometheus: monitor(prometheusPodLabels(instance), ["web", "reloader-web"]),
    alertmanager: monitor(alertmanagerPodLabels(instance), ["web", "reloader-web"]),
    operator: monitor(selectorLabels(OPERATOR_APPLICATION, instance) as Record<string, string>, ["http"]),
  };
}

function monitor(matchLabels: Record<string, string>, ports: string[]): PodMonitorSpec {
  return {
    jobLabel: "app.kubernetes.io/name",
    selector: { matchLabels },
    podMetricsEndpoints: ports.map((port) => ({ port, path: "/metrics" })),
  };
}
