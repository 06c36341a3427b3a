import type { HistogramFamily, LabelOf } from "../family.ts";
import type { Quantity } from "../quantity.ts";
import { by, checkedShare, sum, type By, type Grouped, type GroupingBy } from "./aggregate.ts";
import { div } from "./binary.ts";
import type { Duration } from "./duration.ts";
import { PromqlError } from "./error.ts";
import { vectorOf, type Vector } from "./expression.ts";
import { metricsOf, type Node } from "./node.ts";
import { rate } from "./range.ts";
import type { HistogramSeries } from "./series.ts";

type BucketRate = "bucketRate" | "bucketIncrease";

/** What the compiler shows for buckets without their bound. */
export interface NeedsLe {
  readonly "histogram_quantile needs le in the grouping": never;
}

/** The quantile of a histogram, from rates or increases of its buckets. */
export function histogramQuantile<Q extends BucketRate, L extends string>(
  share: number,
  buckets: Vector<Q, L> & ("le" extends L ? unknown : NeedsLe),
): Vector<"quantile", Exclude<L, "le">> {
  // Callers without types may pass anything.
  const quantity = buckets.quantity as Quantity;
  if (quantity !== "bucketRate" && quantity !== "bucketIncrease") {
    throw new PromqlError(
      `histogram_quantile() of ${metricsOf(buckets.node)} is refused, for its kind is ${quantity}; ` +
        "give it rate() or increase() of a histogram's .bucket",
    );
  }
  if (!(buckets.labels as readonly string[]).includes("le")) {
    throw new PromqlError(`histogram_quantile() of ${metricsOf(buckets.node)}: keep "le" in the grouping`);
  }
  const operands: Node[] = [
    { kind: "number", value: checkedShare("histogram_quantile", share) },
    buckets.node,
  ];
  const labels = buckets.labels.filter((label): label is Exclude<L, "le"> => label !== "le");
  return vectorOf(
    { kind: "call", name: "histogram_quantile", operands },
    "quantile",
    labels,
    buckets.observed,
  );
}

type LabelsOf<F extends HistogramFamily, T extends string> = LabelOf<F> | T;

/** A histogram's quantile per group over a window: `histogram_quantile(share, sum by (le, …) (rate(…_bucket[window])))`. */
export function quantileBy<F extends HistogramFamily, T extends string, const G extends LabelsOf<F, T>>(
  share: number,
  series: HistogramSeries<F, T, string>,
  window: Duration,
  grouping: By<G>,
): Vector<"quantile", G> {
  const buckets = sum(
    rate(series.bucket as never, window) as Vector<"bucketRate">,
    by<string>("le", ...grouping.labels),
  );
  return histogramQuantile(share, buckets) as Vector<"quantile", G>;
}

/** A histogram's mean per group over a window: sums and counts are added up apart, then divided. */
export function meanBy<F extends HistogramFamily, T extends string, G extends GroupingBy<LabelsOf<F, T>>>(
  series: HistogramSeries<F, T, string>,
  window: Duration,
  grouping: G,
): Vector<"quotient", Grouped<LabelsOf<F, T>, G>> {
  const total = (part: "sum" | "count"): Vector<"rate"> =>
    sum(rate(series[part] as never, window) as Vector<"rate">, grouping as GroupingBy<string>);
  return div(total("sum"), total("count")) as unknown as Vector<"quotient", Grouped<LabelsOf<F, T>, G>>;
}

/** Share of observations per group up to a bound: what a latency objective measures. */
export function shareAtMost<F extends HistogramFamily, T extends string, const G extends LabelsOf<F, T>>(
  series: HistogramSeries<F, T, string>,
  bound: number,
  window: Duration,
  grouping: By<G>,
): Vector<"quotient", G> {
  const good = sum(rate(series.atMostConfigured(bound) as never, window) as Vector<"rate">, grouping as By);
  const all = sum(rate(series.count as never, window) as Vector<"rate">, grouping as By);
  return div(good, all) as unknown as Vector<"quotient", G>;
}
