import type {
  BucketFamily,
  Catalogue,
  HistogramFamily,
  LabelOf,
  MetricFamily,
  SummaryFamily,
} from "../family.ts";
import { externalLabels, type ExternalLabel } from "../targets.ts";
import { quantityOf, type Quantity, type QuantityOf } from "../quantity.ts";
import type { Duration } from "./duration.ts";
import { PromqlError } from "./error.ts";
import { floatMatcher, requireBound } from "./le.ts";
import type { Part, SelectorNode } from "./node.ts";
import { selectorOf, type LabelValues, type Matchers, type Pinned, type Selector } from "./selector.ts";
import type { Source } from "./source.ts";

type ValuesOf<F> = F extends { readonly labelValues: infer V extends LabelValues } ? V : never;
type BoundOf<F> = F extends { readonly buckets: BucketFamily & { readonly bounds: readonly (infer B)[] } }
  ? B
  : number;
type Samples<Q extends Quantity, L extends string, E extends string, F> = Selector<Q, L, E, ValuesOf<F>>;

/** Conditions on the labels of a family and its targets. */
type Conditions<F extends MetricFamily, T extends string> = Matchers<LabelOf<F> | T, ValuesOf<F>>;
type Exactly<M, F extends MetricFamily, T extends string> = M & {
  readonly [K in Exclude<keyof M, LabelOf<F> | T>]: never;
};

/** A histogram's three kinds of series; E are the labels that conditions pin. */
export interface HistogramSeries<F extends HistogramFamily, T extends string, E extends string = never> {
  readonly family: F;
  /** Observations up to each bound: a counter per `le`. */
  readonly bucket: Samples<"bucket", LabelOf<F> | T | "le", E, F>;
  /** Sum of what was observed. */
  readonly sum: Samples<"counter", LabelOf<F> | T, E, F>;
  /** Number of observations. */
  readonly count: Samples<"counter", LabelOf<F> | T, E, F>;
  /** Number of observations up to a bound that the family has; another value does not compile. */
  atMost(bound: BoundOf<F>): Samples<"counter", LabelOf<F> | T | "le", E, F>;
  /** Like {@link atMost} for bounds that are configuration; checked when the query is printed. */
  atMostConfigured(bound: number): Samples<"counter", LabelOf<F> | T | "le", E, F>;
  /** Adds conditions to all its series. */
  where<const M extends Conditions<F, T>>(conditions: Exactly<M, F, T>): HistogramSeries<F, T, E | Pinned<M>>;
  /** The samples of this much earlier. */
  offset(duration: Duration): HistogramSeries<F, T, E>;
}

/** A summary's series; E are the labels that conditions pin. */
export interface SummarySeries<F extends SummaryFamily, T extends string, E extends string = never> {
  readonly family: F;
  readonly sum: Samples<"counter", LabelOf<F> | T, E, F>;
  readonly count: Samples<"counter", LabelOf<F> | T, E, F>;
  /** A quantile that the program itself computed, over its own window. */
  quantile(
    share: F extends { readonly quantiles: readonly (infer N)[] } ? N : never,
  ): Samples<"quantile", LabelOf<F> | T | "quantile", E, F>;
  /** Adds conditions to all its series. */
  where<const M extends Conditions<F, T>>(conditions: Exactly<M, F, T>): SummarySeries<F, T, E | Pinned<M>>;
  /** The samples of this much earlier. */
  offset(duration: Duration): SummarySeries<F, T, E>;
}

/** The series of a family whose targets have the labels T. */
export type SeriesOf<F extends MetricFamily, T extends string> = F extends HistogramFamily
  ? HistogramSeries<F, T>
  : F extends SummaryFamily
    ? SummarySeries<F, T>
    : Samples<QuantityOf<F>, LabelOf<F> | T, never, F>;

/** A family without the labels that a monitor drops. */
type WithoutLabels<F extends MetricFamily, D extends string> = [D] extends [never]
  ? F
  : Omit<F, "labels"> & { readonly labels: readonly Exclude<LabelOf<F>, D>[] } extends infer Rest
    ? Rest extends MetricFamily
      ? Rest
      : never
    : never;

/** Series of a catalogue, by the catalogue's keys; T are labels of the targets, D those that the monitor drops. */
export type SeriesOfCatalogue<C extends Catalogue, T extends string, D extends string = never> = {
  readonly [K in keyof C]: SeriesOf<WithoutLabels<C[K], D>, T>;
};

/** What a part's selectors have besides the family's labels. */
type Extra = Partial<SelectorNode> & { readonly labels?: readonly string[] };

