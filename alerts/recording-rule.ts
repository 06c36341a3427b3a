import { print, problems, type ContextOptions, type RecordedSeries } from "../metrics/promql/index.ts";
import type { RecordingRule } from "./types.ts";

/** The rule that records a series. @throws Error for a series that someone else records. */
export function recordingRule(series: RecordedSeries, context: ContextOptions = {}): RecordingRule {
  const { record, expression, ruleLabels } = series;
  if (expression === undefined) throw new Error(`${record} is not recorded here`);
  const labels = Object.keys(ruleLabels).length === 0 ? {} : { labels: { ...ruleLabels } };
  return { record, expr: print(expression, context), ...labels };
}

/** A level of series by name; what a level records may be of any kind. */
export type Level = Readonly<Record<string, unknown>>;

/** The rules of levels, in the order in which they need each other. */
export function recordingRules(levels: readonly Level[], context: ContextOptions = {}): RecordingRule[] {
  return seriesOf(levels).map((series) => recordingRule(series, context));
}

/** The rules that can be printed under a context: series of families that a version lacks are left out. */
export function possibleRules(levels: readonly Level[], context: ContextOptions): RecordingRule[] {
  return seriesOf(levels)
    .filter(({ expression }) => expression === undefined || problems(expression, context).length === 0)
    .map((series) => recordingRule(series, context));
}

function seriesOf(levels: readonly Level[]): RecordedSeries[] {
  return levels.flatMap((level) => Object.values(level) as RecordedSeries[]);
}
