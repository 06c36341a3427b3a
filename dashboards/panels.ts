/** Panels as every dashboard of the project has them: unit, description, legend and data source always set. */
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type { Expression } from "../metrics/promql/index.ts";
import { drillDown, type DrillDown } from "./links.ts";
import { legendProblem, type Printer } from "./query.ts";
import { panelUnit, type PanelUnit } from "./units.ts";

/** The data source that the variable chooses; none is wired in. */
export const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** Grafana's grid is 24 columns wide. */
export const FULL_WIDTH = 24;

/** Values from which a colour begins. */
export interface Threshold {
  readonly from: number;
  readonly color: "green" | "yellow" | "orange" | "red";
}

/** A query and the name of its lines, with labels as `{{label}}`. */
export interface Query {
  readonly expr: Expression;
  readonly legend: string;
}

/** What all panels have in common. */
export interface PanelOptions {
  readonly title: string;
  /** What is shown and how to read it. */
  readonly description: string;
  /** Unit of the catalogue ("seconds", "tokens/s"). Default: that of the first query. */
  readonly unit?: string;
  /** Columns of 24. Default 12; of numbers 4. */
  readonly width?: number;
  readonly thresholds?: readonly Threshold[];
  /** Colour below all thresholds. Default green. */
  readonly base?: Threshold["color"];
  readonly max?: number;
  /** What must hold for there to be data. Without it the panel is never empty while the fleet serves. */
  readonly condition?: string;
  /** Where a click on a value leads. */
  readonly drill?: DrillDown;
}

/** The text of an empty panel that has a condition. */
export function absentText(condition: string): string {
  return `off: needs ${condition}`;
}

/** Makes the panels of one dashboard; `print` knows what the dashboard may query. */
export class Panels {
  readonly #print: Printer;
  readonly #minStep: string;

  /** @param minStep shortest step of queries, as long as between two samples ("15s") */
  constructor(print: Printer, minStep: string) {
    this.#print = print;
    this.#minStep = minStep;
  }

  /** Lines over time. */
  lines(
    options: PanelOptions & { queries: readonly Query[]; stacked?: boolean; negative?: boolean },
  ): Builder<dashboard.Panel> {
    const { stacked = false } = options;
    const panel = this.#common(new timeseries.PanelBuilder(), options, options.queries)
      .span(options.width ?? FULL_WIDTH / 2)
      .height(8)
      .lineWidth(stacked ? 1 : 2)
      .fillOpacity(stacked ? 35 : 6)
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
    if (options.negative !== true) panel.min(0);
    if (stacked) {
      panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group("A"));
    }
    const { axis } = unitOf(options, options.queries);
    if (axis !== undefined) panel.axisLabel(axis);
    if (options.thresholds !== undefined && options.thresholds.length > 0) {
      panel.thresholdsStyle(
        new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
      );
    }
    for (const [index, query] of options.queries.entries())
      panel.withTarget(this.#target(query, index).range());
    return panel;
  }

  /** One number now, with its course in the background. */
  number(options: PanelOptions & { query: Query; decimals?: number }): Builder<dashboard.Panel> {
    const panel = this.#common(new stat.PanelBuilder(), options, [options.query])
      .span(options.width ?? 4)
      .height(4)
      .colorMode(common.BigValueColorMode.Value)
      .graphMode(common.BigValueGraphMode.Area)
      .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
      .withTarget(this.#target(options.query, 0).range());
    return options.decimals === undefined ? panel : panel.decimals(options.decimals);
  }

  /** The values now, as bars from the largest on. */
  bars(options: PanelOptions & { queries: readonly Query[] }): Builder<dashboard.Panel> {
    const panel = this.#common(new bargauge.PanelBuilder(), options, options.queries)
      .span(options.width ?? FULL_WIDTH / 2)
      .height(8)
      .min(0)
      .orientation(common.VizOrientation.Horizontal)
      .displayMode(common.BarGaugeDisplayMode.Basic)
      .showUnfilled(true)
      .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]));
    for (const [index, query] of options.queries.entries()) {
      panel.withTarget(this.#target(query, index).instant());
    }
    return panel;
  }

  /** Observations of a histogram over time, bucket by bucket; the query's labels are `le` only. */
  distribution(options: PanelOptions & { query: Expression; observed: string }): Builder<dashboard.Panel> {
    const unit = panelUnit(options.observed);
    const query = { expr: options.query, legend: "{{le}}" };
    return this.#common(new heatmap.PanelBuilder(), { ...options, unit: options.observed }, [query])
      .span(options.width ?? FULL_WIDTH / 2)
      .height(8)
      .calculate(false)
      .yAxis(new heatmap.YAxisConfigBuilder().unit(unit.id).axisPlacement(common.AxisPlacement.Left))
      .withTarget(this.#target(query, 0).range().format(prometheus.PromQueryFormat.Heatmap));
  }

  #common<B extends CommonBuilder<B>>(builder: B, options: PanelOptions, queries: readonly Query[]): B {
    const { title, description, thresholds = [], base = "green", condition, drill, max } = options;
    const { id } = unitOf(options, queries);
    const text = condition === undefined ? description : `${description} Needs ${condition}.`;
    const panel = builder
      .title(title)
      .description(text)
      .datasource(DATASOURCE)
      .interval(this.#minStep)
      .unit(id)
      .noValue(condition === undefined ? "no data" : absentText(condition))
      .thresholds(thresholdsOf(thresholds, base));
    if (max !== undefined) panel.max(max);
    if (drill !== undefined) panel.dataLinks([drillDown(drill)]);
    return panel;
  }

  #target(query: Query, index: number): prometheus.DataqueryBuilder {
    const problem = legendProblem(query.expr, query.legend);
    if (problem !== undefined) throw new Error(problem);
    return new prometheus.DataqueryBuilder()
      .datasource(DATASOURCE)
      .expr(this.#print(query.expr))
      .legendFormat(query.legend)
      .refId(String.fromCharCode("A".charCodeAt(0) + index));
  }
}

/** What the builders of all kinds of panels share. */
interface CommonBuilder<B> extends Builder<dashboard.Panel> {
  title(title: string): B;
  description(description: string): B;
  datasource(reference: common.DataSourceRef): B;
  interval(interval: string): B;
  unit(unit: string): B;
  noValue(text: string): B;
  thresholds(thresholds: Builder<dashboard.ThresholdsConfig>): B;
  max(max: number): B;
  dataLinks(links: Builder<dashboard.DashboardLink>[]): B;
}

/** @throws Error when the queries of a panel differ in unit: they would share an axis. */
function unitOf({ title, unit }: PanelOptions, queries: readonly Query[]): PanelUnit {
  if (unit !== undefined) return panelUnit(unit);
  const found = new Set(queries.map(({ expr }) => expr.unit));
  if (found.size > 1) {
    throw new Error(
      `panel "${title}": its queries are in ${[...found].join(" and ")}; split it, or say the unit`,
    );
  }
  return panelUnit([...found][0]);
}

function thresholdsOf(
  thresholds: readonly Threshold[],
  base: Threshold["color"],
): Builder<dashboard.ThresholdsConfig> {
  const steps = [...thresholds]
    .sort((left, right) => left.from - right.from)
    .map(({ from, color }) => ({ value: from, color }));
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([{ value: null, color: base }, ...steps]);
}
