import type { Quantity } from "../quantity.ts";
import { PromqlError } from "./error.ts";
import {
  asScalar,
  sameUnit,
  scalarOf,
  unitOfProduct,
  unitOfQuotient,
  vectorOf,
  type Operand,
  type Scalar,
  type Vector,
} from "./expression.ts";
import { matched, type Fits, type Matched, type Matching, type SameLabels } from "./match.ts";
import { metricsOf, type BinaryNode, type Node } from "./node.ts";
import { arithmetic, arithmeticOutcome, comparable, outcome, type OperandKind } from "./rules.ts";

type Operator = keyof typeof arithmetic;
type Row<Op extends Operator, Left> = Left extends keyof (typeof arithmetic)[Op]
  ? (typeof arithmetic)[Op][Left]
  : never;
type LeftOf<Op extends Operator> = keyof (typeof arithmetic)[Op] & Quantity;
type RightOf<Op extends Operator, Left> = keyof Row<Op, Left> & Quantity;
type Result<Op extends Operator, Left, Right> =
  Row<Op, Left> extends infer R ? (Right extends keyof R ? R[Right] & Quantity : never) : never;
type KindOf<S> = S extends number ? "number" : S extends Scalar<infer Q> ? Q : never;

/** What the compiler shows where an operation makes no sense of two quantities. */
export interface Refused<Left, Right> {
  readonly "this operation makes no sense of these two": readonly [Left, Right];
}

type Sensible<Op extends Operator, Left, Right> = [Result<Op, Left, Right>] extends [never]
  ? Refused<Left, Right>
  : unknown;

/** An arithmetic operation. Vectors whose labels differ need {@link on} or {@link ignoring}. */
export interface Arithmetic<Op extends Operator> {
  <Q extends LeftOf<Op>, L extends string, const S extends number | Scalar>(
    left: Vector<Q, L>,
    right: S & Sensible<Op, Q, KindOf<S>>,
  ): Vector<Result<Op, Q, KindOf<S>>, L>;
  <const S extends number | Scalar, Q extends Quantity, L extends string>(
    left: S & Sensible<Op, KindOf<S>, Q>,
    right: Vector<Q, L>,
  ): Vector<Result<Op, KindOf<S>, Q>, L>;
  <const A extends number | Scalar, const B extends number | Scalar>(
    left: A,
    right: B,
  ): Scalar<A extends Scalar<infer Q> ? (B extends number ? Q : Result<Op, Q, KindOf<B>>) : KindOf<B>>;
  <QA extends LeftOf<Op>, LA extends string, QB extends RightOf<Op, QA>, LB extends string>(
    left: Vector<QA, LA>,
    right: Vector<QB, LB> & SameLabels<LA, LB>,
  ): Vector<Result<Op, QA, QB>, LA>;
  <
    QA extends LeftOf<Op>,
    LA extends string,
    QB extends RightOf<Op, QA>,
    LB extends string,
    M extends Matching,
  >(
    left: Vector<QA, LA>,
    right: Vector<QB, LB>,
    matching: M & Fits<LA, LB, M>,
  ): Vector<Result<Op, QA, QB>, Matched<LA, LB, M>>;
}

function kindOf(operand: Operand): OperandKind {
  return typeof operand === "number" ? "number" : operand.quantity;
}

function nodeOf(operand: Operand): Node {
  return typeof operand === "number" ? { kind: "number", value: operand } : operand.node;
}

function unitOf(operand: Operand): string | undefined {
  return typeof operand === "number" ? undefined : operand.unit;
}

function isVector(operand: Operand): operand is Vector {
  return typeof operand !== "number" && operand.kind === "vector";
}

function describe(operand: Operand): string {
  return typeof operand === "number" || operand.quantity === "number"
    ? "a number"
    : `${metricsOf(operand.node)} (${operand.quantity})`;
}

function requireSameUnit(operator: string, left: Operand, right: Operand): void {
  const [a, b] = [unitOf(left), unitOf(right)];
  const times = a === "timestamp" || b === "timestamp";
  if (a === undefined || b === undefined || times || sameUnit(a, b)) return;
  throw new PromqlError(
    `${describe(left)} ${operator} ${describe(right)}: ${a} and ${b} can't be set against each other; ` +
      "convert() one of them, or say its unit withUnit()",
  );
}

function binaryNode(
  operator: string,
  left: Operand,
  right: Operand,
  matching: Matching | undefined,
  bool = false,
): BinaryNode {
  const node = { kind: "binary", operator, left: nodeOf(left), right: nodeOf(right), bool } as const;
  return matching === undefined ? node : { ...node, matching: matching.node };
}

