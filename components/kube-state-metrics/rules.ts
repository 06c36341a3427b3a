/** What arguments a `KubeStateMetrics` refuses. */
import type * as pulumi from "@pulumi/pulumi";
import { parseDuration } from "../support/quantity.ts";
import { requireDnsLabel, type Report, type Rule } from "../support/validation.ts";
import type { KubeStateMetricsArgs } from "./args.ts";
import { kindsOf } from "./deployment.ts";
import { KINDS } from "./resources.ts";

/** Arguments with the component's name. */
export type CheckedArgs = pulumi.Unwrap<KubeStateMetricsArgs> & { componentName: string };

/** Every rule. */
export const RULES: Rule<CheckedArgs>[] = [
  (args, report) => {
    requireDnsLabel(report, "name", args.componentName, 48);
  },
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  (args, report) => {
    requireDnsLabel(report, "monitoringNamespace", args.monitoringNamespace);
  },
  ({ kinds }, report) => {
    if (kinds === undefined) return;
    if (kinds.length === 0) report("kinds", kinds, "must name a kind", "name one, such as pods");
    kinds.forEach((kind, index) => {
      const path = `kinds[${String(index)}]`;
      if (KINDS[kind] === undefined) {
        report(path, kind, "is no kind that kube-state-metrics knows", "write the plural, such as pods");
      } else if (kinds.indexOf(kind) !== index) {
        report(path, kind, "stands there twice", "leave it out");
      }
    });
  },
  ({ namespaces }, report) => {
    if (namespaces?.length === 0)
      report("namespaces", namespaces, "must name a namespace", "name one, or leave it out for all");
    namespaces?.forEach((name, index) => {
      requireDnsLabel(report, `namespaces[${String(index)}]`, name);
    });
  },
  (args, report) => {
    checkKeys("labels", args, report);
    checkKeys("annotations", args, report);
  },
  ({ metricDenylist = [] }, report) => {
    metricDenylist.forEach((pattern, index) => {
      const path = `metricDenylist[${String(index)}]`;
      if (pattern === "" || pattern.includes(",")) {
        report(path, pattern, "must be an expression without a comma", "write one expression per entry");
      } else if (!isRegularExpression(pattern)) {
        report(path, pattern, "must be a regular expression", "correct it");
      }
    });
  },
  ({ interval }, report) => {
    if (interval === undefined || (parseDuration(interval) ?? 0) >= 1) return;
    report("interval", interval, "must be a duration of at least a second", 'write it like "15s" or "1m"');
  },
];

const KEY = /^([a-z0-9.-]+\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;

function checkKeys(what: "labels" | "annotations", args: CheckedArgs, report: Report): void {
  const kinds = kindsOf(args);
  for (const [kind, keys] of Object.entries(args[what] ?? {})) {
    if (!kinds.includes(kind)) {
      report(`${what}.${kind}`, keys, "names a kind that is not told about", "add it to kinds, or remove it");
    }
    keys.forEach((key, index) => {
      if (key === "*" || KEY.test(key)) return;
      report(`${what}.${kind}[${String(index)}]`, key, `is no key of ${what}`, 'write it, or "*" for all');
    });
  }
}

function isRegularExpression(pattern: string): boolean {
  try {
    new RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}
