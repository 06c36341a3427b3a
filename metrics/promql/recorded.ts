import type { Quantity } from "../quantity.ts";
import { externalLabels, type ExternalLabel } from "../targets.ts";
import { PromqlError } from "./error.ts";
import type { Vector } from "./expression.ts";
import { isLabelName } from "./quote.ts";
import { selectorOf, type LabelValues, type Selector } from "./selector.ts";

/** A series that a rule records: used like any selector, and the source of the rule itself. */
export interface RecordedSeries<Q extends Quantity = Quantity, L extends string = string> extends Selector<
  Q,
  L,
  never,
  never
> {
  /** Name of the series, `level:metric:operations`. */
  readonly record: string;
  /** What the rule records; absent for series that someone else's rule records. */
  readonly expression: Vector | undefined;
  /** Labels that the rule adds. */
  readonly ruleLabels: Readonly<Record<string, string>>;
}

const NAME = /^[a-z][a-z0-9_]*:[a-z][a-z0-9_]*(?::[a-z0-9_]+)+$/;

/** Options of {@link recorded}. */
export interface RecordedOptions<A extends string> {
  /** Labels that the rule adds to every series. */
  readonly labels?: Readonly<Record<A, string>>;
}

/**
 * Declares a recording rule. What it records keeps the expression's kind, unit and labels, so that a rule on it is
 * checked like one on the metrics themselves.
 * @throws PromqlError unless the name is of the form level:metric:operations.
 */
export function recorded<Q extends Quantity, L extends string, const A extends string = never>(
  record: string,
  expression: Vector<Q, L>,
  options: RecordedOptions<A> = {},
): RecordedSeries<Q, L | A | ExternalLabel> {
  if (!NAME.test(record)) {
    throw new PromqlError(
      `"${record}" is no name for a recorded series; write level:metric:operations, for example model:vllm_generation_tokens:rate5m`,
    );
  }
  if (expression.quantity === "counter" || expression.quantity === "bucket") {
    throw new PromqlError(`${record}: a raw counter is not recorded; take its rate() or increase()`);
  }
  const added = Object.keys(options.labels ?? {}) as A[];
  return series(
    record,
    expression.quantity,
    [...expression.labels, ...added, ...externalLabels],
    expression.unit,
    {
      expression,
      observed: expression.observed,
      ruleLabels: options.labels ?? {},
    },
  );
}

/** What is known of a series that someone else's rule records. */
export interface Declaration<Q extends Quantity, L extends string> {
  readonly record: string;
  readonly quantity: Q;
  readonly labels: readonly L[];
  readonly unit?: string;
}

/** Declares a series that another rule file records, of whatever name. */
export function declared<const Q extends Quantity, const L extends string>(
  declaration: Declaration<Q, L>,
): RecordedSeries<Q, L | ExternalLabel> {
  const { record, quantity, labels, unit } = declaration;
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(record)) {
    throw new PromqlError(`"${record}" is no metric name`);
  }
  return series(record, quantity, [...labels, ...externalLabels], unit, {
    expression: undefined,
    observed: undefined,
    ruleLabels: {},
  });
}

function series<Q extends Quantity, L extends string>(
  record: string,
  quantity: Q,
  labels: readonly L[],
  unit: string | undefined,
  rest: {
    readonly expression: Vector | undefined;
    readonly observed: string | undefined;
    readonly ruleLabels: Readonly<Record<string, string>>;
  },
): RecordedSeries<Q, L> {
  const invalid = labels.find((label) => !isLabelName(label));
  if (invalid !== undefined) throw new PromqlError(`${record}: "${invalid}" is no label name`);
  const labelValues: LabelValues = {};
  const selector = selectorOf(
    { kind: "selector", series: { kind: "recorded", name: record }, matchers: [] },
    quantity,
    labels,
    { unit, observed: rest.observed, pinned: [], labelValues },
  );
  const { expression, ruleLabels } = rest;
  return Object.freeze({ ...selector, record, expression, ruleLabels }) as unknown as RecordedSeries<Q, L>;
}
