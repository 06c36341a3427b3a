import { bucketBounds, type HistogramFamily } from "../family.ts";
import { pythonFloat } from "../float.ts";
import type { Matcher } from "./node.ts";
import { PromqlError } from "./error.ts";
import { escapeRegex } from "./quote.ts";

/** What decides a histogram's bounds besides its family. */
export interface BoundOptions {
  /** Maximum model length in tokens, for histograms whose bounds depend on it. */
  readonly maxModelLen?: number;
  /** Bounds that replace a bucket family's own, by its name (`--custom-histogram-buckets`, `prometheus_latency_buckets`). */
  readonly buckets?: Readonly<Record<string, readonly number[]>>;
}

/**
 * A matcher for one value of `le` (or `quantile`) in every spelling it can have. Prometheus 3 normalises on ingestion:
 * whole numbers gain ".0" ("2" becomes "2.0"), the rest is written as Go's `%g`. Older servers, agents and relays store
 * what the client wrote: "2" (Go), "2.0" (Python). Measured on Prometheus 3.13.2.
 */
export function floatMatcher(label: "le" | "quantile", value: number): Matcher {
  const normalised = pythonFloat(value);
  const plain = normalised.replace(/\.0$/, "");
  return plain === normalised
    ? { label, operator: "=", value: normalised }
    : { label, operator: "=~", value: `${escapeRegex(plain)}(\\.0)?` };
}

/** The finite bounds of a histogram under these options. @throws PromqlError when they depend on an absent option. */
export function boundsOf(family: HistogramFamily, options: BoundOptions): readonly number[] {
  const replaced = options.buckets?.[family.buckets.name];
  if (replaced !== undefined) return replaced;
  if (typeof family.buckets.bounds === "function" && options.maxModelLen === undefined) {
    throw new PromqlError(
      `${family.name}: its bucket bounds depend on the model's maximum length; set maxModelLen of the context`,
    );
  }
  return bucketBounds(family, options.maxModelLen);
}

/** @throws PromqlError with the nearest bounds, when the value is none. */
export function requireBound(family: HistogramFamily, bound: number, options: BoundOptions): void {
  const bounds = boundsOf(family, options);
  if (bounds.includes(bound)) return;
  const below = bounds.filter((candidate) => candidate < bound).at(-1);
  const above = bounds.find((candidate) => candidate > bound);
  const nearest = [below, above].filter((candidate) => candidate !== undefined).map(String);
  throw new PromqlError(
    `${family.name}_bucket has no bound le="${String(bound)}", so nothing would match; use ${nearest.join(" or ")}` +
      ` (bucket family "${family.buckets.name}")`,
  );
}
