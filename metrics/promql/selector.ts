import type { Quantity } from "../quantity.ts";
import { isDuration, type Duration } from "./duration.ts";
import { PromqlError } from "./error.ts";
import { vectorOf, type Vector } from "./expression.ts";
import { seriesTitle, type Matcher, type SelectorNode } from "./node.ts";
import { escapeRegex, isLabelName } from "./quote.ts";

/** Values of labels that form a closed list. */
export type LabelValues = Readonly<Record<string, readonly string[]>>;

/** A condition on a label other than "is one of these". */
export interface LabelCondition<V extends string = string> {
  readonly operator: "!=" | "=~" | "!~";
  readonly value: string;
  /** The plain values that it excludes. */
  readonly values?: readonly V[];
}

/** The label must be none of these values; `not("")` asks that it is there at all. */
export function not<const V extends string>(value: V | readonly V[]): LabelCondition<V> {
  const values = typeof value === "string" ? [value] : value;
  const [only] = values;
  return values.length === 1 && only !== undefined
    ? { operator: "!=", value: only, values }
    : { operator: "!~", value: alternatives(values), values };
}

/** The label must match a regular expression of RE2, which is anchored at both ends. */
export function regex(pattern: string): LabelCondition<never> {
  return { operator: "=~", value: checkedPattern(pattern) };
}

/** The label must not match a regular expression of RE2, which is anchored at both ends. */
export function notRegex(pattern: string): LabelCondition<never> {
  return { operator: "!~", value: checkedPattern(pattern) };
}

/** The label must match a variable of a Grafana dashboard, which may hold several values or all. */
export function variable(name: string): LabelCondition<never> {
  if (!/^\w+$/.test(name)) {
    throw new PromqlError(
      `"${name}" is no variable's name; write letters, digits and underscores, without "$"`,
    );
  }
  return { operator: "=~", value: `$${name}` };
}

export type MatcherValue<V extends string> = V | readonly V[] | LabelCondition<V>;

/** A family without closed lists has `never` for V. */
type ValueOf<K, V extends LabelValues> = [V] extends [never]
  ? string
  : K extends keyof V
    ? V[K][number]
    : string;

/** Conditions by label; a label that the series lack does not compile. */
export type Matchers<L extends string, V extends LabelValues> = {
  readonly [K in Exclude<L, "le" | "quantile">]?: MatcherValue<ValueOf<K, V>>;
};

/** Labels that a set of conditions pins to one value. */
export type Pinned<M> = { [K in keyof M]: M[K] extends string ? K : never }[keyof M] & string;

/** Series of one metric. */
export interface Selector<
  Q extends Quantity = Quantity,
  L extends string = string,
  E extends string = string,
  V extends LabelValues = LabelValues,
> extends Vector<Q, L> {
  readonly node: SelectorNode;
  /** Labels that an equality condition pins: `absent` gives them to its result. */
  readonly pinned: readonly E[];
  readonly labelValues: V;
  /** Adds conditions on labels; a list means "one of". @throws PromqlError for an unknown label or value. */
  where<const M extends Matchers<L, V>>(
    conditions: M & { readonly [K in Exclude<keyof M, Exclude<L, "le" | "quantile">>]: never },
  ): Selector<Q, L, E | Pinned<M>, V>;
  /** The samples of this much earlier. */
  offset(duration: Duration): Selector<Q, L, E, V>;
  /** The samples of this Unix time (seconds), or of the query range's start or end. */
  at(time: number | "start" | "end"): Selector<Q, L, E, V>;
}