/** The unit that a product of numbers and one quantity keeps. */
function resultUnit(operator: Operator, left: Operand, right: Operand): string | undefined {
  const [a, b] = [unitOf(left), unitOf(right)];
  const [plainLeft, plainRight] = [kindOf(left) === "number", kindOf(right) === "number"];
  if (operator === "/") return plainRight ? a : unitOfQuotient(a, b);
  if (operator === "*") return plainRight ? a : plainLeft ? b : unitOfProduct(a, b);
  if (operator === "^") return undefined;
  if (operator === "-" && a === "timestamp" && b === "timestamp") return "seconds";
  if (a === "timestamp" || b === "timestamp") return operator === "%" ? "seconds" : "timestamp";
  return a ?? b;
}

function arithmeticOf<Op extends Operator>(operator: Op): Arithmetic<Op> {
  return ((left: Operand, right: Operand, matching?: Matching) => {
    const [leftKind, rightKind] = [kindOf(left), kindOf(right)];
    const numbers = !isVector(left) && !isVector(right) && (leftKind === "number" || rightKind === "number");
    const quantity = numbers
      ? leftKind === "number"
        ? rightKind
        : leftKind
      : arithmeticOutcome(operator, leftKind, rightKind);
    if (quantity === undefined) {
      const raw = [left, right].find((side) => ["counter", "bucket"].includes(kindOf(side)));
      throw new PromqlError(
        `${describe(left)} ${operator} ${describe(right)} is refused: ` +
          (raw === undefined
            ? `${leftKind} and ${rightKind} make no sense there`
            : "a counter needs rate() or increase() first"),
      );
    }
    if (operator === "+" || operator === "-") requireSameUnit(operator, left, right);
    const unit = resultUnit(operator, left, right);
    const node = binaryNode(operator, left, right, matching);
    if (!isVector(left) && !isVector(right)) return scalarOf(node, quantity, unit);
    const labels =
      isVector(left) && isVector(right)
        ? matched(`${describe(left)} ${operator} ${describe(right)}`, left, right, matching)
        : isVector(left)
          ? left.labels
          : (right as Vector).labels;
    return vectorOf(node, quantity as Quantity, labels, unit, observedOf(left) ?? observedOf(right));
  }) as Arithmetic<Op>;
}

function observedOf(operand: Operand): string | undefined {
  return isVector(operand) ? operand.observed : undefined;
}

export const add = arithmeticOf("+");
export const sub = arithmeticOf("-");
export const mul = arithmeticOf("*");
/** The quotient; what it yields is neither summed nor averaged any more. */
export const div = arithmeticOf("/");
export const mod = arithmeticOf("%");
export const pow = arithmeticOf("^");

type Comparable = keyof typeof comparable & Quantity;

/** A comparison. As a filter it keeps the left side's series and values. */
export interface Comparison<Out extends "filter" | "bool"> {
  <Q extends Comparable, L extends string>(
    left: Vector<Q, L>,
    right: number | Scalar,
  ): Vector<Out extends "bool" ? "flag" : Q, L>;
  <Q extends Comparable, L extends string>(
    left: number | Scalar,
    right: Vector<Q, L>,
  ): Vector<Out extends "bool" ? "flag" : Q, L>;
  <QA extends Comparable, LA extends string, QB extends Comparable, LB extends string>(
    left: Vector<QA, LA>,
    right: Vector<QB, LB> & SameLabels<LA, LB>,
  ): Vector<Out extends "bool" ? "flag" : QA, LA>;
  <QA extends Comparable, LA extends string, QB extends Comparable, LB extends string, M extends Matching>(
    left: Vector<QA, LA>,
    right: Vector<QB, LB>,
    matching: M & Fits<LA, LB, M>,
  ): Vector<Out extends "bool" ? "flag" : QA, Matched<LA, LB, M>>;
}

function comparisonOf<Out extends "filter" | "bool">(operator: string, out: Out): Comparison<Out> {
  return ((left: Operand, right: Operand, matching?: Matching) => {
    for (const side of [left, right]) {
      const kind = kindOf(side);
      if (kind === "number" || outcome(comparable, kind) !== undefined) continue;
      throw new PromqlError(
        `${describe(left)} ${operator} ${describe(right)}: what is of kind ${kind} is not compared; take its rate() or increase() first`,
      );
    }
    if (!isVector(left) && !isVector(right)) {
      throw new PromqlError(`${operator} of two scalars is always or never true; compare a vector`);
    }
    requireSameUnit(operator, left, right);
    const subject = isVector(left) ? left : (right as Vector);
    const labels =
      isVector(left) && isVector(right)
        ? matched(`${describe(left)} ${operator} ${describe(right)}`, left, right, matching)
        : subject.labels;
    const node = binaryNode(operator, left, right, matching, out === "bool");
    return out === "bool"
      ? vectorOf(node, "flag", labels, "boolean")
      : vectorOf(node, subject.quantity, labels, subject.unit);
  }) as Comparison<Out>;
}

