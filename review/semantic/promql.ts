/** What two PromQL expressions have to do with each other. */

import { parser } from "@prometheus-io/lezer-promql";

type Node = ReturnType<typeof parser.parse>["topNode"];

interface Token {
  type: string;
  text: string;
}

/** A number that an expression compares or calculates with. */
export interface NumberChange {
  before: string;
  after: string;
}

export type ExpressionChange =
  /** Written in another way: spaces, comments, quotes. */
  | { kind: "format" }
  /** Only numbers differ. */
  | { kind: "numbers"; numbers: NumberChange[] }
  | { kind: "expression" };

/** How `after` differs from `before`; undefined when they are the same text. */
export function expressionChange(before: string, after: string): ExpressionChange | undefined {
  if (before === after) return undefined;
  const [old, now] = [tokensOf(before), tokensOf(after)];
  if (old === undefined || now === undefined || old.length !== now.length) return { kind: "expression" };
  const numbers: NumberChange[] = [];
  for (const [index, token] of old.entries()) {
    const other = now[index];
    if (other === undefined || token.type !== other.type) return { kind: "expression" };
    if (token.text === other.text) continue;
    // Literals in ranges have a type of their own.
    if (!token.type.startsWith("Number")) return { kind: "expression" };
    numbers.push({ before: token.text, after: other.text });
  }
  return numbers.length === 0 ? { kind: "format" } : { kind: "numbers", numbers };
}

/** The leaves of the syntax tree; undefined when the text is no PromQL. */
function tokensOf(expression: string): Token[] | undefined {
  const tree = parser.parse(expression);
  const tokens: Token[] = [];
  const errors: number[] = [];
  tree.iterate({
    enter: ({ type, from, to, node }) => {
      if (type.isError) errors.push(from);
      if (type.name === "LineComment") return false;
      if (node.firstChild !== null) return true;
      const text = expression.slice(from, to);
      tokens.push({ type: type.name, text: type.name === "StringLiteral" ? unquoted(text) : text });
      return true;
    },
  });
  return errors.length > 0 ? undefined : tokens;
}

function unquoted(text: string): string {
  return /^"(?:[^"\\]|\\.)*"$/.test(text) ? text : JSON.stringify(text.slice(1, -1));
}

/**
 * Labels that the result of an expression may have: those of its outermost aggregation, none for one without any series,
 * or undefined where it may be any.
 */
export function resultLabels(expression: string): string[] | undefined {
  const { topNode } = parser.parse(expression);
  if (!contains(topNode, "VectorSelector")) return [];
  return labelsOf(topNode, expression);
}

function labelsOf(node: Node, expression: string): string[] | undefined {
  if (node.name === "AggregateExpr") {
    const modifier = node.getChild("AggregateModifier");
    // Without any, the result has no labels.
    if (modifier === null) return [];
    if (modifier.getChild("By") === null) return undefined;
    const labels = modifier.getChild("GroupingLabels");
    const names =
      labels === null ? [] : [...labels.getChildren("LabelName"), ...labels.getChildren("QuotedLabelName")];
    return names.map(({ from, to }) => expression.slice(from, to).replaceAll('"', ""));
  }
  if (node.name === "VectorSelector")
    return OF_NO_MODEL.test(expression.slice(node.from, node.to)) ? [] : undefined;
  // What is absent has no labels but those that were asked for.
  if (node.name === "FunctionCall" && /^absent(_over_time)?\(/.test(expression.slice(node.from, node.to)))
    return equalities(expression.slice(node.from, node.to));
  // A comparison or a calculation has the labels of its left side; one with a number has those of the other side.
  const inner: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (contains(child, "VectorSelector")) inner.push(child);
  const [first] = inner;
  if (first === undefined) return [];
  if (node.name === "BinaryExpr" || node.name === "ParenExpr" || node.name === "PromQL")
    return labelsOf(first, expression);
  return undefined;
}

/** Metrics of programs that serve no model, so that none of a model's labels is on them. */
const OF_NO_MODEL = /^(alertmanager|kube_state_metrics|node|prometheus|prometheus_operator|thanos)_/;

/** Labels that a selector wants to be equal to something. */
function equalities(selector: string): string[] {
  return [...selector.matchAll(/([A-Za-z_]\w*)\s*=\s*"/g)].map(([, label = ""]) => label);
}

function contains(node: Node, name: string): boolean {
  if (node.name === name) return true;
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (contains(child, name)) return true;
  return false;
}
