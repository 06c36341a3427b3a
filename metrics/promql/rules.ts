import type { Quantity } from "../quantity.ts";

/**
 * What operations make of quantities. Types and run-time checks read the same tables: an entry that is missing is an
 * operation that is refused.
 */

const unchanged = {
  gauge: "gauge",
  rate: "rate",
  increase: "increase",
  intensive: "intensive",
  flag: "flag",
  mean: "mean",
  quotient: "quotient",
  quantile: "quantile",
  timestamp: "timestamp",
  code: "code",
} as const satisfies Partial<Record<Quantity, Quantity>>;

const spread = {
  gauge: "quotient",
  rate: "quotient",
  increase: "quotient",
  intensive: "quotient",
  mean: "quotient",
} as const satisfies Partial<Record<Quantity, Quantity>>;

const anything = <Result extends Quantity>(result: Result) =>
  ({
    counter: result,
    bucket: result,
    rate: result,
    increase: result,
    bucketRate: result,
    bucketIncrease: result,
    gauge: result,
    intensive: result,
    flag: result,
    mean: result,
    quotient: result,
    quantile: result,
    timestamp: result,
    code: result,
    info: result,
  }) as const;

/** Aggregations over series. `topk` and `bottomk` choose series, the others merge them. */
export const aggregations = {
  sum: {
    gauge: "gauge",
    rate: "rate",
    increase: "increase",
    flag: "gauge",
    bucketRate: "bucketRate",
    bucketIncrease: "bucketIncrease",
  },
  avg: { gauge: "mean", rate: "mean", increase: "mean", intensive: "mean", flag: "mean" },
  min: { ...unchanged, info: "info" },
  max: { ...unchanged, info: "info" },
  count: anything("gauge"),
  group: anything("info"),
  stddev: spread,
  stdvar: spread,
  quantile: { gauge: "quantile", rate: "quantile", increase: "quantile", intensive: "quantile" },
  topk: unchanged,
  bottomk: unchanged,
  count_values: { gauge: "gauge", intensive: "gauge", flag: "gauge", code: "gauge", info: "gauge" },
} as const satisfies Record<string, Partial<Record<Quantity, Quantity>>>;

/** Functions of a range vector. */
export const rangeFunctions = {
  rate: { counter: "rate", bucket: "bucketRate" },
  irate: { counter: "rate", bucket: "bucketRate" },
  increase: { counter: "increase", bucket: "bucketIncrease" },
  resets: { counter: "gauge", bucket: "gauge" },
  changes: {
    gauge: "gauge",
    intensive: "gauge",
    flag: "gauge",
    timestamp: "gauge",
    code: "gauge",
    info: "gauge",
    quotient: "gauge",
  },
  delta: { gauge: "gauge", intensive: "intensive", mean: "mean" },
  deriv: {
    gauge: "rate",
    intensive: "quotient",
    mean: "quotient",
    quotient: "quotient",
    quantile: "quotient",
  },
  predict_linear: {
    gauge: "gauge",
    rate: "rate",
    intensive: "intensive",
    mean: "mean",
    quotient: "quotient",
    quantile: "quantile",
  },
  avg_over_time: { gauge: "gauge", rate: "rate", intensive: "intensive", flag: "intensive", mean: "mean" },
  sum_over_time: { increase: "increase", flag: "gauge" },
  min_over_time: unchanged,
  max_over_time: unchanged,
  last_over_time: { ...unchanged, info: "info", counter: "counter", bucket: "bucket" },
  quantile_over_time: { gauge: "quantile", rate: "quantile", intensive: "quantile", mean: "quantile" },
  stddev_over_time: spread,
  count_over_time: anything("gauge"),
  present_over_time: anything("flag"),
  absent_over_time: anything("flag"),
} as const satisfies Record<string, Partial<Record<Quantity, Quantity>>>;

/** Functions that change a value but not what it is. */
export const sameKind = unchanged;

/** What stands beside a quantity in a binary operation: another one, or a plain number. */
export type OperandKind = Quantity | "number";

const withNumber = {
  gauge: { number: "gauge" },
  rate: { number: "rate" },
  increase: { number: "increase" },
  intensive: { number: "intensive" },
  flag: { number: "gauge" },
  mean: { number: "mean" },
  quotient: { number: "quotient" },
  quantile: { number: "quantile" },
} as const;

const level = {
  intensive: "quotient",
  mean: "quotient",
  quotient: "quotient",
  quantile: "quotient",
} as const;

const sums = {
  gauge: { ...withNumber.gauge, gauge: "gauge", flag: "gauge" },
  rate: { ...withNumber.rate, rate: "rate" },
  increase: { ...withNumber.increase, increase: "increase" },
  bucketRate: { bucketRate: "bucketRate" },
  bucketIncrease: { bucketIncrease: "bucketIncrease" },
  intensive: { ...withNumber.intensive, ...level, intensive: "intensive", timestamp: "timestamp" },
  flag: { ...withNumber.flag, flag: "gauge", gauge: "gauge" },
  mean: { ...withNumber.mean, ...level, mean: "mean" },
  quotient: { ...withNumber.quotient, ...level },
  quantile: { ...withNumber.quantile, ...level },
  number: {
    gauge: "gauge",
    rate: "rate",
    increase: "increase",
    intensive: "intensive",
    flag: "gauge",
    mean: "mean",
    quotient: "quotient",
    quantile: "quantile",
    timestamp: "timestamp",
  },
} as const;