/** Both forms of a comparison: as a filter, and with `bool` as 0 or 1. */
function both(operator: string): Comparison<"filter"> & { readonly bool: Comparison<"bool"> } {
  return Object.assign(comparisonOf(operator, "filter"), { bool: comparisonOf(operator, "bool") });
}

export const gt = both(">");
export const gte = both(">=");
export const lt = both("<");
export const lte = both("<=");
export const eq = both("==");
export const neq = both("!=");

/** `and`, `unless`: keeps or drops left series by the right side's, whatever their values. */
export interface SetOperation {
  <Q extends Quantity, LA extends string, LB extends string>(
    left: Vector<Q, LA>,
    right: Vector<Quantity, LB> & SameLabels<LA, LB>,
  ): Vector<Q, LA>;
  <Q extends Quantity, LA extends string, LB extends string, M extends Matching<string, never>>(
    left: Vector<Q, LA>,
    right: Vector<Quantity, LB>,
    matching: M & Fits<LA, LB, M>,
  ): Vector<Q, LA>;
}

function setOperation(operator: "and" | "unless"): SetOperation {
  return (left: Vector, right: Vector, matching?: Matching) => {
    matched(`${describe(left)} ${operator} ${describe(right)}`, left, right, matching, "set");
    return vectorOf(
      binaryNode(operator, left, right, matching),
      left.quantity,
      left.labels,
      left.unit,
      left.observed,
    );
  };
}

/** The left series for which the right side has one. */
export const and = setOperation("and");
/** The left series for which the right side has none. */
export const unless = setOperation("unless");

/** The left series, and those of the right that the left has no match for. */
export function or<Q extends Quantity, LA extends string, LB extends string>(
  left: Vector<Q, LA>,
  right: Vector<NoInfer<Q>, LB> & SameLabels<LA, LB>,
): Vector<Q, LA>;
export function or<
  Q extends Quantity,
  LA extends string,
  LB extends string,
  M extends Matching<string, never>,
>(left: Vector<Q, LA>, right: Vector<NoInfer<Q>, LB>, matching: M & Fits<LA, LB, M>): Vector<Q, LA & LB>;
export function or(left: Vector, right: Vector, matching?: Matching): Vector {
  const title = `${describe(left)} or ${describe(right)}`;
  if (left.quantity !== right.quantity) {
    throw new PromqlError(`${title}: the two differ in kind, so the result would be neither`);
  }
  requireSameUnit("or", left, right);
  matched(title, left, right, matching, "set");
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const node = binaryNode("or", left, right, matching);
  return vectorOf(node, left.quantity, shared, left.unit, left.observed);
}

/**
 * The vector, or one series of this value and without labels when the vector is empty. With labels it prints
 * `or on () vector(0)`: a plain `or vector(0)` would add its series to every answer.
 */
export function orElse<Q extends Quantity, L extends string>(
  input: Vector<Q, L>,
  value: number | Scalar,
): Vector<Q, L> {
  const fallback: Node = { kind: "call", name: "vector", operands: [asScalar(value).node] };
  const node: BinaryNode = {
    kind: "binary",
    operator: "or",
    left: input.node,
    right: fallback,
    bool: false,
    ...(input.labels.length === 0 ? {} : { matching: { kind: "on", labels: [], include: [] } }),
  };
  return vectorOf(node, input.quantity, input.labels, input.unit, input.observed);
}

/** {@link orElse} zero. */
export function orZero<Q extends Quantity, L extends string>(input: Vector<Q, L>): Vector<Q, L> {
  return orElse(input, 0);
}

/**
 * Zero for every series of `presence` that the vector lacks: a model without errors has an error rate of 0, not none.
 * Both must have the same labels.
 */
export function orZeroFor<Q extends Quantity, L extends string, LB extends string>(
  input: Vector<Q, L>,
  presence: Vector<Comparable, LB> & SameLabels<L, LB>,
): Vector<Q, L> {
  matched(`${describe(input)} or 0 × ${describe(presence)}`, input, presence, undefined, "set");
  const zero = binaryNode("*", 0, presence, undefined);
  const node: BinaryNode = { kind: "binary", operator: "or", left: input.node, right: zero, bool: false };
  return vectorOf(node, input.quantity, input.labels, input.unit, input.observed);
}
