import type { Quantity } from "../quantity.ts";
import type { Duration } from "./duration.ts";
import type { Node } from "./node.ts";

/**
 * An instant vector: what it holds and the labels that its series carry are part of its type, so an operation that
 * would be wrong for them does not compile.
 */
export interface Vector<Q extends Quantity = Quantity, L extends string = string> {
  readonly kind: "vector";
  readonly node: Node;
  readonly quantity: Q;
  /** Label names its series may have; `le` among them for buckets. */
  readonly labels: readonly L[];
  /** Unit of the values ("tokens/s", "seconds"), or undefined where it is not known. */
  readonly unit: string | undefined;
  /** Unit of what a histogram observes: that of quantiles over these buckets. */
  readonly observed?: string;
}

/** Samples over a window. */
export interface RangeVector<Q extends Quantity = Quantity, L extends string = string> {
  readonly kind: "range";
  readonly node: Node;
  readonly quantity: Q;
  readonly labels: readonly L[];
  readonly unit: string | undefined;
  readonly observed?: string;
}

/** A number without labels; `number` is a plain one. */
export interface Scalar<Q extends Quantity | "number" = Quantity | "number"> {
  readonly kind: "scalar";
  readonly node: Node;
  readonly quantity: Q;
  readonly unit: string | undefined;
}

/** Whatever can stand in a binary operation. */
export type Operand = number | Scalar | Vector;

/** Text of a query that is complete: a dashboard's or a rule's. */
export type Expression = Vector | Scalar;

/** A window of a range function. */
export type Window = Duration;

/** Makes a vector; the labels are sorted and each appears once. */
export function vectorOf<Q extends Quantity, L extends string>(
  node: Node,
  quantity: Q,
  labels: readonly L[],
  unit: string | undefined,
  observed?: string,
): Vector<Q, L> {
  const names = [...new Set(labels)].sort();
  const shared = { kind: "vector", node, quantity, labels: names, unit } as const;
  return Object.freeze(observed === undefined ? shared : { ...shared, observed });
}

/** Makes a scalar. */
export function scalarOf<Q extends Quantity | "number">(
  node: Node,
  quantity: Q,
  unit: string | undefined,
): Scalar<Q> {
  return Object.freeze({ kind: "scalar", node, quantity, unit });
}

/** A number as a scalar; scalars stay as they are. */
export function asScalar(value: number | Scalar): Scalar {
  return typeof value === "number" ? scalarOf({ kind: "number", value }, "number", undefined) : value;
}

/** A unit per second. */
export function perSecond(unit: string | undefined): string | undefined {
  return unit === undefined ? undefined : `${unit}/s`;
}

/** The unit of a quotient. What is counted by observations keeps its unit: seconds per observation are seconds. */
export function unitOfQuotient(left: string | undefined, right: string | undefined): string | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (sameUnit(left, right)) return "ratio";
  if (right === "ratio" || right === "observations") return left;
  if (right.endsWith("/s")) {
    const amount = right.slice(0, -2);
    if (left.endsWith("/s")) return unitOfQuotient(left.slice(0, -2), amount);
    if (left === amount) return "seconds";
  }
  return `${left}/${right.includes("/") ? `(${right})` : right}`;
}

/** Whether values in two units can be added and compared: a busy second per second is a core, or a ratio. */
export function sameUnit(left: string, right: string): boolean {
  const busy = ["seconds/s", "cores", "ratio"];
  return left === right || (busy.includes(left) && busy.includes(right));
}

/** The unit of a product: a ratio leaves the other side's. */
export function unitOfProduct(left: string | undefined, right: string | undefined): string | undefined {
  // Info series only lend their labels.
  if (right === "info") return left;
  if (left === "ratio" || left === "info" || left === "boolean") return right;
  if (right === "ratio" || right === "info" || right === "boolean") return left;
  return undefined;
}
