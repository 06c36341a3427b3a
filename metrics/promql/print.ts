import { externalLabels } from "../targets.ts";
import { problemsOf } from "./check.ts";
import { contextOf, type Context, type ContextOptions } from "./context.ts";
import { PromqlError } from "./error.ts";
import type { Expression } from "./expression.ts";
import {
  metricsOf,
  selectors,
  type AggregateNode,
  type BinaryNode,
  type Matcher,
  type Node,
  type SelectorNode,
  type Series,
  type Shift,
} from "./node.ts";
import { quote } from "./quote.ts";

const PRECEDENCE: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  "==": 3,
  "!=": 3,
  "<": 3,
  "<=": 3,
  ">": 3,
  ">=": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
  "^": 6,
};

/**
 * The query's text under a context: its spelling of the engine's metrics, its versions, its bounds.
 * @throws PromqlError with every reason why it can't be run there, and for raw counters.
 */
export function print(expression: Expression, options: ContextOptions | Context = {}): string {
  const context = contextOf(options);
  if (expression.quantity === "counter" || expression.quantity === "bucket") {
    throw new PromqlError(
      `${metricsOf(expression.node)} is a counter: by itself it tells only the process' age; take rate() or increase()`,
    );
  }
  const problems = problemsOf(expression.node, context);
  if (problems.length > 0) throw new PromqlError(problems.join("\n"));
  return printNode(expression.node, context);
}

/** Why an expression can't be printed under a context; empty when it can. */
export function problems(expression: Expression, options: ContextOptions = {}): readonly string[] {
  return problemsOf(expression.node, contextOf(options));
}

/** Names of all series that an expression reads, as a context spells them, sorted. */
export function seriesNames(expression: Expression, options: ContextOptions = {}): readonly string[] {
  const context = contextOf(options);
  return [...new Set(selectors(expression.node).map(({ series }) => nameOf(series, context)))].sort();
}

function nameOf(series: Series, context: Context): string {
  if (series.kind === "recorded") return series.name;
  const name = series.source.nameOf(series.family, context);
  return series.part === "sample" || series.part === "quantile" ? name : `${name}_${series.part}`;
}

/** Labels that stay: the context may drop those that only the outside sees. */
function kept(labels: readonly string[], context: Context): readonly string[] {
  if (context.externalLabels !== "drop") return labels;
  return labels.filter((label) => !(externalLabels as readonly string[]).includes(label));
}

function printNode(node: Node, context: Context): string {
  switch (node.kind) {
    case "number":
      return printNumber(node.value);
    case "string":
      return quote(node.value);
    case "call":
      return `${node.name}(${node.operands.map((operand) => printNode(operand, context)).join(", ")})`;
    case "selector":
      return printSelector(node, context);
    case "subquery":
      return `${printOperand(node.operand, context)}[${node.range}:${node.step}]${printShift(node)}`;
    case "aggregate":
      return printAggregate(node, context);
    case "binary":
      return printBinary(node, context);
  }
}

/** A number as PromQL reads it. */
export function printNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Inf" : "-Inf";
  return Object.is(value, -0) ? "0" : String(value);
}

/** A subquery's operand needs brackets unless it is one term. */
function printOperand(node: Node, context: Context): string {
  const text = printNode(node, context);
  const shifted = node.kind === "selector" && (node.offset !== undefined || node.at !== undefined);
  return node.kind === "binary" || shifted || text.startsWith("-") ? `(${text})` : text;
}

function printShift({ offset, at }: Shift): string {
  const time = at === undefined ? "" : ` @ ${typeof at === "number" ? printNumber(at) : `${at}()`}`;
  return `${time}${offset === undefined ? "" : ` offset ${offset}`}`;
}

function printMatcher({ label, operator, value }: Matcher): string {
  return `${label}${operator}${quote(value)}`;
}

function printSelector(node: SelectorNode, context: Context): string {
  const name = nameOf(node.series, context);
  const allowed = kept(
    node.matchers.map(({ label }) => label),
    context,
  );
  const matchers = node.matchers.filter(({ label }) => allowed.includes(label)).map(printMatcher);
  const conditions = matchers.length === 0 ? "" : `{${matchers.join(",")}}`;
  const range = node.range === undefined ? "" : `[${node.range}]`;
  return `${name}${conditions}${range}${printShift(node)}`;
}

function printAggregate(node: AggregateNode, context: Context): string {
  const parameter = node.parameter === undefined ? "" : `${printNode(node.parameter, context)}, `;
  const operands = `(${parameter}${printNode(node.operand, context)})`;
  return `${node.operator}${printGrouping(node, context)}${operands}`;
}

/** Grouping by no label is the same as none; without no label keeps every series. */
function printGrouping({ grouping }: AggregateNode, context: Context): string {
  if (grouping === undefined) return "";
  const labels = kept(grouping.labels, context);
  return grouping.kind === "by" && labels.length === 0 ? "" : ` ${grouping.kind} (${labels.join(", ")}) `;
}

function printBinary(node: BinaryNode, context: Context): string {
  const precedence = PRECEDENCE[node.operator] ?? 0;
  const side = (operand: Node, right: boolean): string => {
    const text = printNode(operand, context);
    if (operand.kind !== "binary") {
      // -2 ^ 2 is -(2 ^ 2).
      return node.operator === "^" && !right && text.startsWith("-") ? `(${text})` : text;
    }
    const own = PRECEDENCE[operand.operator] ?? 0;
    const leftAssociative = node.operator !== "^";
    const tight = own > precedence || (own === precedence && leftAssociative !== right);
    return tight ? text : `(${text})`;
  };
  const bool = node.bool ? " bool" : "";
  return `${side(node.left, false)} ${node.operator}${bool}${printMatching(node, context)} ${side(node.right, true)}`;
}

function printMatching({ matching }: BinaryNode, context: Context): string {
  if (matching === undefined) return "";
  const labels = kept(matching.labels, context).join(", ");
  const include = kept(matching.include, context).join(", ");
  const group = matching.group === undefined ? "" : ` group_${matching.group} (${include})`;
  return ` ${matching.kind} (${labels})${group}`;
}
