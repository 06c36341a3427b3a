/** PromQL over the metric catalogue, typed: what would be a wrong query does not compile, or is refused when built. */
export {
  avg,
  bottomk,
  by,
  count,
  countValues,
  group,
  max,
  min,
  quantile,
  stddev,
  stdvar,
  sum,
  topk,
  without,
} from "./aggregate.ts";
export type { By, GroupingBy, Without } from "./aggregate.ts";
export {
  add,
  and,
  div,
  eq,
  gt,
  gte,
  lt,
  lte,
  mod,
  mul,
  neq,
  or,
  orElse,
  orZero,
  orZeroFor,
  pow,
  sub,
  unless,
} from "./binary.ts";
export {
  contextOf,
  EngineSpelling,
  type Context,
  type ContextOptions,
  type VersionRange,
} from "./context.ts";
export { durationMilliseconds, isDuration, type Duration, type GrafanaDuration } from "./duration.ts";
export { PromqlError } from "./error.ts";
export { sameUnit, type Expression, type RangeVector, type Scalar, type Vector } from "./expression.ts";
export {
  abs,
  absent,
  calendar,
  CalendarField,
  ceil,
  clamp,
  clampMax,
  clampMin,
  floor,
  labelJoin,
  labelReplace,
  number,
  round,
  scalar,
  sort,
  sortDesc,
  time,
  timestamp,
  vector,
} from "./functions.ts";
export { histogramQuantile, meanBy, quantileBy, shareAtMost } from "./histogram.ts";
export { boundsOf, type BoundOptions } from "./le.ts";
export { ignoring, on, type Matching } from "./match.ts";
export { print, printNumber, problems, seriesNames } from "./print.ts";
export {
  absentOverTime,
  avgOverTime,
  changes,
  countOverTime,
  delta,
  deriv,
  increase,
  irate,
  lastOverTime,
  maxOverTime,
  minOverTime,
  predictLinear,
  presentOverTime,
  quantileOverTime,
  range,
  rate,
  resets,
  stddevOverTime,
  subquery,
  sumOverTime,
} from "./range.ts";
export { declared, recorded, type RecordedSeries } from "./recorded.ts";
export { not, notRegex, regex, variable, type Selector } from "./selector.ts";
export { defineSeries, type HistogramSeries, type SeriesOfCatalogue, type SummarySeries } from "./series.ts";
export type { Source } from "./source.ts";
export { convert, withUnit } from "./units.ts";
