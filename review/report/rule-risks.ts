/** Alerts that come later than before, or less often. */

import { seconds } from "../semantic/quantities.ts";
import type { RuleChange, RuleDifference } from "../semantic/rules.ts";
import { arrow, code, plain } from "./text.ts";

/** How often longer a condition has to hold before that is worth a word. */
const MUCH_LONGER = 2;

/** ` of model_name=a`, where a rule has others of its name. */
export function ofPlace(place: string): string {
  return place === "" ? "" : ` of ${code(place)}`;
}

/** Risks of an alert that is still there; the level follows from its severity. */
export function weakerAlert(change: RuleChange): { level: "high" | "medium"; text: string } | undefined {
  if (change.kind !== "changed" || change.rule.kind !== "alert") return undefined;
  const { rule, before, differences, place } = change;
  if (!["critical", "warning"].includes(rule.severity)) return undefined;
  const reasons = differences.flatMap(weakerReason);
  const [old, now] = [seconds(before.for) ?? 0, seconds(rule.for) ?? 0];
  if (now >= MUCH_LONGER * Math.max(old, 1) && now > 60)
    reasons.push(`it must hold for ${arrow(before.for === "" ? "0s" : before.for, rule.for)}`);
  if (reasons.length === 0) return undefined;
  return {
    level: rule.severity === "critical" ? "high" : "medium",
    text: `Alert ${code(rule.name)}${ofPlace(place)} (${plain(rule.severity)}) comes later or less often: ${reasons.join("; ")}`,
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
