import type { Quantity } from "../quantity.ts";
import type { Duration } from "./duration.ts";
import { PromqlError } from "./error.ts";
import { perSecond, vectorOf, type RangeVector, type Vector } from "./expression.ts";
import { metricsOf, type Node } from "./node.ts";
import { outcome, rangeFunctions } from "./rules.ts";
import { checkedDuration, type LabelValues, type Selector } from "./selector.ts";

type RangeFunction = keyof typeof rangeFunctions;
type Accepted<F extends RangeFunction> = keyof (typeof rangeFunctions)[F] & Quantity;
type Outcome<F extends RangeFunction, Q> = Q extends keyof (typeof rangeFunctions)[F]
  ? (typeof rangeFunctions)[F][Q] & Quantity
  : never;

/** The samples of a selector over a window. */
export function range<Q extends Quantity, L extends string>(
  series: Selector<Q, L>,
  window: Duration,
): RangeVector<Q, L> {
  const node: Node = { ...series.node, range: checkedDuration(window) };
  return rangeOf(node, series);
}

/**
 * An expression, evaluated at every step over a window. Without a step the server's evaluation interval is taken.
 * Mind `rate` of a subquery: only selectors of counters can have one.
 */
export function subquery<Q extends Quantity, L extends string>(
  vector: Vector<Q, L>,
  window: Duration,
  step?: Duration,
  offset?: Duration,
): RangeVector<Q, L> {
  const node: Node = {
    kind: "subquery",
    operand: vector.node,
    range: checkedDuration(window),
    step: step === undefined ? "" : checkedDuration(step),
    ...(offset === undefined ? {} : { offset: checkedDuration(offset) }),
  };
  return rangeOf(node, vector);
}

function rangeOf<Q extends Quantity, L extends string>(node: Node, vector: Vector<Q, L>): RangeVector<Q, L> {
  const { quantity, labels, unit, observed } = vector;
  return Object.freeze({
    kind: "range",
    node,
    quantity,
    labels,
    unit,
    ...(observed === undefined ? {} : { observed }),
  });
}

/** A function of a selector and a window, or of a range vector. */
export interface OverRange<F extends RangeFunction> {
  <Q extends Accepted<F>, L extends string, E extends string, V extends LabelValues>(
    series: Selector<Q, L, E, V>,
    window: Duration,
  ): Vector<Outcome<F, Q>, L>;
  <Q extends Accepted<F>, L extends string>(samples: RangeVector<Q, L>): Vector<Outcome<F, Q>, L>;
}

const remedies: Partial<Record<RangeFunction, string>> = {
  rate: "only counters have a rate; take deriv() or delta() of a gauge",
  irate: "only counters have a rate; take deriv() or delta() of a gauge",
  increase: "only counters increase; take delta() of a gauge",
  resets: "only counters are reset; take changes() of a gauge",
  avg_over_time: "average numerator and denominator apart, then divide; or take max_over_time()",
  sum_over_time: "samples of a level don't add up; take avgOverTime() or maxOverTime()",
};

const units: Partial<Record<RangeFunction, string>> = {
  resets: "events",
  changes: "events",
  count_over_time: "samples",
  present_over_time: "boolean",
  absent_over_time: "boolean",
};

function samplesOf(input: Selector | RangeVector, window: Duration | undefined): RangeVector {
  if (input.kind === "range") return input;
  if (window === undefined) {
    throw new PromqlError(`${metricsOf(input.node)}: a function over a range needs a window such as "5m"`);
  }
  return range(input, window);
}

function call(
  name: RangeFunction,
  samples: RangeVector,
  operands: (samples: Node) => readonly Node[] = (node) => [node],
): Vector {
  const quantity = outcome(rangeFunctions[name], samples.quantity);
  if (quantity === undefined) {
    throw new PromqlError(
      `${name}() of ${metricsOf(samples.node)} is refused, for its kind is ${samples.quantity}: ` +
        (remedies[name] ??
          (samples.quantity === "counter"
            ? "a counter needs rate(), increase() or resets()"
            : "use another function")),
    );
  }
  const rates = name === "rate" || name === "irate" || name === "deriv";
  const unit = units[name] ?? (rates ? perSecond(samples.unit) : samples.unit);
  const node: Node = { kind: "call", name, operands: operands(samples.node) };
  return vectorOf(node, quantity, samples.labels, unit, samples.observed);
}

function overRange<F extends RangeFunction>(name: F): OverRange<F> {
  return ((input: Selector | RangeVector, window?: Duration) =>
    call(name, samplesOf(input, window))) as OverRange<F>;
}

/** Per-second increase of a counter, averaged over the window. */
export const rate = overRange("rate");
/** Per-second increase between the last two samples: for panels, never for alerts. */
export const irate = overRange("irate");
/** Increase of a counter over the window; extrapolated, so not always whole. */
export const increase = overRange("increase");
/** How often a counter restarted at zero. */
export const resets = overRange("resets");
/** How often a value changed. */
export const changes = overRange("changes");
/** Difference of a gauge between the window's ends. */
export const delta = overRange("delta");
/** Slope of a gauge per second, by least squares. */
export const deriv = overRange("deriv");
export const avgOverTime = overRange("avg_over_time");
/** Sum of samples: for flags and for recorded increases over windows that don't overlap. */
export const sumOverTime = overRange("sum_over_time");
export const minOverTime = overRange("min_over_time");
export const maxOverTime = overRange("max_over_time");
export const lastOverTime = overRange("last_over_time");
export const stddevOverTime = overRange("stddev_over_time");
export const countOverTime = overRange("count_over_time");
/** 1 for each series that has a sample in the window. */
export const presentOverTime = overRange("present_over_time");

/** The quantile of each series' samples in a window. */
export function quantileOverTime<Q extends Accepted<"quantile_over_time">, L extends string>(
  share: number,
  samples: RangeVector<Q, L>,
): Vector<"quantile", L> {
  if (!(share >= 0 && share <= 1)) {
    throw new PromqlError(`quantileOverTime(): ${String(share)} is no share; write 0.99 for 99 %`);
  }
  const number: Node = { kind: "number", value: share };
  return call("quantile_over_time", samples, (node) => [number, node]) as Vector<"quantile", L>;
}

/** The value that the samples' trend, a straight line, reaches this many seconds from now. */
export function predictLinear<Q extends Accepted<"predict_linear">, L extends string>(
  samples: RangeVector<Q, L>,
  seconds: number,
): Vector<Outcome<"predict_linear", Q>, L> {
  if (!Number.isFinite(seconds)) {
    throw new PromqlError(`predictLinear(): ${String(seconds)} is no number of seconds`);
  }
  const number: Node = { kind: "number", value: seconds };
  return call("predict_linear", samples, (node) => [node, number]) as Vector<Outcome<"predict_linear", Q>, L>;
}

/** 1 when nothing had a sample in the window; the labels are those that equality conditions pin. */
export function absentOverTime<E extends string>(
  series: Selector<Quantity, string, E>,
  window: Duration,
): Vector<"flag", E> {
  const absent = call("absent_over_time", range(series, window));
  return vectorOf(absent.node, "flag", series.pinned, "boolean");
}
