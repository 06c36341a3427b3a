/** What holds for a list of dashboards, whichever way they reach Grafana. */
import type * as pulumi from "@pulumi/pulumi";
import type { GrafanaDashboardArgs } from "../grafana-dashboards.ts";
import { ifKnown, lift } from "../support/inputs.ts";
import { once } from "../support/once.ts";
import { requireDnsLabel, type Rule } from "../support/validation.ts";
import { DashboardError, formatDashboard, type FormattedDashboard } from "./dashboard-json.ts";

/** Arguments with dashboards, as rules see them. */
export interface ListedDashboards {
  componentName: string;
  dashboards: pulumi.Unwrap<GrafanaDashboardArgs>[];
}

/** A dashboard as it is delivered: with its uid, without what Grafana itself counts. */
export function formatted({ json, uid }: GrafanaDashboardArgs): pulumi.Input<FormattedDashboard> {
  return lift(json, (text) => lift(uid, (known) => formatDashboard(text, known)));
}

/** Dashboards that were formatted: each is looked at by the rule of every later one, for its uid. */
const formatOnce = once(({ json, uid }: { json: string; uid?: string }) => formatDashboard(json, uid));

/**
 * One rule a dashboard, so that one whose JSON comes later doesn't put off the others.
 *
 * @param assertDeliverable throws a DashboardError for what the way of delivery can't take
 */
export function dashboardRule(
  index: number,
  assertDeliverable: (componentName: string, dashboardName: string, json: string) => void = () => undefined,
): Rule<ListedDashboards> {
  return ({ componentName, dashboards }, report) => {
    const path = `dashboards[${String(index)}]`;
    const dashboard = dashboards[index];
    if (dashboard === undefined) return;
    const { name } = dashboard;
    requireDnsLabel(report, `${path}.name`, name);
    const earlier = dashboards.slice(0, index);
    if (earlier.some((other) => other.name === name)) {
      report(`${path}.name`, name, "is used twice", "give each dashboard its own name");
    }
    try {
      const { uid, json } = formatOnce(dashboard);
      assertDeliverable(componentName, name, json);
      const namesake = earlier.find((other) => ifKnown(() => uidOf(other)) === uid);
      if (namesake === undefined) return;
      const remedy = "give each its own; Grafana would keep only one of them";
      report(`${path}.uid`, uid, `is the uid of "${namesake.name}" too`, remedy);
    } catch (error) {
      if (!(error instanceof DashboardError)) throw error;
      report(`${path}.json`, name, error.reason, error.remedy);
    }
  };
}

/** The uid, or undefined for a dashboard that its own rule refuses. */
function uidOf(dashboard: { json: string; uid?: string }): string | undefined {
  try {
    return formatOnce(dashboard).uid;
  } catch (error) {
    if (error instanceof DashboardError) return undefined;
    throw error;
  }
}
