import * as pulumi from "@pulumi/pulumi";

import { ruleProblems } from "../alerts/check.ts";
import { ruleGroups } from "../alerts/render.ts";
import type { RuleSetArgs } from "../alerts/types.ts";
import { PrometheusRule } from "./crds/monitoring.ts";
import { merge } from "./support/inputs.ts";
import { standardLabels } from "./support/labels.ts";
import { check, requireDnsLabel, type Rule } from "./support/validation.ts";

/** Arguments of AlertRules. */
export interface AlertRulesArgs {
  /** Namespace of the PrometheusRule objects; it must exist. */
  namespace: pulumi.Input<string>;
  /** Rule sets, each of which becomes one object. */
  ruleSets: RuleSetArgs[];
  /**
   * Where alerts/runbooks is published, for example "https://git.example.com/vllm-monitoring/alerts/runbooks". The
   * annotation `runbook_url` of an alert is this, its name and ".md".
   */
  runbookBaseUrl: pulumi.Input<string>;
  /**
   * Grafana's address, for example "https://grafana.example.com". The annotation `dashboard_url` of an alert leads to its
   * dashboard with the model and pod chosen. Default: no such annotation.
   */
  dashboardBaseUrl?: pulumi.Input<string>;
  /** Labels of the objects, for a Prometheus that selects rules by label. Default: none besides the standard ones. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

const RULES: Rule<pulumi.Unwrap<AlertRulesArgs>>[] = [
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  (args, report) => {
    if (args.ruleSets.length === 0)
      report("ruleSets", args.ruleSets, "must hold a rule set", "pass ruleSets of alerts/");
    for (const { path, value, reason, remedy } of ruleProblems(args.ruleSets))
      report(path, value, reason, remedy);
  },
  (args, report) => {
    if (isUrl(args.runbookBaseUrl)) return;
    report(
      "runbookBaseUrl",
      args.runbookBaseUrl,
      "must be an http or https URL",
      "give the one under which alerts/runbooks can be read",
    );
  },
  ({ dashboardBaseUrl: url }, report) => {
    if (url === undefined || isUrl(url)) return;
    report(
      "dashboardBaseUrl",
      url,
      "must be an http or https URL",
      "give the one at which people open Grafana",
    );
  },
];

function isUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** Recording and alerting rules as PrometheusRule objects, one for each rule set. */
export class AlertRules extends pulumi.ComponentResource {
  /** Names of the PrometheusRule objects. */
  public readonly ruleNames: pulumi.Output<string[]>;

  constructor(name: string, args: AlertRulesArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`AlertRules "${name}"`, args, RULES);
    super("vllm-monitoring:index:AlertRules", name, { ...args }, opts);
    const names = args.ruleSets.map((set) => {
      const objectName = `${name}-${set.name}`;
      new PrometheusRule(
        objectName,
        {
          metadata: {
            name: objectName,
            namespace: args.namespace,
            labels: merge(args.labels, standardLabels("alert-rules", name)),
          },
          spec: {
            groups: pulumi
              .all([args.runbookBaseUrl, args.dashboardBaseUrl])
              .apply(([runbooks, dashboards]) => ruleGroups(set.groups, runbooks, dashboards)),
          },
        },
        { parent: this },
      );
      return objectName;
    });
    this.ruleNames = pulumi.output(names);
    this.registerOutputs({ ruleNames: this.ruleNames });
  }
}
