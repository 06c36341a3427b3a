import type { Quantity } from "../quantity.ts";
import { PromqlError } from "./error.ts";
import { asScalar, vectorOf, type Scalar, type Vector } from "./expression.ts";
import { metricsOf, type Node } from "./node.ts";
import { isLabelName } from "./quote.ts";
import { aggregations, outcome } from "./rules.ts";

/** Keep these labels. */
export interface By<G extends string = string> {
  readonly kind: "by";
  readonly labels: readonly G[];
}

/** Drop these labels, keep all others. */
export interface Without<G extends string = string> {
  readonly kind: "without";
  readonly labels: readonly G[];
}

export type GroupingBy<L extends string> = By<L> | Without<L>;

/** The labels that a grouping leaves. */
export type Grouped<L extends string, G> =
  G extends By<infer K> ? K : G extends Without<infer D> ? Exclude<L, D> : never;

/** Groups by these labels. */
export function by<const G extends string = never>(...labels: readonly G[]): By<G> {
  return { kind: "by", labels };
}

/** Groups by all labels but these. */
export function without<const G extends string = never>(...labels: readonly G[]): Without<G> {
  return { kind: "without", labels };
}

type Aggregation = keyof typeof aggregations;
type Accepted<Op extends Aggregation> = keyof (typeof aggregations)[Op] & Quantity;
type Outcome<Op extends Aggregation, Q> = Q extends keyof (typeof aggregations)[Op]
  ? (typeof aggregations)[Op][Q] & Quantity
  : never;

type BucketRate = "bucketRate" | "bucketIncrease";

/** What the compiler shows where buckets would be merged over `le`. */
export interface KeepLe {
  readonly "buckets of different bounds would be added up: keep le in the grouping": never;
}

/** What may be merged into one series: everything that does not stay a set of buckets. */
type Mergeable<Op extends Aggregation> = {
  [Q in Accepted<Op>]: Outcome<Op, Q> extends BucketRate ? never : Q;
}[Accepted<Op>];

/** `unknown`, unless buckets lose their bound. */
type KeepsLe<Op extends Aggregation, Q, L extends string, G> =
  Outcome<Op, Q> extends BucketRate ? ("le" extends Grouped<L, G> ? unknown : KeepLe) : unknown;

/** An aggregation over all series, or per group. */
export interface Aggregate<Op extends Aggregation> {
  <Q extends Mergeable<Op>, L extends string>(vector: Vector<Q, L>): Vector<Outcome<Op, Q>, never>;
  <Q extends Accepted<Op>, L extends string, G extends GroupingBy<L>>(
    vector: Vector<Q, L>,
    grouping: G & KeepsLe<Op, Q, L, G>,
  ): Vector<Outcome<Op, Q>, Grouped<L, G>>;
}

const units: Partial<Record<Aggregation, string>> = {
  count: "series",
  group: "info",
  count_values: "series",
};

const remedies: Partial<Record<Quantity, string>> = {
  counter: "a counter needs rate(), increase() or resets() first",
  bucket: "a histogram's buckets need rate() or increase() first",
  quotient: "aggregate numerator and denominator apart, then divide",
  quantile: "aggregate the buckets by le, then take histogramQuantile()",
  mean: "aggregate once, from the series themselves, or take max()",
  intensive: "levels such as ratios and temperatures don't add up; take avg(), max() or min()",
  timestamp: "times don't add up; take max() or min(), or subtract from time()",
  info: "its value is always 1; take count() or group()",
  code: "its value names a state; take max(), count() or compare it",
};

function refuse(operator: string, vector: Vector): never {
  throw new PromqlError(
    `${operator}() of ${metricsOf(vector.node)} is refused, for its kind is ${vector.quantity}: ` +
      (remedies[vector.quantity] ?? "use another aggregation"),
  );
}

/** Labels after a grouping. @throws PromqlError for a label that the vector lacks. */
function grouped(operator: string, vector: Vector, grouping: GroupingBy<string> | undefined): string[] {
  if (grouping === undefined) return [];
  const unknown = grouping.labels.find((label) => !vector.labels.includes(label) || !isLabelName(label));
  if (unknown !== undefined) {
    throw new PromqlError(
      `${operator}() ${grouping.kind} "${unknown}": ${metricsOf(vector.node)} has no such label here; ` +
        (vector.labels.length === 0 ? "no label is left" : `there are ${vector.labels.join(", ")}`),
    );
  }
  return grouping.kind === "by"
    ? [...grouping.labels]
    : vector.labels.filter((label) => !grouping.labels.includes(label));
}

