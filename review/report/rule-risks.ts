/** Alerts that come later than before, or less often. */

import type { RuleChange, RuleDifference } from "../semantic/rules.ts";
import { arrow, code, plain } from "./text.ts";

/** How often longer a condition has to hold before that is worth a word. */
const MUCH_LONGER = 2;

/** Risks of an alert that is still there; the level follows from its severity. */
export function weakerAlert(change: RuleChange): { level: "high" | "medium"; text: string } | undefined {
  if (change.kind !== "changed" || change.rule.kind !== "alert") return undefined;
  const { rule, before, differences, place } = change;
  if (!["critical", "warning"].includes(rule.severity)) return undefined;
  const reasons = differences.flatMap(weakerReason);
  const [old, now] = [secondsOf(before.for), secondsOf(rule.for)];
  if (now >= MUCH_LONGER * Math.max(old, 1) && now > 60)
    reasons.push(`it must hold for ${arrow(before.for === "" ? "0s" : before.for, rule.for)}`);
  if (reasons.length === 0) return undefined;
  const which = place === "" ? "" : ` of ${code(place)}`;
  return {
    level: rule.severity === "critical" ? "high" : "medium",
    text: `Alert ${code(rule.name)}${which} (${plain(rule.severity)}) comes later or less often: ${reasons.join("; ")}`,
  };
}

/** A threshold that more has to happen for: a higher one that must be exceeded, a lower one that must be fallen below. */
function weakerReason({ expression, before }: RuleDifference): string[] {
  if (expression?.kind !== "numbers") return [];
  return expression.numbers.flatMap((number) => {
    const literal = number.before.replaceAll(/[.+]/g, String.raw`\$&`);
    const comparison = new RegExp(String.raw`([<>])=?\s*(?:bool\s+)?${literal}(?![\w.])`).exec(before)?.[1];
    const [old, now] = [Number(number.before), Number(number.after)];
    const isWeaker = comparison === ">" ? now > old : comparison === "<" ? now < old : false;
    return isWeaker ? [`threshold ${arrow(number.before, number.after)}`] : [];
  });
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** Seconds of a duration of Prometheus, such as `1h30m`; 0 for none. */
function secondsOf(duration: string): number {
  return [...duration.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, number = "0", unit = "s"]) => sum + Number(number) * (UNITS[unit] ?? 0),
    0,
  );
}
