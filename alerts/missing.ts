import { problems, type ContextOptions, type RecordedSeries } from "../metrics/promql/index.ts";
import type { Level } from "./recording-rule.ts";
import type { RuleSet } from "./types.ts";

/** Recorded series that none of the contexts can record. */
export function missingSeries(levels: readonly Level[], contexts: readonly ContextOptions[]): string[] {
  return levels
    .flatMap((level) => Object.values(level) as RecordedSeries[])
    .filter(({ expression }) =>
      contexts.every((context) => expression !== undefined && problems(expression, context).length > 0),
    )
    .map(({ record }) => record);
}

/** The rules without those that read a missing series, directly or by way of another rule. */
export function withoutRulesOn(set: RuleSet, missing: readonly string[]): RuleSet {
  if (missing.length === 0) return set;
  const gone = new Set(missing);
  const reads = (expr: string): boolean => [...gone].some((record) => mentions(expr, record));
  for (let before = -1; before !== gone.size;) {
    before = gone.size;
    for (const { recordings = [] } of set.groups)
      for (const { record, expr } of recordings) if (reads(expr)) gone.add(record);
  }
  const groups = set.groups
    .map((group) => ({
      ...group,
      ...(group.recordings === undefined
        ? {}
        : { recordings: group.recordings.filter(({ record, expr }) => !gone.has(record) && !reads(expr)) }),
      ...(group.alerts === undefined ? {} : { alerts: group.alerts.filter(({ expr }) => !reads(expr)) }),
    }))
    .filter(({ recordings = [], alerts = [] }) => recordings.length + alerts.length > 0);
  return { ...set, groups };
}

/** Whether PromQL names a series, and not only one whose name begins with it. */
function mentions(expr: string, name: string): boolean {
  const found = expr.indexOf(name);
  if (found < 0) return false;
  const rest = expr.slice(found);
  return !/^[a-zA-Z0-9_:]/.test(rest.slice(name.length)) || mentions(rest.slice(name.length), name);
}
