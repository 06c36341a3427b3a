/** What the variables of a dashboard choose, as conditions on its series. */
import type { Quantity } from "../metrics/quantity.ts";
import { selectorOf, type LabelValues, type Selector } from "../metrics/promql/selector.ts";
import type { HistogramFamily } from "../metrics/family.ts";
import type { HistogramSeries } from "../metrics/promql/index.ts";
import { dashboardVariables, type DashboardVariable } from "./uids.ts";

/** Adds to a series the conditions of every variable that it has a label for, and those on job and instance. */
export type Choose = <Q extends Quantity, L extends string, E extends string, V extends LabelValues>(
  series: Selector<Q, L, E, V>,
) => Selector<Q, L, E, V>;

/**
 * A chooser for a dashboard with these variables.
 *
 * The conditions on `job` and `instance` are there for every series, those that rules record too, which have neither label:
 * see `targetVariables`.
 */
export function chooserOf(variables: readonly DashboardVariable[]): Choose {
  const labels: readonly string[] = dashboardVariables.filter((name) => variables.includes(name));
  return (series) => {
    const own: readonly string[] = series.labels;
    const byLabel = labels
      .filter((label) => own.includes(label))
      .map((label) => ({ label, variable: label }));
    // Families of the HTTP server and targets know the model by the label of their monitor.
    const byTarget =
      labels.includes("model_name") &&
      !own.includes("model_name") &&
      own.includes("model") &&
      own.includes("team")
        ? [{ label: "model", variable: "model_name" }]
        : [];
    const matchers = [
      ...series.node.matchers,
      ...[
        ...byLabel,
        ...byTarget,
        { label: "job", variable: "job" },
        { label: "instance", variable: "instance" },
      ].map(({ label, variable }) => ({ label, operator: "=~", value: `$${variable}` }) as const),
    ];
    const { quantity, unit, observed, pinned, labelValues } = series;
    return selectorOf({ ...series.node, matchers }, quantity, series.labels, {
      unit,
      observed,
      pinned,
      labelValues,
    });
  };
}

/** {@link Choose} for the three series of a histogram. */
export function chosenParts<F extends HistogramFamily, T extends string, E extends string>(
  choose: Choose,
  { bucket, sum, count }: HistogramSeries<F, T, E>,
) {
  return { bucket: choose(bucket), sum: choose(sum), count: choose(count) };
}
