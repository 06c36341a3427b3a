import type { Quantity } from "../quantity.ts";
import { PromqlError } from "./error.ts";
import { asScalar, scalarOf, vectorOf, type Scalar, type Vector } from "./expression.ts";
import { metricsOf, type Node } from "./node.ts";
import { isLabelName } from "./quote.ts";
import { comparable, outcome, sameKind } from "./rules.ts";
import type { Selector } from "./selector.ts";

type Level = keyof typeof sameKind;

function requireLevel(name: string, vector: Vector): void {
  if (outcome(sameKind, vector.quantity) !== undefined) return;
  throw new PromqlError(
    `${name}() of ${metricsOf(vector.node)} is refused, for its kind is ${vector.quantity}; take its rate() or increase() first`,
  );
}

function keep<Q extends Level, L extends string>(
  name: string,
  vector: Vector<Q, L>,
  ...parameters: readonly number[]
): Vector<Q, L> {
  requireLevel(name, vector);
  if (parameters.some(Number.isNaN)) throw new PromqlError(`${name}(): NaN is no limit`);
  const operands: Node[] = [vector.node, ...parameters.map((value): Node => ({ kind: "number", value }))];
  return vectorOf({ kind: "call", name, operands }, vector.quantity, vector.labels, vector.unit);
}

export function abs<Q extends Level, L extends string>(vector: Vector<Q, L>): Vector<Q, L> {
  return keep("abs", vector);
}

export function ceil<Q extends Level, L extends string>(vector: Vector<Q, L>): Vector<Q, L> {
  return keep("ceil", vector);
}

export function floor<Q extends Level, L extends string>(vector: Vector<Q, L>): Vector<Q, L> {
  return keep("floor", vector);
}

/** Rounds to a multiple. */
export function round<Q extends Level, L extends string>(vector: Vector<Q, L>, multiple = 1): Vector<Q, L> {
  return multiple === 1 ? keep("round", vector) : keep("round", vector, multiple);
}

/** Limits values to the range. @throws PromqlError when it is empty: PromQL would answer nothing. */
export function clamp<Q extends Level, L extends string>(
  vector: Vector<Q, L>,
  low: number,
  high: number,
): Vector<Q, L> {
  if (low > high) {
    throw new PromqlError(
      `clamp(): the range from ${String(low)} to ${String(high)} is empty; swap the limits`,
    );
  }
  return keep("clamp", vector, low, high);
}

export function clampMin<Q extends Level, L extends string>(vector: Vector<Q, L>, low: number): Vector<Q, L> {
  return keep("clamp_min", vector, low);
}

export function clampMax<Q extends Level, L extends string>(
  vector: Vector<Q, L>,
  high: number,
): Vector<Q, L> {
  return keep("clamp_max", vector, high);
}

/** Sorts by value, rising; for tables only, a rule ignores the order. */
export function sort<Q extends Level, L extends string>(vector: Vector<Q, L>): Vector<Q, L> {
  return keep("sort", vector);
}

/** Sorts by value, falling; for tables only, a rule ignores the order. */
export function sortDesc<Q extends Level, L extends string>(vector: Vector<Q, L>): Vector<Q, L> {
  return keep("sort_desc", vector);
}

/** Unix time of each series' last sample. */
export function timestamp<L extends string>(vector: Vector<Quantity, L>): Vector<"timestamp", L> {
  return vectorOf(
    { kind: "call", name: "timestamp", operands: [vector.node] },
    "timestamp",
    vector.labels,
    "timestamp",
  );
}

/** Unix time at which the query is evaluated. */
export function time(): Scalar<"timestamp"> {
  return scalarOf({ kind: "call", name: "time", operands: [] }, "timestamp", "timestamp");
}

/** A number as a scalar expression. */
export function number(value: number): Scalar<"number"> {
  return scalarOf({ kind: "number", value }, "number", undefined);
}

/** The value of the only series; NaN when there is none or several, so the vector must have no labels. */
export function scalar<Q extends keyof typeof comparable>(vector: Vector<Q, never>): Scalar<Q> {
  if (outcome(comparable, vector.quantity) === undefined) requireLevel("scalar", vector);
  if (vector.labels.length > 0) {
    throw new PromqlError(
      `scalar() of ${metricsOf(vector.node)} would be NaN as soon as there are two series; aggregate ${vector.labels.join(", ")} away first`,
    );
  }
  return scalarOf({ kind: "call", name: "scalar", operands: [vector.node] }, vector.quantity, vector.unit);
}

