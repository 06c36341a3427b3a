/**
 * PromQL from families of the metric catalogue. A family can only be used in the way its type and unit allow: a gauge has
 * no rate, a ratio no sum, and a label must be one that the family has.
 */
import type { CounterFamily, GaugeFamily, HistogramFamily, MetricFamily } from "../metrics/family.ts";

/** Labels that every series of a vLLM pod gets from its PodMonitor. */
export type TargetLabel = "namespace" | "pod" | "node" | "owner" | "team" | "model";

/** Labels a query on a family may use. */
export type QueryLabel<F extends MetricFamily> = F["labels"][number] | TargetLabel;

/** Label matchers, `label="value"` or `label=~"regex"`, as written in a selector. */
export type Matchers = Partial<Record<string, `${"=" | "=~" | "!=" | "!~"}"${string}"`>>;

/** What a dashboard's variables choose. */
export const CHOSEN: Matchers = {
  namespace: '=~"$namespace"',
  model_name: '=~"$model_name"',
  pod: '=~"$pod"',
};

/** The same for the families of the HTTP server, which know no `model_name`; `model` comes with the target. */
export const CHOSEN_TARGETS: Matchers = {
  namespace: '=~"$namespace"',
  model: '=~"$model_name"',
  pod: '=~"$pod"',
};

/** A window that holds at least four scrapes, whatever the zoom. */
const WINDOW = "$__rate_interval";

/** Sum of a gauge that counts things. */
export function sum<const F extends GaugeFamily>(
  family: Countable<F>,
  by: QueryLabel<F>[],
  matchers = CHOSEN,
): string {
  return `sum${grouping(by)}(${selector(family.name, matchers)})`;
}

/** A gauge whose values can be added; ratios, information and times can't. */
type Countable<F extends GaugeFamily> = F["unit"] extends "ratio" | "info" | "timestamp" | "boolean"
  ? never
  : F;

/** Mean of a gauge over its series. */
export function average<const F extends GaugeFamily>(
  family: F,
  by: QueryLabel<F>[],
  matchers = CHOSEN,
): string {
  return `avg${grouping(by)}(${selector(family.name, matchers)})`;
}

/** Highest series of a gauge. */
export function maximum<const F extends GaugeFamily>(
  family: F,
  by: QueryLabel<F>[],
  matchers = CHOSEN,
): string {
  return `max${grouping(by)}(${selector(family.name, matchers)})`;
}

/** Growth of a counter per second. */
export function rate<const F extends CounterFamily>(
  family: F,
  by: QueryLabel<F>[],
  matchers = CHOSEN,
): string {
  return `sum${grouping(by)}(rate(${selector(family.name, matchers)}[${WINDOW}]))`;
}

/** Quantile of a histogram over the window, in the histogram's unit. */
export function quantile<const F extends HistogramFamily>(
  rank: number,
  family: F,
  by: QueryLabel<F>[],
  matchers = CHOSEN,
): string {
  return `histogram_quantile(${String(rank)}, ${buckets(family, by, matchers)})`;
}

/** Observations per second and bucket, for a heatmap or a quantile. */
export function buckets<const F extends HistogramFamily>(
  family: F,
  by: QueryLabel<F>[],
  matchers = CHOSEN,
): string {
  return `sum${grouping(["le", ...by])}(rate(${selector(`${family.name}_bucket`, matchers)}[${WINDOW}]))`;
}

/** Share of one counter in another, 0 to 1; nothing where the other stands still. */
export function ratio(part: string, whole: string): string {
  return `${part}\n/\n(${whole} > 0)`;
}

function grouping(by: string[]): string {
  return by.length === 0 ? "" : ` by (${by.join(", ")}) `;
}

function selector(sample: string, matchers: Matchers): string {
  const list = Object.entries(matchers).map(([label, matcher]) => `${label}${matcher ?? ""}`);
  return `${sample}{${list.join(", ")}}`;
}