function samples(
  source: Source,
  family: MetricFamily,
  part: Part,
  quantity: Quantity,
  extra: Extra = {},
): Selector {
  const { labels = [], ...node } = extra;
  const counted = part === "bucket" || part === "count";
  return selectorOf(
    { kind: "selector", series: { kind: "family", source, family, part }, matchers: [], ...node },
    quantity,
    [
      ...family.labels.filter((label) => source.droppedLabels?.includes(label) !== true),
      ...source.targetLabels,
      ...externalLabels,
      ...labels,
    ],
    {
      unit: counted ? "observations" : family.unit,
      ...(part === "bucket" ? { observed: family.unit } : {}),
      pinned: [],
      labelValues: family.labelValues ?? {},
    },
  );
}

/** Conditions and offsets that a histogram or summary has gathered, for each of its series. */
type Adapt = (selector: Selector) => Selector;

/** The methods that change all series of a histogram or summary at once. */
function adaptable(adapt: Adapt, remake: (adapt: Adapt) => object) {
  return {
    where: (conditions: Record<string, string>) =>
      remake((selector) => adapt(selector).where(conditions as never)),
    offset: (duration: Duration) => remake((selector) => adapt(selector).offset(duration)),
  };
}

function histogram(source: Source, family: HistogramFamily, adapt: Adapt): object {
  const part = (name: Part, quantity: Quantity, extra: Extra = {}): Selector =>
    adapt(samples(source, family, name, quantity, extra));
  const atMostConfigured = (bound: number): Selector => {
    if (!Number.isFinite(bound)) {
      throw new PromqlError(
        `${family.name}: ${String(bound)} is no finite bound; take .count for all observations`,
      );
    }
    return part("bucket", "counter", { bound, matchers: [floatMatcher("le", bound)], labels: ["le"] });
  };
  const atMost = (bound: number): Selector => {
    // Bounds that depend on the model's length are known only when the query is printed.
    if (typeof family.buckets.bounds !== "function") requireBound(family, bound, {});
    return atMostConfigured(bound);
  };
  return Object.freeze({
    family,
    bucket: part("bucket", "bucket", { labels: ["le"] }),
    sum: part("sum", "counter"),
    count: part("count", "counter"),
    atMost,
    atMostConfigured,
    ...adaptable(adapt, (more) => histogram(source, family, more)),
  });
}

function summary(source: Source, family: SummaryFamily, adapt: Adapt): object {
  const quantile = (share: number): Selector => {
    if (family.quantiles?.includes(share) !== true) {
      const known = family.quantiles?.join(", ") ?? "none: take the mean, sum over count";
      throw new PromqlError(`${family.name} has no quantile ${String(share)}; it has ${known}`);
    }
    const matchers = [floatMatcher("quantile", share)];
    return adapt(samples(source, family, "quantile", "quantile", { matchers, labels: ["quantile"] }));
  };
  return Object.freeze({
    family,
    sum: adapt(samples(source, family, "sum", "counter")),
    count: adapt(samples(source, family, "count", "counter")),
    quantile,
    ...adaptable(adapt, (more) => summary(source, family, more)),
  });
}

/** The series of one family. */
function seriesOf(source: Source, family: MetricFamily): object {
  if (family.type === "histogram") return histogram(source, family, (selector) => selector);
  if (family.type === "summary") return summary(source, family, (selector) => selector);
  return samples(source, family, "sample", quantityOf(family));
}

/**
 * Typed series for every family of a catalogue, with the labels of its targets and those that a Prometheus adds to what it
 * sends elsewhere.
 * @throws PromqlError when a family's own label is a target label too: Prometheus would rename it to `exported_…`.
 */
export function defineSeries<
  const C extends Catalogue,
  const T extends string,
  const D extends string = never,
>(
  source: Source & { readonly targetLabels: readonly T[]; readonly droppedLabels?: readonly D[] },
  catalogue: C,
): SeriesOfCatalogue<C, T | ExternalLabel, D> {
  for (const family of Object.values(catalogue)) {
    const clash = family.labels.find((label) => (source.targetLabels as readonly string[]).includes(label));
    if (clash !== undefined) {
      throw new PromqlError(
        `${family.name}: its label "${clash}" is a target label of ${source.product} too; list it in one place only`,
      );
    }
  }
  const entries = Object.entries(catalogue).map(([key, family]) => [key, seriesOf(source, family)]);
  return Object.freeze(Object.fromEntries(entries)) as SeriesOfCatalogue<C, T | ExternalLabel, D>;
}
