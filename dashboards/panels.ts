/** Panels as every dashboard of the project has them: unit, description, legend and data source always set. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";

/** The data source that the variable chooses; none is wired in. */
export const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** Grafana's grid is 24 columns wide. */
const FULL_WIDTH = 24;

/** Values from which a colour begins. */
export interface Threshold {
  from: number;
  color: "green" | "yellow" | "orange" | "red";
}

/** What all panels have in common. */
export interface PanelOptions {
  title: string;
  /** What is shown and how to read it. */
  description: string;
  /** Grafana's unit id, from `@grafana/grafana-foundation-sdk/units`. */
  unit: string;
  /** Columns of 24. Default 12. */
  width?: number;
  thresholds?: Threshold[];
  max?: number;
}

/** A query and the name of its lines, with labels as `{{label}}`. */
export interface Query {
  expr: string;
  legend: string;
}

/** Lines over time. */
export function lines(
  options: PanelOptions & { queries: Query[]; stacked?: boolean },
): Builder<dashboard.Panel> {
  const panel = new timeseries.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(DATASOURCE)
    .unit(options.unit)
    .min(0)
    .span(options.width ?? FULL_WIDTH / 2)
    .height(8)
    .lineWidth(1)
    .fillOpacity(options.stacked === true ? 30 : 8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(["mean", "max", "lastNotNull"]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
  if (options.stacked === true) {
    panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group("A"));
  }
  if (options.max !== undefined) panel.max(options.max);
  if (options.thresholds !== undefined) {
    panel.thresholds(thresholdsOf(options.thresholds));
    panel.thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
    );
  }
  for (const [index, query] of options.queries.entries()) panel.withTarget(target(query, index));
  return panel;
}

/** One number now, with its course in the background. */
export function number(options: PanelOptions & { query: Query }): Builder<dashboard.Panel> {
  return new stat.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(DATASOURCE)
    .unit(options.unit)
    .span(options.width ?? 4)
    .height(4)
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.Area)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .noValue("no data")
    .thresholds(thresholdsOf(options.thresholds ?? []))
    .withTarget(target(options.query, 0));
}

/** Observations of a histogram, bucket by bucket. */
export function distribution(options: PanelOptions & { query: string }): Builder<dashboard.Panel> {
  return new heatmap.PanelBuilder()
    .title(options.title)
    .description(options.description)
    .datasource(DATASOURCE)
    .unit(options.unit)
    .span(options.width ?? FULL_WIDTH / 2)
    .height(8)
    .calculate(false)
    .yAxis(new heatmap.YAxisConfigBuilder().unit(options.unit).axisPlacement(common.AxisPlacement.Left))
    .withTarget(
      target({ expr: options.query, legend: "{{le}}" }, 0).format(prometheus.PromQueryFormat.Heatmap),
    );
}

function target({ expr, legend }: Query, index: number): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder()
    .datasource(DATASOURCE)
    .expr(expr)
    .legendFormat(legend)
    .range()
    .refId(String.fromCharCode("A".charCodeAt(0) + index));
}

function thresholdsOf(thresholds: Threshold[]): Builder<dashboard.ThresholdsConfig> {
  const steps = thresholds.map(({ from, color }) => ({ value: from, color }));
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([{ value: null, color: "green" }, ...steps]);
}
