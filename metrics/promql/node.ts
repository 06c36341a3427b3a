import type { MetricFamily } from "../family.ts";
import type { Source } from "./source.ts";

export type MatchOperator = "=" | "!=" | "=~" | "!~";

/** `label operator "value"`; the value is not quoted yet. */
export interface Matcher {
  readonly label: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

/** Which of a family's samples: `quantile` are a summary's samples of its own name. */
export type Part = "sample" | "bucket" | "sum" | "count" | "quantile";

/** A family's series, or one that a rule records. */
export type Series =
  | { readonly kind: "family"; readonly source: Source; readonly family: MetricFamily; readonly part: Part }
  | { readonly kind: "recorded"; readonly name: string };

/** `offset` and `@` of a selector or subquery. */
export interface Shift {
  readonly offset?: string;
  /** Unix time in seconds, or the start or end of a range query. */
  readonly at?: number | "start" | "end";
}

export interface SelectorNode extends Shift {
  readonly kind: "selector";
  readonly series: Series;
  readonly matchers: readonly Matcher[];
  /** An upper bound that the matcher on `le` compares with; checked when printed, for bounds are configurable. */
  readonly bound?: number;
  readonly range?: string;
}

export interface SubqueryNode extends Shift {
  readonly kind: "subquery";
  readonly operand: Node;
  readonly range: string;
  readonly step: string;
}

export interface Grouping {
  readonly kind: "by" | "without";
  readonly labels: readonly string[];
}

export interface VectorMatching {
  readonly kind: "on" | "ignoring";
  readonly labels: readonly string[];
  readonly group?: "left" | "right";
  readonly include: readonly string[];
}

export interface BinaryNode {
  readonly kind: "binary";
  readonly operator: string;
  readonly left: Node;
  readonly right: Node;
  readonly bool: boolean;
  readonly matching?: VectorMatching;
}

export interface AggregateNode {
  readonly kind: "aggregate";
  readonly operator: string;
  readonly operand: Node;
  readonly parameter?: Node;
  readonly grouping?: Grouping;
}

/** The syntax tree that expressions carry and that the printer reads. */
export type Node =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly Node[] }
  | SelectorNode
  | SubqueryNode
  | BinaryNode
  | AggregateNode;

/** The nodes directly under a node. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case "call":
      return node.operands;
    case "subquery":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "aggregate":
      return node.parameter === undefined ? [node.operand] : [node.parameter, node.operand];
    default:
      return [];
  }
}

/** All selectors of a tree, left to right. */
export function selectors(node: Node): readonly SelectorNode[] {
  return node.kind === "selector" ? [node] : children(node).flatMap(selectors);
}

/** The series' name in vLLM's own spelling, for messages. */
export function seriesTitle(series: Series): string {
  if (series.kind === "recorded") return series.name;
  const suffix = series.part === "sample" || series.part === "quantile" ? "" : `_${series.part}`;
  return series.family.name + suffix;
}

/** The names of the metrics under a node, for messages. */
export function metricsOf(node: Node): string {
  const names = [...new Set(selectors(node).map(({ series }) => seriesTitle(series)))];
  return names.length === 0 ? "the expression" : names.join(", ");
}
