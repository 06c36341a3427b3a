import {
  bucketBounds,
  createdName,
  type CounterFamily,
  type GaugeFamily,
  type HistogramFamily,
  type LabelOf,
  type MetricFamily,
  type SummaryFamily,
} from "../../../metrics/family.ts";
import { pythonFloat } from "../../../metrics/float.ts";

/** Values for exactly the labels that the family has. */
export type LabelValues<F extends MetricFamily> = Readonly<Record<LabelOf<F>, string>>;

/**
 * How Python's client was started: as one process, or with PROMETHEUS_MULTIPROC_DIR (several API servers, data parallel).
 */
export type ExpositionMode = "single" | "multiprocess";

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

/** Label names in alphabetical order, as Python's client writes them. */
function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((name) => `${name}="${escapeLabel(labels[name] ?? "")}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** A counter or gauge with its labels bound. A gauge that was never set has no value. */
export class NumberChild {
  #value: number | undefined;
  readonly #line: string;

  constructor(line: string, initial: number | undefined) {
    this.#line = line;
    this.#value = initial;
  }

  inc(amount = 1): void {
    this.#value = (this.#value ?? 0) + amount;
  }

  set(value: number): void {
    this.#value = value;
  }

  render(mode: ExpositionMode): string {
    if (this.#value === undefined && mode === "multiprocess") {
      return "";
    }
    return `${this.#line} ${pythonFloat(this.#value ?? 0)}\n`;
  }
}

/** A histogram with its labels bound. */
export class HistogramChild {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  readonly #bucketLines: readonly string[];
  readonly #sumLine: string;
  readonly #countLine: string;
  #sum = 0;

  constructor(name: string, labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
    this.#bucketLines = [...bounds, Infinity].map(
      (bound) => `${name}_bucket${labelText({ ...labels, le: pythonFloat(bound) })}`,
    );
    this.#sumLine = `${name}_sum${labelText(labels)}`;
    this.#countLine = `${name}_count${labelText(labels)}`;
  }

  observe(value: number): void {
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (this.#bounds[middle] ?? Infinity)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    this.#counts[low] = (this.#counts[low] ?? 0) + 1;
    this.#sum += value;
  }

  render(mode: ExpositionMode): string {
    let total = 0;
    let buckets = "";
    for (const [index, line] of this.#bucketLines.entries()) {
      total += this.#counts[index] ?? 0;
      buckets += `${line} ${pythonFloat(total)}\n`;
    }
    const sum = `${this.#sumLine} ${pythonFloat(this.#sum)}\n`;
    const count = `${this.#countLine} ${pythonFloat(total)}\n`;
    return mode === "single" ? buckets + count + sum : sum + buckets + count;
  }
}

/** A summary without quantiles, with its labels bound. */
export class SummaryChild {
  readonly #countLine: string;
  readonly #sumLine: string;
  #count = 0;
  #sum = 0;

  constructor(name: string, labels: Readonly<Record<string, string>>) {
    this.#countLine = `${name}_count${labelText(labels)}`;
    this.#sumLine = `${name}_sum${labelText(labels)}`;
  }

  observe(value: number): void {
    this.#count += 1;
    this.#sum += value;
  }

  render(): string {
    return `${this.#countLine} ${pythonFloat(this.#count)}\n${this.#sumLine} ${pythonFloat(this.#sum)}\n`;
  }
}

type Child = NumberChild | HistogramChild | SummaryChild;

/** The children of one family by their label values, made on first use as Python's client does. */
class Metric<C extends Child> {
  readonly family: MetricFamily;
  readonly #make: (labels: Readonly<Record<string, string>>) => C;
  readonly #now: () => number;
  readonly #created: boolean;
  readonly #children = new Map<string, { readonly child: C; readonly createdLine: string }>();

  constructor(
    family: MetricFamily,
    make: (labels: Readonly<Record<string, string>>) => C,
    options: { readonly now: () => number; readonly created: boolean },
  ) {
    this.family = family;
    this.#make = make;
    this.#now = options.now;
    this.#created = options.created;
  }

  labels(labels: Readonly<Record<string, string>>): C {
    const key = this.family.labels.map((name) => labels[name] ?? "").join("\u0000");
    let entry = this.#children.get(key);
    if (entry === undefined) {
      const created = `${createdName(this.family) ?? ""}${labelText(labels)} ${pythonFloat(this.#now())}\n`;
      entry = { child: this.#make(labels), createdLine: created };
      this.#children.set(key, entry);
    }
    return entry.child;
  }

  render(mode: ExpositionMode): string {
    const { family } = this;
    if (this.#children.size === 0 && mode === "multiprocess") {
      return "";
    }
    let text = `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`;
    for (const { child } of this.#children.values()) {
      text += child.render(mode);
    }
    const created = createdName(family);
    if (mode === "single" && this.#created && created !== undefined && this.#children.size > 0) {
      text += `# HELP ${created} ${family.help}\n# TYPE ${created} gauge\n`;
      for (const { createdLine } of this.#children.values()) {
        text += createdLine;
      }
    }
    return text;
  }
}

/** A metric whose children take exactly the family's labels. */
export interface Labelled<F extends MetricFamily, C extends Child> {
  labels(labels: LabelValues<F>): C;
}

/**
 * Metrics rendered as Python's Prometheus client renders them. prom-client can't stand in: it has no `_created` gauges,
 * writes `le="1"`, keeps quantiles in summaries and shows every gauge from the start.
 */
export class Registry {
  readonly mode: ExpositionMode;
  readonly #now: () => number;
  readonly #maxModelLen: number;
  readonly #metrics: { render(mode: ExpositionMode): string }[] = [];
  readonly #collectors: (() => void)[] = [];

  /**
   * @param options.now Unix time in seconds, for the `_created` gauges.
   * @param options.maxModelLen tokens; decides the bounds of the token histograms.
   */
  constructor(options: {
    readonly mode: ExpositionMode;
    readonly now: () => number;
    readonly maxModelLen: number;
  }) {
    this.mode = options.mode;
    this.#now = options.now;
    this.#maxModelLen = options.maxModelLen;
  }

  counter<F extends CounterFamily>(family: F, created = true): Labelled<F, NumberChild> {
    return this.#add(family, created, (labels) => new NumberChild(family.name + labelText(labels), 0));
  }

  gauge<F extends GaugeFamily>(family: F): Labelled<F, NumberChild> {
    return this.#add(family, false, (labels) => new NumberChild(family.name + labelText(labels), undefined));
  }

  histogram<F extends HistogramFamily>(family: F): Labelled<F, HistogramChild> {
    const bounds = bucketBounds(family, this.#maxModelLen);
    return this.#add(family, true, (labels) => new HistogramChild(family.name, labels, bounds));
  }

  summary<F extends SummaryFamily>(family: F): Labelled<F, SummaryChild> {
    return this.#add(family, true, (labels) => new SummaryChild(family.name, labels));
  }

  /** Runs before every rendering, to set what is read rather than counted. */
  onCollect(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** The exposition in text format 0.0.4. */
  render(): string {
    for (const collect of this.#collectors) {
      collect();
    }
    return this.#metrics.map((metric) => metric.render(this.mode)).join("");
  }

  #add<C extends Child>(
    family: MetricFamily,
    created: boolean,
    make: (labels: Readonly<Record<string, string>>) => C,
  ): Metric<C> {
    const metric = new Metric(family, make, { now: this.#now, created });
    this.#metrics.push(metric);
    return metric;
  }
}
