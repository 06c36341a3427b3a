import type { V1Pod } from "@kubernetes/client-node";

import type { LocalEnvironment } from "../environment/environment.ts";
import { simulatedAnnotation } from "../node/agent.ts";
import { table } from "./progress.ts";
import type { ActiveAlert, PrometheusApi } from "./prometheus-api.ts";

/** Addresses that stay the same as long as the environment has the same ports. */
export function urls(
  environment: LocalEnvironment,
): Readonly<Record<"prometheus" | "alertmanager" | "robot", string>> {
  const at = (port: number): string => `http://127.0.0.1:${String(port)}`;
  return {
    prometheus: at(environment.ports.prometheus),
    alertmanager: at(environment.ports.alertmanager),
    robot: `${at(environment.ports.fakeRobot)}/messages`,
  };
}

/** What fires, one row each; an alert that tells who it is about by its labels. */
export function alertRows(alerts: readonly ActiveAlert[]): string[][] {
  return alerts
    .map(({ state, labels, annotations }) => [
      state,
      labels["severity"] ?? "",
      labels["alertname"] ?? "",
      annotations["summary"] ?? labels["model_name"] ?? "",
    ])
    .sort((a, b) => a.join(" ").localeCompare(b.join(" ")));
}

/** The closing table: where to look, and what fires now. */
export async function summary(
  environment: LocalEnvironment,
  kubeconfig: string,
  prometheus: PrometheusApi,
  pods: readonly V1Pod[],
): Promise<string> {
  const address = urls(environment);
  const replicas = pods.filter((pod) => pod.metadata?.labels?.["app.kubernetes.io/name"] === "vllm");
  const notRun = pods.filter((pod) => pod.metadata?.annotations?.[simulatedAnnotation] !== undefined);
  const alerts = alertRows(await prometheus.alerts());
  return [
    table([
      ["Prometheus", address.prometheus],
      ["Alertmanager", address.alertmanager],
      ["DingTalk messages", address.robot],
      ["Kubernetes", `export KUBECONFIG=${kubeconfig}`],
      ["vLLM replicas", String(replicas.length)],
      ...(notRun.length === 0
        ? []
        : [["not run here", notRun.map((pod) => pod.metadata?.name ?? "").join(", ")]]),
    ]),
    "",
    alerts.length === 0
      ? "no alert is pending or firing"
      : table([["STATE", "SEVERITY", "ALERT", "SUMMARY"], ...alerts]),
  ].join("\n");
}