const products = {
  gauge: { ...withNumber.gauge, ...lent("gauge"), ...scaledBy("gauge"), gauge: "gauge" },
  rate: { ...withNumber.rate, ...lent("rate"), ...scaledBy("rate") },
  increase: { ...withNumber.increase, ...lent("increase"), ...scaledBy("increase") },
  intensive: {
    ...withNumber.intensive,
    ...lent("intensive"),
    ...level,
    intensive: "intensive",
    gauge: "gauge",
    rate: "rate",
    increase: "increase",
  },
  flag: {
    number: "gauge",
    flag: "flag",
    info: "flag",
    gauge: "gauge",
    rate: "rate",
    increase: "increase",
    intensive: "intensive",
  },
  mean: { ...withNumber.mean, ...lent("mean"), ...level, gauge: "gauge", rate: "rate", increase: "increase" },
  quotient: {
    ...withNumber.quotient,
    ...lent("quotient"),
    ...level,
    gauge: "gauge",
    rate: "rate",
    increase: "increase",
  },
  quantile: { ...withNumber.quantile, ...lent("quantile"), ...level },
  timestamp: { info: "timestamp" },
  code: { info: "code" },
  info: {
    info: "info",
    flag: "flag",
    gauge: "gauge",
    rate: "rate",
    increase: "increase",
    intensive: "intensive",
    mean: "mean",
    quotient: "quotient",
    quantile: "quantile",
    timestamp: "timestamp",
    code: "code",
  },
  number: {
    gauge: "gauge",
    rate: "rate",
    increase: "increase",
    intensive: "intensive",
    flag: "gauge",
    mean: "mean",
    quotient: "quotient",
    quantile: "quantile",
    bucketRate: "bucketRate",
    bucketIncrease: "bucketIncrease",
  },
  bucketRate: { number: "bucketRate" },
  bucketIncrease: { number: "bucketIncrease" },
} as const;

/** Info series only lend their labels; a flag switches the other side on and off. */
function lent<Result extends Quantity>(result: Result): Record<"info" | "flag", Result> {
  return { info: result, flag: result };
}

function scaledBy<Result extends Quantity>(result: Result) {
  return { intensive: result, mean: result, quotient: result } as const;
}

const divisible = {
  gauge: "quotient",
  rate: "quotient",
  increase: "quotient",
  intensive: "quotient",
  mean: "quotient",
  quotient: "quotient",
  quantile: "quotient",
} as const;

/** Arithmetic: the result of left and right. */
export const arithmetic = {
  "+": { ...sums, timestamp: { number: "timestamp", intensive: "timestamp" } },
  "-": {
    ...sums,
    intensive: { ...withNumber.intensive, ...level, intensive: "intensive" },
    timestamp: { number: "timestamp", intensive: "timestamp", timestamp: "intensive" },
    number: { ...sums.number, timestamp: "intensive" },
  },
  "*": products,
  "/": {
    gauge: { ...divisible, ...withNumber.gauge },
    rate: { ...divisible, ...withNumber.rate },
    increase: { ...divisible, ...withNumber.increase },
    intensive: { ...divisible, ...withNumber.intensive },
    mean: { ...divisible, ...withNumber.mean },
    quotient: { ...divisible, ...withNumber.quotient },
    quantile: { ...divisible, ...withNumber.quantile },
    flag: { ...divisible, number: "gauge" },
    bucketRate: { number: "bucketRate", bucketRate: "quotient", rate: "quotient" },
    bucketIncrease: { number: "bucketIncrease", bucketIncrease: "quotient", increase: "quotient" },
    number: divisible,
  },
  "%": { gauge: { number: "gauge" }, intensive: { number: "intensive" }, timestamp: { number: "intensive" } },
  "^": {
    gauge: { number: "quotient" },
    intensive: { number: "quotient" },
    mean: { number: "quotient" },
    quotient: { number: "quotient" },
    quantile: { number: "quotient" },
  },
} as const;

/** What can be compared, with anything that can be compared; a number always can. */
export const comparable = { ...unchanged, info: "info" } as const;

/** What a table makes of a quantity, or undefined where it refuses. */
export function outcome(table: object, key: string): Quantity | undefined {
  return (table as Readonly<Record<string, Quantity | undefined>>)[key];
}

/** What an arithmetic operation makes of two operands, or undefined where it refuses. */
export function arithmeticOutcome(
  operator: keyof typeof arithmetic,
  left: OperandKind,
  right: OperandKind,
): Quantity | undefined {
  const row = (arithmetic[operator] as Readonly<Record<string, object | undefined>>)[left];
  return row === undefined ? undefined : outcome(row, right);
}
