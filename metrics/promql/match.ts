import { PromqlError } from "./error.ts";
import type { Vector } from "./expression.ts";
import type { VectorMatching } from "./node.ts";

/** How the series of two vectors find each other. */
export interface Matching<
  K extends string = string,
  I extends string = string,
  Kind extends "on" | "ignoring" = "on" | "ignoring",
  Group extends "none" | "left" | "right" = "none" | "left" | "right",
> {
  readonly kind: Kind;
  readonly labels: readonly K[];
  /** Labels that the "one" side lends to the "many" side. */
  readonly include: readonly I[];
  readonly group: Group;
  readonly node: VectorMatching;
}

/** One-to-one, before a side is said to be the "many". */
export interface OneToOne<K extends string, Kind extends "on" | "ignoring"> extends Matching<
  K,
  never,
  Kind,
  "none"
> {
  /** Many left series per right one; these labels of the right are added to the result. */
  groupLeft<const I extends string = never>(...include: readonly I[]): Matching<K, I, Kind, "left">;
  /** Many right series per left one; these labels of the left are added to the result. */
  groupRight<const I extends string = never>(...include: readonly I[]): Matching<K, I, Kind, "right">;
}

function matchingOf<K extends string, Kind extends "on" | "ignoring">(
  kind: Kind,
  labels: readonly K[],
): OneToOne<K, Kind> {
  const grouped = <I extends string, G extends "left" | "right">(group: G, include: readonly I[]) => ({
    kind,
    labels,
    include,
    group,
    node: { kind, labels, group, include } as const,
  });
  return {
    kind,
    labels,
    include: [],
    group: "none",
    node: { kind, labels, include: [] },
    groupLeft: (...include) => grouped("left", include),
    groupRight: (...include) => grouped("right", include),
  };
}

/** Series match when these labels are equal. */
export function on<const K extends string = never>(...labels: readonly K[]): OneToOne<K, "on"> {
  return matchingOf("on", labels);
}

/** Series match when all labels but these are equal. */
export function ignoring<const K extends string = never>(...labels: readonly K[]): OneToOne<K, "ignoring"> {
  return matchingOf("ignoring", labels);
}

/** What the compiler shows for two vectors whose labels differ. */
export interface LabelsDiffer<OnlyLeft, OnlyRight> {
  readonly "the labels differ, so nothing would match: add on() or ignoring()": readonly [
    OnlyLeft,
    OnlyRight,
  ];
}

/** `unknown` when both have the same labels. */
export type SameLabels<LA extends string, LB extends string> = [Exclude<LA, LB> | Exclude<LB, LA>] extends [
  never,
]
  ? unknown
  : LabelsDiffer<Exclude<LA, LB>, Exclude<LB, LA>>;

/** What the compiler shows for a label in a matching that a side lacks. */
export interface LabelMissing<Label> {
  readonly "one side has no such label": Label;
}

/** `unknown` when a matching's labels are there. */
export type Fits<LA extends string, LB extends string, M> =
  M extends Matching<infer K, infer I, infer Kind, infer Group>
    ? ([Kind] extends ["on"]
        ? [Exclude<K, LA & LB>] extends [never]
          ? unknown
          : LabelMissing<Exclude<K, LA & LB>>
        : [Exclude<K, LA | LB>] extends [never]
          ? SameLabels<Exclude<LA, K>, Exclude<LB, K>>
          : LabelMissing<Exclude<K, LA | LB>>) &
        ([Exclude<I, Group extends "left" ? LB : LA>] extends [never]
          ? unknown
          : LabelMissing<Exclude<I, Group extends "left" ? LB : LA>>)
    : never;

/** The labels of the result. */
export type Matched<LA extends string, LB extends string, M> =
  M extends Matching<infer K, infer I, infer Kind, infer Group>
    ? [Group] extends ["left"]
      ? LA | I
      : [Group] extends ["right"]
        ? LB | I
        : [Kind] extends ["on"]
          ? K
          : Exclude<LA, K>
    : never;

function difference(left: readonly string[], right: readonly string[]): string[] {
  return left.filter((label) => !right.includes(label));
}

/**
 * Labels of the result of a binary operation.
 * @throws PromqlError when series could never match, or a label is missing.
 */
export function matched(
  title: string,
  left: Vector,
  right: Vector,
  matching: Matching | undefined,
  use: "arithmetic" | "set" = "arithmetic",
): readonly string[] {
  const ignored = matching?.kind === "ignoring" ? matching.labels : [];
  if (matching?.kind !== "on") {
    const onlyLeft = difference(difference(left.labels, right.labels), ignored);
    const onlyRight = difference(difference(right.labels, left.labels), ignored);
    if (onlyLeft.length + onlyRight.length > 0) {
      throw new PromqlError(
        `${title}: the labels differ (left only: ${onlyLeft.join(", ") || "none"}; right only: ` +
          `${onlyRight.join(", ") || "none"}), so nothing would match; add on(…) or ignoring(…)`,
      );
    }
  }
  if (matching === undefined) return left.labels;
  const known = matching.kind === "on" ? "both sides" : "either side";
  const missing = matching.labels.find((label) =>
    matching.kind === "on"
      ? !left.labels.includes(label) || !right.labels.includes(label)
      : !left.labels.includes(label) && !right.labels.includes(label),
  );
  if (missing !== undefined) {
    throw new PromqlError(
      `${title}: ${matching.kind}(${missing}) needs a label that ${known} must have; ` +
        `left: ${left.labels.join(", ") || "none"}; right: ${right.labels.join(", ") || "none"}`,
    );
  }
  if (use === "set") {
    if (matching.group !== "none") throw new PromqlError(`${title}: set operations know no group_left`);
    return left.labels;
  }
  const [many, one] = matching.group === "right" ? [right, left] : [left, right];
  const lent = matching.include.find((label) => !one.labels.includes(label));
  if (lent !== undefined) {
    throw new PromqlError(
      `${title}: group_${matching.group}(${lent}) lends a label that the other side lacks; ` +
        `it has ${one.labels.join(", ") || "none"}`,
    );
  }
  if (matching.group !== "none") return [...new Set([...many.labels, ...matching.include])];
  return matching.kind === "on" ? matching.labels : difference(left.labels, matching.labels);
}
