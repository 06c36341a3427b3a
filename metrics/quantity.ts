import type { MetricFamily, Unit } from "./family.ts";

/**
 * What a number is, as far as it decides what may be done with it.
 *
 * - `counter`, `bucket`: rises since the process started; only rate, increase and the like make sense of it. A bucket is a
 *   counter per upper bound `le`.
 * - `rate`, `increase`, `bucketRate`, `bucketIncrease`: what these functions make of them; they add up.
 * - `gauge`: an amount that adds up over series (requests, bytes, watts).
 * - `intensive`: a level that does not add up: ratios, percentages, temperatures, ages. It is averaged.
 * - `flag`: 0 or 1. Its sum is a number of series, its average a share.
 * - `mean`: the average of several series; averaged again over series it would be wrong, over time it isn't.
 * - `quotient`: one aggregate over another; neither sums nor averages of quotients mean anything.
 * - `quantile`: likewise.
 * - `timestamp`: Unix time in seconds. `code`: a number that stands for a state. `info`: 1, its labels are the message.
 */
export type Quantity =
  | "counter"
  | "bucket"
  | "rate"
  | "increase"
  | "bucketRate"
  | "bucketIncrease"
  | "gauge"
  | "intensive"
  | "flag"
  | "mean"
  | "quotient"
  | "quantile"
  | "timestamp"
  | "code"
  | "info";

/** What a gauge in a unit is, unless its family says otherwise. */
export const unitQuantities = {
  seconds: "intensive",
  milliseconds: "intensive",
  microseconds: "intensive",
  nanoseconds: "intensive",
  hours: "intensive",
  ratio: "intensive",
  percent: "intensive",
  celsius: "intensive",
  megahertz: "intensive",
  "seconds/MiB": "intensive",
  boolean: "flag",
  info: "info",
  timestamp: "timestamp",
  code: "code",
  "bytes/second": "rate",
  bytes: "gauge",
  MiB: "gauge",
  tokens: "gauge",
  requests: "gauge",
  flops: "gauge",
  blocks: "gauge",
  items: "gauge",
  events: "gauge",
  pages: "gauge",
  operations: "gauge",
  connections: "gauge",
  sequences: "gauge",
  descriptors: "gauge",
  objects: "gauge",
  files: "gauge",
  watts: "gauge",
  millijoules: "gauge",
  dollars: "gauge",
  cores: "gauge",
  replicas: "gauge",
  pods: "gauge",
  containers: "gauge",
  nodes: "gauge",
  resources: "gauge",
  alerts: "gauge",
  messages: "gauge",
  samples: "gauge",
  series: "gauge",
  rows: "gauge",
  users: "gauge",
  cycles: "gauge",
} as const satisfies Record<Unit, Quantity>;

/** What the sample of a counter or gauge is. */
export type QuantityOf<F extends MetricFamily> = F extends { readonly quantity: infer Q extends Quantity }
  ? Q
  : F["type"] extends "counter"
    ? "counter"
    : (typeof unitQuantities)[F["unit"]];

/** What the sample of a counter or gauge is. */
export function quantityOf(family: MetricFamily): Quantity {
  return family.quantity ?? (family.type === "counter" ? "counter" : unitQuantities[family.unit]);
}
