import type { Quantity } from "./quantity.ts";

/** The four types of the Prometheus text format. */
export type MetricType = "counter" | "gauge" | "histogram" | "summary";

/**
 * What one sample counts or measures. `ratio` is 0 to 1 and is averaged, never summed; `info` is a constant 1 whose
 * labels carry the meaning; `timestamp` is Unix time in seconds, so neither sums nor rates mean anything; `code` is a
 * number that stands for a state, so it is only compared; `resources` are units of whatever a label names.
 */
export type Unit =
  | "seconds"
  | "bytes"
  | "tokens"
  | "requests"
  | "ratio"
  | "boolean"
  | "info"
  | "timestamp"
  | "milliseconds"
  | "seconds/MiB"
  | "flops"
  | "blocks"
  | "items"
  | "events"
  | "pages"
  | "operations"
  | "connections"
  | "sequences"
  | "descriptors"
  | "objects"
  | "files"
  | "percent"
  | "celsius"
  | "megahertz"
  | "watts"
  | "millijoules"
  | "nanoseconds"
  | "microseconds"
  | "hours"
  | "MiB"
  | "bytes/second"
  | "dollars"
  | "cores"
  | "replicas"
  | "pods"
  | "containers"
  | "nodes"
  | "resources"
  | "alerts"
  | "messages"
  | "samples"
  | "series"
  | "rows"
  | "users"
  | "code"
  | "cycles";

/** A named list of histogram bounds that several families share. */
export interface BucketFamily {
  /** The key by which vLLM's `--custom-histogram-buckets` overrides it, or a name of ours. */
  readonly name: string;
  /** Finite upper bounds, rising; a function where they depend on `max_model_len` (in tokens). +Inf is implied. */
  readonly bounds: readonly number[] | ((maxModelLen: number) => readonly number[]);
}

interface FamilyBase {
  /**
   * The name that the `# TYPE` line of text format 0.0.4 carries. For a counter it ends in `_total` and is the sample's
   * name too; for a histogram or summary the samples add `_bucket`, `_sum`, `_count` (see {@link sampleNames}).
   */
  readonly name: string;
  /** The `# HELP` text, word for word. */
  readonly help: string;
  readonly unit: Unit;
  /** Label names of the family's own samples, without `le`, in the order in which they are exposed. */
  readonly labels: readonly string[];
  /** The values a label can take, where they form a closed list. */
  readonly labelValues?: Readonly<Record<string, readonly string[]>>;
  /** Versions of a label that comes or goes while the family stays; a label without an entry is as old as the family. */
  readonly labelVersions?: Readonly<Record<string, { readonly since?: string; readonly until?: string }>>;
  /** What may be done with the numbers, where type and unit say it wrongly (see metrics/quantity.ts). */
  readonly quantity?: Quantity;
  /** First version that exposes it. "0.7.3" and "0.8.5" mean "at least since": older ones were not looked at. */
  readonly since: string;
  /** First version that no longer exposes it by default; absent while it is current. */
  readonly until?: string;
  /** What must hold for the family to be exposed at all; absent when it always is. */
  readonly condition?: string;
  /**
   * Where the family has no sample until a request was served: with several API servers or data parallel only
   * ("multiprocess"), or in every mode ("always").
   */
  readonly absentBeforeFirstRequest?: "multiprocess" | "always";
  /** What a reader of the numbers would get wrong. */
  readonly caveat?: string;
  /** Where the fact comes from: a file of vLLM's source tree or of the library that exposes it. */
  readonly source: string;
}

export interface CounterFamily extends FamilyBase {
  readonly type: "counter";
}

export interface GaugeFamily extends FamilyBase {
  readonly type: "gauge";
}

export interface HistogramFamily extends FamilyBase {
  readonly type: "histogram";
  readonly buckets: BucketFamily;
}

export interface SummaryFamily extends FamilyBase {
  readonly type: "summary";
  /** Quantiles that it exposes as samples of its own name; Python's client exposes none. */
  readonly quantiles?: readonly number[];
}

/** One metric family: everything about it that a query, a rule or a dashboard needs to be right. */
export type MetricFamily = CounterFamily | GaugeFamily | HistogramFamily | SummaryFamily;

/** Families by a short key, as `metrics/vllm` exports them. */
export type Catalogue = Readonly<Record<string, MetricFamily>>;

