/** Links between the dashboards; time and variables go along. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { dashboardUids, type DashboardName, type DashboardVariable } from "./uids.ts";

/** Tag by which the dashboards find each other. */
export const DASHBOARD_TAG = "vllm-monitoring";

/** Where a click on a value leads: the dashboard, narrowed to what the value's labels name. */
export interface DrillDown {
  readonly to: DashboardName;
  /** Labels of the value that become variables there. */
  readonly labels: readonly DashboardVariable[];
  /** What it is called. */
  readonly title: string;
}

/** A link on values of a panel. */
export function drillDown({ to, labels, title }: DrillDown): Builder<dashboard.DashboardLink> {
  const own = labels.map((label) => `var-${label}=\${__field.labels.${label}}`);
  const query = ["${__url_time_range}", "var-datasource=${datasource}", ...own].join("&");
  return new dashboard.DashboardLinkBuilder(title).url(`/d/${dashboardUids[to]}?${query}`);
}

/** The menu of all dashboards, on each of them. */
export function dashboardMenu(): Builder<dashboard.DashboardLink> {
  return new dashboard.DashboardLinkBuilder("vLLM dashboards")
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([DASHBOARD_TAG])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(true);
}