/** A scalar as one series without labels; `vector(1)` is always there. */
export function vector(value: number | Scalar<"number">): Vector<"gauge", never>;
export function vector<Q extends Quantity>(value: Scalar<Q>): Vector<Q, never>;
export function vector(value: number | Scalar): Vector {
  const inner = asScalar(value);
  const quantity = inner.quantity === "number" ? "gauge" : inner.quantity;
  return vectorOf({ kind: "call", name: "vector", operands: [inner.node] }, quantity, [], inner.unit);
}

/** 1 when a selector finds nothing, with the labels that its equality conditions pin; otherwise nothing. */
export function absent<E extends string>(series: Selector<Quantity, string, E>): Vector<"flag", E>;
/** 1 when an expression is empty; otherwise nothing. */
export function absent(vector: Vector): Vector<"flag", never>;
export function absent(input: Vector | Selector): Vector<"flag"> {
  const pinned = "pinned" in input ? input.pinned : [];
  return vectorOf({ kind: "call", name: "absent", operands: [input.node] }, "flag", pinned, "boolean");
}

/** A label that `label_replace` writes. */
export interface LabelReplacement<S extends string, T extends string> {
  readonly target: T;
  readonly source: S;
  /** RE2 pattern for the source's whole value. Default: everything, so the value is copied as `$1`. */
  readonly pattern?: string;
  /** What is written, with `$1` for the first group. Default: `$1`. */
  readonly replacement?: string;
}

/** Writes a label made of another; series whose source does not match stay as they are. */
export function labelReplace<Q extends Quantity, L extends string, const T extends string>(
  vector: Vector<Q, L>,
  { target, source, pattern = "(.*)", replacement = "$1" }: LabelReplacement<NoInfer<L>, T>,
): Vector<Q, L | T> {
  requireLabels("labelReplace", vector, [source]);
  requireTarget("labelReplace", target);
  const operands: Node[] = [
    vector.node,
    ...[target, replacement, source, pattern].map((value): Node => ({ kind: "string", value })),
  ];
  const node: Node = { kind: "call", name: "label_replace", operands };
  return vectorOf(node, vector.quantity, [...vector.labels, target], vector.unit, vector.observed);
}

/** Writes a label that joins others. */
export function labelJoin<Q extends Quantity, L extends string, const T extends string>(
  vector: Vector<Q, L>,
  target: T,
  separator: string,
  ...sources: readonly NoInfer<L>[]
): Vector<Q, L | T> {
  requireLabels("labelJoin", vector, sources);
  requireTarget("labelJoin", target);
  const operands: Node[] = [
    vector.node,
    ...[target, separator, ...sources].map((value): Node => ({ kind: "string", value })),
  ];
  const node: Node = { kind: "call", name: "label_join", operands };
  return vectorOf(node, vector.quantity, [...vector.labels, target], vector.unit, vector.observed);
}

function requireLabels(name: string, vector: Vector, labels: readonly string[]): void {
  const unknown = labels.find((label) => !vector.labels.includes(label));
  if (unknown === undefined) return;
  throw new PromqlError(
    `${name}(): ${metricsOf(vector.node)} has no label "${unknown}" here; there are ${vector.labels.join(", ")}`,
  );
}

function requireTarget(name: string, target: string): void {
  if (isLabelName(target) && target !== "le") return;
  throw new PromqlError(`${name}(): "${target}" can't be written; take another label name`);
}

/** Calendar functions of the evaluation time, in UTC. */
export const CalendarField = {
  minute: "minute",
  hour: "hour",
  dayOfWeek: "day_of_week",
  dayOfMonth: "day_of_month",
  month: "month",
} as const;
export type CalendarField = (typeof CalendarField)[keyof typeof CalendarField];

/** A field of the evaluation time in UTC: hour 0 to 23, dayOfWeek 0 (Sunday) to 6, minute 0 to 59. */
export function calendar(field: CalendarField): Vector<"code", never> {
  return vectorOf({ kind: "call", name: field, operands: [] }, "code", [], "code");
}
