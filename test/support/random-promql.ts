import * as fc from "fast-check";

import { gpu } from "../../metrics/dcgm/index.ts";
import { engine } from "../../metrics/engine/index.ts";
import { container, kube, machine } from "../../metrics/kubernetes/index.ts";
import { gateway } from "../../metrics/litellm/index.ts";
import {
  alertmanagerSeries,
  bridgeSeries,
  operatorSeries,
  prometheusSeries,
  target,
  thanosSeries,
} from "../../metrics/monitoring/index.ts";
import * as q from "../../metrics/promql/index.ts";
import { serve } from "../../metrics/ray/index.ts";

type AnySelector = q.Selector;
type AnyVector = q.Vector;
type Build = (...operands: unknown[]) => AnyVector;

const catalogues: readonly Readonly<Record<string, object>>[] = [
  engine,
  gpu,
  kube,
  machine,
  container,
  gateway,
  serve,
  target,
  prometheusSeries,
  alertmanagerSeries,
  operatorSeries,
  thanosSeries,
  bridgeSeries,
];

/** Every selector of every catalogue, those of histograms and summaries included. */
export const allSelectors: readonly AnySelector[] = catalogues.flatMap((catalogue) =>
  Object.values(catalogue).flatMap((series): AnySelector[] => {
    if ("node" in series) return [series as AnySelector];
    const { bucket, sum, count } = series as Record<"bucket" | "sum" | "count", AnySelector | undefined>;
    return [bucket, sum, count].filter((part) => part !== undefined);
  }),
);

const durations = ["30s", "5m", "1h30m", "1d", "$__rate_interval"] as const;

/** Applies the first operation that the builder does not refuse; a refusal is a right answer too. */
function firstAllowed(operations: readonly (() => AnyVector)[], otherwise: AnyVector): AnyVector {
  for (const operation of operations) {
    try {
      return operation();
    } catch (error) {
      if (!(error instanceof q.PromqlError)) throw error;
    }
  }
  return otherwise;
}

const anyFunction = (build: unknown): Build => build as Build;

const rangeFunctions = [
  q.rate,
  q.increase,
  q.irate,
  q.resets,
  q.changes,
  q.delta,
  q.deriv,
  q.avgOverTime,
  q.maxOverTime,
  q.minOverTime,
  q.lastOverTime,
  q.sumOverTime,
  q.countOverTime,
  q.presentOverTime,
  q.stddevOverTime,
].map(anyFunction);

const aggregations = [q.sum, q.avg, q.min, q.max, q.count, q.group, q.stddev, q.stdvar].map(anyFunction);
const arithmetic = [q.add, q.sub, q.mul, q.div, q.mod, q.pow].map(anyFunction);
const comparisons = [q.gt, q.gte, q.lt, q.lte, q.eq, q.neq].flatMap((compare) =>
  [compare, compare.bool].map(anyFunction),
);
const sets = [q.and, q.or, q.unless].map(anyFunction);

/** Text for label values: quotes, backslashes, line feeds and other languages among them. */
const labelText = fc
  .string({ unit: "grapheme", maxLength: 12 })
  .filter((text) => !/\p{Surrogate}/u.test(text));

const selectors = (withShifts: boolean): fc.Arbitrary<AnySelector> =>
  fc
    .record({
      base: fc.constantFrom(...allSelectors),
      matchers: fc.array(
        fc.record({
          at: fc.nat(),
          value: fc.oneof(
            labelText,
            fc.array(labelText, { minLength: 1, maxLength: 3 }),
            labelText.map((text) => q.not(text)),
            fc.constant(q.regex("a|b.+")),
          ),
        }),
        { maxLength: 3 },
      ),
      offset: withShifts
        ? fc.option(fc.constantFrom("5m", "1d", "1w"), { nil: undefined })
        : fc.constant(undefined),
      at: withShifts
        ? fc.option(fc.constantFrom(1_700_000_000, "start", "end"), { nil: undefined })
        : fc.constant(undefined),
    })
    .map(({ base, matchers, offset, at }) => {
      let result = base;
      for (const { at: index, value } of matchers) {
        const open = base.labels.filter((label) => label !== "le" && !(label in base.labelValues));
        const label = open[index % open.length];
        if (label !== undefined) result = result.where({ [label]: value } as never);
      }
      if (offset !== undefined) result = result.offset(offset);
      return at === undefined ? result : result.at(at as "start");
    });

/** The same random choice, as a rotation of a list. */
function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const from = by % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}

function grouping(vector: AnyVector, seed: number): unknown {
  const chosen = vector.labels.filter((_, index) => (seed >> (index % 16)) % 2 === 1);
  return seed % 2 === 0 ? q.by(...chosen) : q.without(...chosen);
}

/** What is left of a selector that can be computed with: a rate of a counter, the selector itself otherwise. */
const sampled = (withShifts: boolean): fc.Arbitrary<AnyVector> =>
  fc
    .record({ selector: selectors(withShifts), seed: fc.nat(), window: fc.constantFrom(...durations) })
    .map(({ selector: series, seed, window }) =>
      firstAllowed(
        [
          ...(seed % 3 === 0 && !series.quantity.match(/counter|bucket/) ? [() => series] : []),
          ...rotated(rangeFunctions, seed).map((build) => () => build(series, window)),
        ],
        series,
      ),
    );

/** Random expressions that the builder allows, with or without `offset` and `@`. */
export const expressions = (withShifts: boolean): fc.Arbitrary<AnyVector> =>
  fc.letrec<{ expression: AnyVector; deep: AnyVector }>((tie) => ({
    expression: fc.oneof({ maxDepth: 3, withCrossShrink: true }, sampled(withShifts), tie("deep")),
    deep: fc
      .record({
        left: tie("expression"),
        right: tie("expression"),
        number: fc.oneof(fc.integer({ min: -100, max: 100 }), fc.constantFrom(0.99, 1e-7, 1e21, 0)),
        seed: fc.nat(),
        window: fc.constantFrom("1h", "1d"),
        step: fc.option(fc.constantFrom("1m", "30s"), { nil: undefined }),
      })
      .map(({ left, right, number, seed, window, step }) => {
        const shared = left.labels.filter((label) => right.labels.includes(label));
        const matching = [q.on(...shared), q.on(...shared).groupLeft(), q.on(...shared).groupRight()];
        const binary = [...arithmetic, ...comparisons, ...sets];
        const operations: (() => AnyVector)[] = [
          ...rotated(aggregations, seed).map((build) => () => build(left, grouping(left, seed))),
          ...rotated(arithmetic, seed).map((build) => () => build(left, number)),
          ...rotated(arithmetic, seed).map((build) => () => build(number, left)),
          ...rotated(comparisons, seed).map((build) => () => build(left, number)),
          ...rotated(binary, seed).map((build) => () => build(left, right)),
          ...rotated(binary, seed).map((build) => () => build(left, right, matching[seed % 3])),
          ...rotated(rangeFunctions, seed).map((build) => () => build(q.subquery(left, window, step))),
          () => q.histogramQuantile(0.9, left as never),
          () => q.orZero(left),
          () => q.topk((seed % 5) + 1, left as never),
          () => q.absent(left),
          () => q.clamp(left as never, 0, 1),
          () => q.timestamp(left),
        ];
        return firstAllowed(rotated(operations, seed), left);
      }),
  })).expression;