/** The label names a query may use on a family; a histogram's buckets have `le` besides. */
export type LabelOf<F extends MetricFamily> = F["labels"][number];

/** The names of a family's samples, as a type. */
export type SampleName<F extends MetricFamily> = F extends HistogramFamily
  ? `${F["name"]}_bucket` | `${F["name"]}_sum` | `${F["name"]}_count`
  : F extends SummaryFamily
    ? | `${F["name"]}_sum`
      | `${F["name"]}_count`
      | (F extends { readonly quantiles: readonly number[] } ? F["name"] : never)
    : F["name"];

/** Names of the samples of a family, without `_created`. */
export function sampleNames<F extends MetricFamily>(family: F): readonly SampleName<F>[] {
  const names: Record<MetricType, readonly string[]> = {
    counter: [family.name],
    gauge: [family.name],
    histogram: [`${family.name}_bucket`, `${family.name}_sum`, `${family.name}_count`],
    summary: [`${family.name}_sum`, `${family.name}_count`, ...("quantiles" in family ? [family.name] : [])],
  };
  return names[family.type] as readonly SampleName<F>[];
}

/** The name without a counter's `_total`: what OpenMetrics' `# TYPE` line carries. */
export function baseName(family: MetricFamily): string {
  return family.type === "counter" ? family.name.replace(/_total$/, "") : family.name;
}

/**
 * Name of the gauge with the time at which a child was made. Only Python's client in single-process mode exposes it,
 * and never for gauges.
 */
export function createdName(family: MetricFamily): string | undefined {
  return family.type === "gauge" ? undefined : `${baseName(family)}_created`;
}

/**
 * Finite upper bounds of a histogram.
 * @throws RangeError when the bounds depend on `maxModelLen` (tokens) and it isn't a positive integer.
 */
export function bucketBounds(family: HistogramFamily, maxModelLen?: number): readonly number[] {
  const { bounds, name } = family.buckets;
  if (typeof bounds !== "function") {
    return bounds;
  }
  if (maxModelLen === undefined || !Number.isInteger(maxModelLen) || maxModelLen < 1) {
    throw new RangeError(
      `${family.name}: the bounds of "${name}" depend on maxModelLen, which is ${String(maxModelLen)}; ` +
        "pass the model's maximum length in tokens, a positive integer",
    );
  }
  return bounds(maxModelLen);
}

/** The family that exposes a sample of this name (also a `_created` one), or undefined. */
export function familyOfSample(catalogue: Catalogue, sampleName: string): MetricFamily | undefined {
  return Object.values(catalogue).find(
    (family) => sampleNames<MetricFamily>(family).includes(sampleName) || createdName(family) === sampleName,
  );
}

/** The family with this `# TYPE` name, or undefined. */
export function familyNamed(catalogue: Catalogue, name: string): MetricFamily | undefined {
  return Object.values(catalogue).find((family) => family.name === name);
}

/** Versions that were taken apart: a render asks tens of thousands of times for the same few. */
const partsOfVersions = new Map<string, readonly number[]>();

function versionParts(version: string): readonly number[] {
  const known = partsOfVersions.get(version);
  if (known !== undefined) return known;
  if (!/^\d+(\.\d+)*$/.test(version)) {
    throw new RangeError(`version "${version}" is not of the form 0.32.0; write digits and dots only`);
  }
  const parts = version.split(".").map(Number);
  partsOfVersions.set(version, parts);
  return parts;
}

/**
 * Negative when `left` is the older version, zero when they are equal, positive otherwise.
 * @throws RangeError for anything but dotted numbers ("0.32.0", "0.32").
 */
export function compareVersions(left: string, right: string): number {
  const a = versionParts(left);
  const b = versionParts(right);
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/** Whether a version exposes the family (its condition aside). */
export function existsIn(family: MetricFamily, version: string): boolean {
  return (
    compareVersions(family.since, version) <= 0 &&
    (family.until === undefined || compareVersions(version, family.until) < 0)
  );
}

/** The families of a catalogue that a version exposes (their conditions aside). */
export function familiesIn(catalogue: Catalogue, version: string): readonly MetricFamily[] {
  return Object.values(catalogue).filter((family) => existsIn(family, version));
}
