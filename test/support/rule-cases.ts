/** Cases of alerts as data: run as they are, and again on rules in which something is turned around. */
import type { AlertRule, RuleSet } from "../../alerts/index.ts";
import type { AlertTest } from "./promtool.ts";

/** The tests of one alert. */
export interface AlertCases {
  alert: string;
  tests: AlertTest[];
}

/** An alert of a rule set. @throws Error when there is none of the name. */
export function alertOf(sets: RuleSet[], name: string): AlertRule {
  const rule = sets
    .flatMap(({ groups }) => groups)
    .flatMap(({ alerts = [] }) => alerts)
    .find(({ alert }) => alert === name);
  if (rule === undefined) throw new Error(`no alert ${name}`);
  return rule;
}

/** The cases of alerts, those of one alert together: a mutation must fail one of them. */
export function merged(cases: AlertCases[]): AlertCases[] {
  const names = [...new Set(cases.map(({ alert }) => alert))];
  return names.map((name) => ({
    alert: name,
    tests: cases.filter(({ alert }) => alert === name).flatMap(({ tests }) => tests),
  }));
}

const negations: Record<string, string> = {
  ">": "<=",
  ">=": "<",
  "<": ">=",
  "<=": ">",
  "==": "!=",
  "!=": "==",
};

/** One change of an expression. */
export interface Mutation {
  name: string;
  expr: string;
}

/**
 * Every comparison negated, every threshold a thousand times as high and as low, `and` and `unless` exchanged. A mutation
 * that cannot be told apart, such as of a threshold of 0, is left out.
 */
export function mutationsOf(expr: string): Mutation[] {
  const comparisons = [...expr.matchAll(/ (>=|<=|==|!=|>|<) /g)].map((match) => {
    const [whole, operator = ""] = match;
    const negated = negations[operator] ?? "";
    const at = match.index;
    return {
      name: `${operator} at ${String(at)} negated`,
      expr: `${expr.slice(0, at)} ${negated} ${expr.slice(at + whole.length)}`,
    };
  });
  const thresholds = [...expr.matchAll(/ (?:>=|<=|>|<) ([0-9.]+)/g)].flatMap((match) => {
    const number = Number(match[1]);
    const end = match.index + match[0].length;
    const start = end - (match[1] ?? "").length;
    if (number === 0) return [];
    return [number * 1000].map((other) => ({
      name: `${String(number)} at ${String(start)} turned into ${String(other)}`,
      expr: expr.slice(0, start) + String(other) + expr.slice(end),
    }));
  });
  const sets = [...expr.matchAll(/[\n ](and|unless) /g)].map((match) => {
    const other = match[1] === "and" ? "unless" : "and";
    return {
      name: `${match[1] ?? ""} at ${String(match.index)} turned into ${other}`,
      expr: `${expr.slice(0, match.index)} ${other} ${expr.slice(match.index + match[0].length)}`,
    };
  });
  return [...comparisons, ...thresholds, ...sets];
}

/** The rules with another expression of one alert. */
export function withExpression(sets: RuleSet[], name: string, expr: string): RuleSet[] {
  const changed = structuredClone(sets);
  alertOf(changed, name).expr = expr;
  return changed;
}

/**
 * One alert with the recordings that it needs, and nothing else: promtool evaluates every rule at each step, and a test
 * over a day has thousands of steps.
 */
export function only(sets: RuleSet[], name: string): RuleSet[] {
  const groups = sets.flatMap((set) => set.groups);
  const recordings = groups.flatMap((group) => group.recordings ?? []);
  const needed = new Set<string>();
  const visit = (expr: string): void => {
    for (const { record, expr: inner } of recordings.filter((rule) => expr.includes(rule.record))) {
      if (needed.has(record)) continue;
      needed.add(record);
      visit(inner);
    }
  };
  const alert = alertOf(sets, name);
  visit(alert.expr);
  const used = recordings.filter(({ record }) => needed.has(record));
  return [{ name: "only", groups: [{ name: "only", recordings: used, alerts: [alert] }] }];
}
