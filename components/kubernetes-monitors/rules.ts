/** What arguments `KubernetesMonitors` refuses. */
import type * as pulumi from "@pulumi/pulumi";
import { parseDuration } from "../support/quantity.ts";
import { requireDnsLabel, type Report, type Rule } from "../support/validation.ts";
import type { KubernetesMonitorsArgs } from "./args.ts";

/** Arguments with the component's name. */
export type CheckedArgs = pulumi.Unwrap<KubernetesMonitorsArgs> & { componentName: string };

/** Every rule. */
export const RULES: Rule<CheckedArgs>[] = [
  (args, report) => {
    requireDnsLabel(report, "name", args.componentName, 48);
  },
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  (args, report) => {
    for (const which of ["kubelet", "apiServer", "coreDns"] as const) {
      const monitor = args[which];
      if (monitor?.interval === undefined || monitor.enabled === false) continue;
      if ((parseDuration(monitor.interval) ?? 0) >= 1) continue;
      const remedy = 'write it like "15s" or "1m"';
      report(`${which}.interval`, monitor.interval, "must be a duration of at least a second", remedy);
    }
  },
  ({ kubelet, apiServer }, report) => {
    checkExpression("kubelet.dropMetrics", kubelet?.dropMetrics, report);
    checkExpression("apiServer.keepMetrics", apiServer?.keepMetrics, report);
  },
  ({ kubelet, apiServer, coreDns }, report) => {
    if ([kubelet, apiServer, coreDns].some((monitor) => monitor?.enabled !== false)) return;
    report(
      "kubelet.enabled",
      false,
      "leaves nothing to scrape, with apiServer and coreDns",
      "leave the component out",
    );
  },
  ({ isScoped, prometheusServiceAccount }, report) => {
    if (isScoped !== true || prometheusServiceAccount !== undefined) return;
    report(
      "prometheusServiceAccount",
      prometheusServiceAccount,
      "is required with isScoped, because that account is given the rights",
      "name Prometheus' ServiceAccount",
    );
  },
];

function checkExpression(path: string, pattern: string | undefined, report: Report): void {
  if (pattern === undefined) return;
  try {
    if (pattern !== "" && new RegExp(pattern).source !== "") return;
  } catch {
    // Told below.
  }
  report(path, pattern, "must be a regular expression of metric names", "correct it, or leave it out");
}
