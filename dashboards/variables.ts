/** Variables of the project's dashboards: data source, then from the cluster to the node, each narrowed by those before. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import { DATASOURCE } from "./panels.ts";
import type { SeriesKind } from "./query.ts";
import { dashboardVariables, type DashboardVariable } from "./uids.ts";

/** A series whose labels fill the lists. */
export interface ListedSeries {
  readonly name: string;
  readonly labels: readonly string[];
  /** Further conditions, such as `model_name!=""`. */
  readonly conditions?: string;
}

const titles: Readonly<Record<DashboardVariable, string>> = {
  datasource: "Data source",
  cluster: "Cluster",
  namespace: "Namespace",
  model_name: "Model",
  pod: "Pod",
  node: "Node",
};

/**
 * What "All" stands for. A Prometheus gives `cluster` only to what it sends elsewhere, and an idle GPU has neither namespace
 * nor pod: where a label may be missing, all of them include none. Elsewhere a series without the label is someone else's,
 * such as a router's under the same name, and stays out.
 */
function allValue(name: DashboardVariable, optional: readonly DashboardVariable[]): string {
  return name === "cluster" || optional.includes(name) ? ".*" : ".+";
}

/** What the variables of a dashboard are made from. */
export interface VariableOptions {
  readonly variables: readonly DashboardVariable[];
  readonly listed: ListedSeries;
  readonly kind: SeriesKind;
  /** Labels that some of the dashboard's series lack. */
  readonly optional?: readonly DashboardVariable[];
}

/** The variables in order. */
export function variablesOf(options: VariableOptions): Builder<dashboard.VariableModel>[] {
  const { variables, listed, kind, optional = [] } = options;
  const chosen = dashboardVariables.filter((name) => name !== "datasource" && variables.includes(name));
  return [
    new dashboard.DatasourceVariableBuilder("datasource").label(titles.datasource).type("prometheus"),
    ...chosen.map((name, index) => {
      const label = listed.labels.includes(name) || name === "cluster" ? name : "model";
      const before = chosen.slice(0, index).map((earlier) => condition(earlier, listed));
      const query = labelValues(listed, label, before);
      return list(name, titles[name], query).includeAll(true).allValue(allValue(name, optional));
    }),
    ...targetVariables(listed, kind),
  ];
}

/**
 * Job and instance, hidden: every query is narrowed by them, so that a link may. Of series as they are scraped "all" are
 * chosen. Series that rules record have neither label, so the lists are empty and nothing can be chosen, which is what
 * Grafana puts in: a condition for no value, which holds for them and for nothing that is scraped.
 */
function targetVariables(listed: ListedSeries, kind: SeriesKind): Builder<dashboard.VariableModel>[] {
  return ["job", "instance"].map((label) => {
    const title = `${label.charAt(0).toUpperCase()}${label.slice(1)}`;
    const variable = list(label, title, labelValues(listed, label, [])).allValue(".+");
    variable.hide(dashboard.VariableHide.HideVariable);
    return kind === "scraped"
      ? variable.includeAll(true)
      : variable.includeAll(false).current({ selected: true, text: "", value: "" });
  });
}

function condition(name: DashboardVariable, { labels }: ListedSeries): string {
  return `${labels.includes(name) || name === "cluster" ? name : "model"}=~"$${name}"`;
}

function labelValues({ name, conditions }: ListedSeries, label: string, before: readonly string[]): string {
  const all = [...(conditions === undefined ? [] : [conditions]), ...before];
  return `label_values(${name}${all.length === 0 ? "" : `{${all.join(", ")}}`}, ${label})`;
}

function list(name: string, title: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(title)
    .datasource(DATASOURCE)
    .query({ query, refId: name })
    .definition(query)
    .multi(true)
    .current({ selected: true, text: ["All"], value: ["$__all"] })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
}