function aggregateOf(
  operator: Aggregation,
  vector: Vector,
  grouping: GroupingBy<string> | undefined,
  parameter?: Node,
): Vector {
  const quantity = outcome(aggregations[operator], vector.quantity);
  if (quantity === undefined) refuse(operator, vector);
  const chooses = operator === "topk" || operator === "bottomk";
  const left = grouped(operator, vector, grouping);
  const labels = chooses ? vector.labels : left;
  if ((quantity === "bucketRate" || quantity === "bucketIncrease") && !labels.includes("le")) {
    throw new PromqlError(
      `${operator}() of ${metricsOf(vector.node)} would add buckets of different bounds up; keep "le" in the grouping`,
    );
  }
  const node: Node = {
    kind: "aggregate",
    operator,
    operand: vector.node,
    ...(parameter === undefined ? {} : { parameter }),
    ...(grouping === undefined ? {} : { grouping }),
  };
  return vectorOf(node, quantity, labels, units[operator] ?? vector.unit, vector.observed);
}

function aggregate<Op extends Aggregation>(operator: Op): Aggregate<Op> {
  return ((vector: Vector, grouping?: GroupingBy<string>) =>
    aggregateOf(operator, vector, grouping)) as Aggregate<Op>;
}

/** Sum; refused for whatever does not add up. */
export const sum = aggregate("sum");
/** Unweighted mean; refused for quotients, quantiles and means. */
export const avg = aggregate("avg");
export const min = aggregate("min");
export const max = aggregate("max");
/** Number of series. */
export const count = aggregate("count");
/** 1 for each group that has a series: its labels, for joins. */
export const group = aggregate("group");
export const stddev = aggregate("stddev");
export const stdvar = aggregate("stdvar");

/** Chooses series, so labels and kind stay. */
export interface Choose {
  <Q extends Accepted<"topk">, L extends string>(
    limit: number | Scalar,
    vector: Vector<Q, L>,
    grouping?: GroupingBy<L>,
  ): Vector<Q, L>;
}

function choose(operator: "topk" | "bottomk"): Choose {
  return ((limit: number | Scalar, vector: Vector, grouping?: GroupingBy<string>) => {
    if (typeof limit === "number" && !(Number.isInteger(limit) && limit > 0)) {
      throw new PromqlError(`${operator}(): ${String(limit)} is no number of series; write 1 or more`);
    }
    return aggregateOf(operator, vector, grouping, asScalar(limit).node);
  }) as Choose;
}

/** The series with the largest values. */
export const topk = choose("topk");
/** The series with the smallest values. */
export const bottomk = choose("bottomk");

/** The quantile over series (not of a histogram: that is `histogramQuantile`). */
export function quantile<Q extends Accepted<"quantile">, L extends string>(
  share: number,
  vector: Vector<Q, L>,
): Vector<"quantile", never>;
export function quantile<Q extends Accepted<"quantile">, L extends string, G extends GroupingBy<L>>(
  share: number,
  vector: Vector<Q, L>,
  grouping: G,
): Vector<"quantile", Grouped<L, G>>;
export function quantile(share: number, vector: Vector, grouping?: GroupingBy<string>): Vector {
  return aggregateOf("quantile", vector, grouping, {
    kind: "number",
    value: checkedShare("quantile", share),
  });
}

/** Number of series per value; the value becomes a label. */
export function countValues<
  const N extends string,
  Q extends Accepted<"count_values">,
  L extends string,
  const G extends GroupingBy<L>,
>(label: N, vector: Vector<Q, L>, grouping: G): Vector<"gauge", N | Grouped<L, G>> {
  if (!isLabelName(label)) throw new PromqlError(`countValues(): "${label}" is no label name`);
  const counted = aggregateOf("count_values", vector, grouping, { kind: "string", value: label });
  return vectorOf(counted.node, "gauge", [...(counted.labels as Grouped<L, G>[]), label], "series");
}

/** @throws PromqlError unless 0 ≤ share ≤ 1: outside, PromQL answers ±Inf. */
export function checkedShare(title: string, share: number): number {
  if (share >= 0 && share <= 1) return share;
  throw new PromqlError(`${title}(): ${String(share)} is no share; write 0.99 for 99 %`);
}