/** Makes a selector. */
export function selectorOf<Q extends Quantity, L extends string, E extends string, V extends LabelValues>(
  node: SelectorNode,
  quantity: Q,
  labels: readonly L[],
  rest: {
    readonly unit: string | undefined;
    readonly observed?: string | undefined;
    readonly pinned: readonly E[];
    readonly labelValues: V;
  },
): Selector<Q, L, E, V> {
  const derive = <P extends string>(changed: SelectorNode, pinned: readonly P[]): Selector<Q, L, P, V> =>
    selectorOf(changed, quantity, labels, { ...rest, pinned });
  const where = <const M extends Matchers<L, V>>(conditions: M): Selector<Q, L, E | Pinned<M>, V> => {
    const added = Object.entries<MatcherValue<string> | undefined>(conditions).flatMap(([label, value]) =>
      value === undefined ? [] : [matcherOf(node, labels, rest.labelValues, label, value)],
    );
    const pinned = added.filter(({ operator }) => operator === "=").map(({ label }) => label);
    return derive({ ...node, matchers: [...node.matchers, ...added] }, [
      ...rest.pinned,
      ...(pinned as Pinned<M>[]),
    ]);
  };
  return Object.freeze({
    ...vectorOf(node, quantity, labels, rest.unit, rest.observed),
    node,
    pinned: rest.pinned,
    labelValues: rest.labelValues,
    where,
    offset: (duration: Duration) => derive({ ...node, offset: checkedDuration(duration) }, rest.pinned),
    at: (time: number | "start" | "end") => derive({ ...node, at: time }, rest.pinned),
  });
}

/** @throws PromqlError unless the text is a duration above zero. */
export function checkedDuration(duration: string): Duration {
  if (isDuration(duration)) return duration;
  throw new PromqlError(
    `"${duration}" is no duration above zero; write one such as "5m", "1h30m" or "500ms"`,
  );
}

function matcherOf(
  node: SelectorNode,
  labels: readonly string[],
  labelValues: LabelValues,
  label: string,
  value: MatcherValue<string>,
): Matcher {
  const title = seriesTitle(node.series);
  if (label === "le" || label === "quantile") {
    throw new PromqlError(
      `${title}: compare "${label}" with atMost(bound) or quantile(value), never as text`,
    );
  }
  if (!labels.includes(label) || !isLabelName(label)) {
    throw new PromqlError(
      `${title} has no label "${label}", so nothing would match; it has ${[...labels].sort().join(", ")}`,
    );
  }
  const known = labelValues[label];
  const plain = typeof value === "string" ? [value] : "operator" in value ? (value.values ?? []) : value;
  const unknown = plain.find((text) => known !== undefined && text !== "" && !known.includes(text));
  if (unknown !== undefined) {
    throw new PromqlError(
      `${title}: label "${label}" is never "${unknown}"; its values are ${(known ?? []).join(", ")}`,
    );
  }
  if (typeof value === "string") return { label, operator: "=", value };
  if (!("operator" in value)) {
    const [only] = value;
    if (only === undefined) {
      throw new PromqlError(`${title}: the list of values for "${label}" is empty, so nothing would match`);
    }
    return value.length === 1
      ? { label, operator: "=", value: only }
      : { label, operator: "=~", value: alternatives(value) };
  }
  requireUse(title, label, value, known);
  return { label, operator: value.operator, value: value.value };
}

/** A pattern that fits none of a closed list of values is a mistake. */
function requireUse(
  title: string,
  label: string,
  condition: LabelCondition,
  known: readonly string[] | undefined,
): void {
  if (known === undefined || condition.values !== undefined || condition.value.includes("$")) return;
  const pattern = new RegExp(`^(?:${condition.value})$`, "s");
  if (known.some((text) => pattern.test(text))) return;
  throw new PromqlError(
    `${title}: no value of label "${label}" matches "${condition.value}"; its values are ${known.join(", ")}`,
  );
}

function alternatives(values: readonly string[]): string {
  return values.map(escapeRegex).join("|");
}

function checkedPattern(pattern: string): string {
  if (/\(\?[=!<]|\\[1-9]/.test(pattern)) {
    throw new PromqlError(`/${pattern}/ looks around or back, which RE2 can't; rewrite it without`);
  }
  try {
    new RegExp(pattern.replace(/\(\?[imsU]+\)/g, ""));
  } catch (error) {
    throw new PromqlError(`/${pattern}/ is no regular expression: ${String(error)}`);
  }
  return pattern;
}
