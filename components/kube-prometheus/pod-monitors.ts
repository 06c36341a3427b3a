import type { PodMonitorSpec } from "../crds/monitoring.ts";
import { selectorLabels } from "../support/labels.ts";
import { alertmanagerPodLabels } from "./alertmanager.ts";
import type { KubePrometheusArgs } from "./args.ts";
import { OPERATOR_APPLICATION } from "./operator.ts";
import { prometheusPodLabels } from "./prometheus.ts";
import { THANOS_SIDECAR_APPLICATION } from "./thanos.ts";

/** Monitors of the monitoring itself; the `job` label is the application's name. */
export function selfMonitors(
  instance: string,
  { prometheus, alertmanager }: KubePrometheusArgs,
): Record<string, PodMonitorSpec> {
  return {
    prometheus: monitor(prometheusPodLabels(instance, prometheus?.mode), ["web", "reloader-web"]),
    ...(alertmanager === undefined
      ? {}
      : { alertmanager: monitor(alertmanagerPodLabels(instance), ["web", "reloader-web"]) }),
    operator: monitor(selectorLabels(OPERATOR_APPLICATION, instance) as Record<string, string>, ["http"]),
    ...(prometheus?.thanos === undefined ? {} : { [THANOS_SIDECAR_APPLICATION]: sidecarMonitor(instance) }),
  };
}

function monitor(matchLabels: Record<string, string>, ports: string[]): PodMonitorSpec {
  return {
    jobLabel: "app.kubernetes.io/name",
    selector: { matchLabels },
    podMetricsEndpoints: ports.map((port) => ({ port, path: "/metrics" })),
  };
}

/** The sidecar is a container of Prometheus' pods, but a program of its own: it gets its own `job`. */
function sidecarMonitor(instance: string): PodMonitorSpec {
  return {
    selector: { matchLabels: prometheusPodLabels(instance) },
    podMetricsEndpoints: [
      {
        port: "http",
        path: "/metrics",
        relabelings: [{ targetLabel: "job", replacement: THANOS_SIDECAR_APPLICATION, action: "replace" }],
      },
    ],
  };
}
