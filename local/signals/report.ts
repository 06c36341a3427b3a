/** What every rule of a Prometheus says: which recordings have data, and whether the inputs of each alert are there. */
import { parser } from "@prometheus-io/lezer-promql";

import type { EvaluatedRule } from "../cli/prometheus-api.ts";

/** A rule as Prometheus has loaded it. */
export type LoadedRule = Pick<EvaluatedRule, "name" | "type" | "query" | "labels" | "interval">;

/**
 * - `data`: it gives series.
 * - `silent`: an alert whose condition does not hold, though what it looks at is there.
 * - `off`: nothing, for a reason: what it is about is not here.
 * - `empty`: nothing, and no reason: the expression is wrong, or something is missing.
 */
export type SignalState = "data" | "silent" | "off" | "empty";

/** What became of a rule. */
export interface Signal {
  readonly rule: LoadedRule;
  readonly state: SignalState;
  /** Series that its expression gives now. */
  readonly series: number;
  /** Why it gives none, or what is missing. */
  readonly reason: string;
}

/** Number of series that an expression gives now. */
export type Count = (expression: string) => Promise<number>;

/** Series that are not there for a reason. */
export interface Absence {
  /** Matches a selector of the series, or the name of the rule that records them. */
  readonly selector: RegExp;
  readonly reason: string;
}

/** Every selector of series in an expression, each once, with its matchers and without range and offset. */
export function selectorsOf(expression: string): string[] {
  const found = new Set<string>();
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) throw new Error(`no PromQL: ${expression}`);
      if (type.name === "VectorSelector") found.add(expression.slice(from, to));
    },
  });
  return [...found];
}

const isOf = (record: string, selector: string): boolean =>
  selector === record || selector.startsWith(`${record}{`);

/** Runs every rule's expression, and what it reads where it gives nothing. */
export async function signalsOf(
  rules: readonly LoadedRule[],
  count: Count,
  absences: readonly Absence[],
): Promise<Signal[]> {
  const counts = new Map<string, Promise<number>>();
  const counted = (expression: string): Promise<number> => {
    const known = counts.get(expression) ?? count(expression);
    counts.set(expression, known);
    return known;
  };
  /** Why a selector finds nothing, undefined when it does find something; empty when there is no reason. */
  const absence = async (selector: string, seen: readonly string[] = []): Promise<string | undefined> => {
    if ((await counted(selector)) > 0) return undefined;
    const known = absences.find((one) => one.selector.test(selector));
    if (known !== undefined) return known.reason;
    // A recorded series is off when one of its inputs is, in each of the rules that record it.
    const sources = rules.filter(({ name, type }) => type === "recording" && isOf(name, selector));
    if (sources.length === 0 || seen.includes(selector)) return "";
    const reasons = await Promise.all(sources.map(({ query }) => firstReason(query, [...seen, selector])));
    return reasons.includes("") ? "" : reasons[0];
  };
  /** The first reason why an expression may give nothing; empty when there is none. */
  const firstReason = async (query: string, seen: readonly string[]): Promise<string> => {
    for (const selector of selectorsOf(query)) {
      const reason = await absence(selector, seen);
      if (reason !== undefined && reason !== "") return reason;
    }
    return "";
  };
  const signals: Signal[] = [];
  for (const rule of rules) {
    const series = await counted(rule.query);
    if (series > 0) signals.push({ rule, state: "data", series, reason: "" });
    else if (rule.type === "recording") {
      const own = absences.find(({ selector }) => selector.test(rule.name));
      const reason = own?.reason ?? (await firstReason(rule.query, []));
      signals.push({ rule, state: reason === "" ? "empty" : "off", series, reason });
    } else signals.push({ rule, series, ...(await silence(rule.query, absence)) });
  }
  return signals;
}

/** An alert that says nothing: because all is well, or because what it looks at is not there. */
async function silence(
  query: string,
  absence: (selector: string) => Promise<string | undefined>,
): Promise<Pick<Signal, "state" | "reason">> {
  const missing: { selector: string; reason: string }[] = [];
  for (const selector of selectorsOf(query)) {
    const reason = await absence(selector);
    if (reason !== undefined) missing.push({ selector, reason });
  }
  const [unexplained] = missing.filter(({ reason }) => reason === "");
  if (unexplained !== undefined) return { state: "empty", reason: `there is no ${unexplained.selector}` };
  const [first] = missing;
  return first === undefined ? { state: "silent", reason: "" } : { state: "off", reason: first.reason };
}
