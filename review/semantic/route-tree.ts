/** Alertmanager's routing, as far as it takes to tell who gets an alert. */

import {
  at,
  canonical,
  isObject,
  listOf,
  objectOf,
  textOf,
  type Json,
  type JsonObject,
  scalarOf,
} from "../model/json.ts";

export interface Matcher {
  label: string;
  operator: "=" | "!=" | "=~" | "!~";
  value: string;
}

export interface RouteNode {
  receiver: string;
  groupBy: string[];
  groupWait: string;
  groupInterval: string;
  repeatInterval: string;
  muted: string[];
  active: string[];
  matchers: Matcher[];
  continues: boolean;
  routes: RouteNode[];
}

export interface RouteTree {
  root: RouteNode;
  /** Receivers by name, each with its integrations. */
  receivers: Map<string, JsonObject>;
  inhibitRules: Json[];
}

/** Who gets an alert, and how it is grouped and repeated there. */
export interface Destination {
  receiver: string;
  groupBy: string[];
  groupWait: string;
  groupInterval: string;
  repeatInterval: string;
  /** Time intervals in which nothing is sent. */
  muted: string[];
  /** Time intervals outside of which nothing is sent; none: at all times. */
  active: string[];
}

/** Reads a configuration. @throws when a matcher can't be read */
export function routeTree(config: Json): RouteTree {
  // Alertmanager's own defaults.
  const defaults: Destination = {
    receiver: "",
    groupBy: [],
    groupWait: "30s",
    groupInterval: "5m",
    repeatInterval: "4h",
    muted: [],
    active: [],
  };
  return {
    root: nodeOf(at(config, "route") ?? {}, defaults),
    receivers: new Map(
      listOf(at(config, "receivers")).map((receiver) => [textOf(at(receiver, "name")), objectOf(receiver)]),
    ),
    inhibitRules: listOf(at(config, "inhibit_rules")),
  };
}

/** A branch; what it lacks it has from the branch above. */
function nodeOf(route: Json, above: Destination): RouteNode {
  const own: Destination = {
    receiver: textOf(at(route, "receiver")) || above.receiver,
    groupBy:
      at(route, "group_by") === undefined ? above.groupBy : listOf(at(route, "group_by")).map(String).sort(),
    groupWait: textOf(at(route, "group_wait")) || above.groupWait,
    groupInterval: textOf(at(route, "group_interval")) || above.groupInterval,
    repeatInterval: textOf(at(route, "repeat_interval")) || above.repeatInterval,
    // The only settings that a branch does not have from the one above.
    muted: listOf(at(route, "mute_time_intervals")).map(textOf),
    active: listOf(at(route, "active_time_intervals")).map(textOf),
  };
  return {
    ...own,
    matchers: matchersOf(route),
    continues: at(route, "continue") === true,
    routes: listOf(at(route, "routes")).map((inner) => nodeOf(inner, own)),
  };
}

function matchersOf(route: Json): Matcher[] {
  const deprecated = (key: string, operator: Matcher["operator"]) =>
    Object.entries(objectOf(at(route, key))).map(([label, value]) => ({
      label,
      operator,
      value: scalarOf(value),
    }));
  const listed = listOf(at(route, "matchers")).flatMap((text) => parseMatchers(textOf(text)));
  return [...listed, ...deprecated("match", "="), ...deprecated("match_re", "=~")];
}

/** `severity="critical"` or `{severity="critical", team=~"a|b"}`. */
export function parseMatchers(text: string): Matcher[] {
  const pattern =
    /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"={}!~,]+))\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",{}]*))\s*(?:,|$)/y;
  const body = text.trim().replace(/^\{(.*)\}$/s, "$1");
  const matchers: Matcher[] = [];
  while (pattern.lastIndex < body.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(body);
    if (match === null || pattern.lastIndex === start)
      throw new Error(`the matcher ${JSON.stringify(text)} can't be read; write label="value"`);
    const [, quotedLabel, label, operator, quoted, plain] = match;
    matchers.push({
      label: quotedLabel === undefined ? (label ?? "") : unescaped(quotedLabel),
      operator: operator as Matcher["operator"],
      value: quoted === undefined ? (plain ?? "") : unescaped(quoted),
    });
  }
  return matchers;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gs, (_, char: string) => (char === "n" ? "\n" : char));
}

/** Where alerts with these labels go, in the order of the tree. */
export function destinationsOf(tree: RouteTree, labels: Readonly<Record<string, string>>): Destination[] {
  return visit(tree.root, labels).map(
    ({ receiver, groupBy, groupWait, groupInterval, repeatInterval, muted, active }) => ({
      receiver,
      groupBy,
      groupWait,
      groupInterval,
      repeatInterval,
      muted,
      active,
    }),
  );
}

function visit(node: RouteNode, labels: Readonly<Record<string, string>>): RouteNode[] {
  if (!matchesAll(node.matchers, labels)) return [];
  const found: RouteNode[] = [];
  for (const child of node.routes) {
    const below = visit(child, labels);
    found.push(...below);
    if (below.length > 0 && !child.continues) break;
  }
  return found.length === 0 ? [node] : found;
}

/** Whether labels fulfil every matcher. */
export function matchesAll(matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.every((matcher) => matches(matcher, labels));
}

const expressions = new Map<string, RegExp>();

/** A label that an alert lacks is the empty text. */
function matches({ label, operator, value }: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const actual = labels[label] ?? "";
  switch (operator) {
    case "=":
      return actual === value;
    case "!=":
      return actual !== value;
    case "=~":
      return expressionOf(value).test(actual);
    case "!~":
      return !expressionOf(value).test(actual);
  }
}

/** The whole value has to match. RE2 writes flags for the rest of an expression in front of it, JavaScript around it. */
function expressionOf(value: string): RegExp {
  let expression = expressions.get(value);
  if (expression === undefined) {
    const [, flags = "", rest = value] = /^\(\?([ims]+)\)(.*)$/s.exec(value) ?? [];
    expression = new RegExp(`^(?:${rest})$`, `u${[...new Set(flags)].join("")}`);
    expressions.set(value, expression);
  }
  return expression;
}

/** Labels that any branch looks at. */
export function matchedLabels({ root }: RouteTree): Set<string> {
  const labels = new Set<string>();
  const walk = (node: RouteNode): void => {
    for (const { label } of node.matchers) labels.add(label);
    node.routes.forEach(walk);
  };
  walk(root);
  return labels;
}

/** Whether a receiver tells anybody: it has an integration. */
export function isSilent(tree: RouteTree, receiver: string): boolean {
  const integrations = Object.entries(tree.receivers.get(receiver) ?? {}).filter(
    ([key, value]) => key.endsWith("_configs") && Array.isArray(value) && value.length > 0,
  );
  return integrations.length === 0;
}

/** A text that is the same for equal inhibition rules. */
export function inhibitionText(rule: Json): string {
  if (!isObject(rule)) return "";
  const list = (key: string) => listOf(rule[key]).map(String).sort().join(", ");
  return `${list("source_matchers")} mutes ${list("target_matchers")} where ${list("equal")} are equal`;
}

/** The same destination. */
export function sameTiming(a: Destination, b: Destination): boolean {
  return canonical(a as never) === canonical(b as never);
}
