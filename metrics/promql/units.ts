import { mul } from "./binary.ts";
import { PromqlError } from "./error.ts";
import { vectorOf, type Vector } from "./expression.ts";
import type { Quantity } from "../quantity.ts";
import { metricsOf } from "./node.ts";

/** Factors between units, by "from>to". */
const factors: Readonly<Record<string, number>> = {
  "MiB>bytes": 1_048_576,
  "milliseconds>seconds": 1e-3,
  "microseconds>seconds": 1e-6,
  "nanoseconds>seconds": 1e-9,
  "nanoseconds/s>ratio": 1e-9,
  "microseconds/s>ratio": 1e-6,
  "hours>seconds": 3600,
  "seconds>hours": 1 / 3600,
  "percent>ratio": 0.01,
  "ratio>percent": 100,
  "millijoules>joules": 1e-3,
  "millijoules/s>watts": 1e-3,
  "watts>kilowatts": 1e-3,
  "megahertz>hertz": 1e6,
};

/** Says what the unit is where arithmetic lost it. */
export function withUnit<Q extends Quantity, L extends string>(
  vector: Vector<Q, L>,
  unit: string,
): Vector<Q, L> {
  return vectorOf(vector.node, vector.quantity, vector.labels, unit, vector.observed);
}

/** Converts to another unit, by a multiplication. @throws PromqlError for units without a known factor. */
export function convert<
  Q extends "gauge" | "rate" | "increase" | "intensive" | "mean" | "quotient" | "quantile",
  L extends string,
>(vector: Vector<Q, L>, unit: string): Vector<Q, L> {
  if (vector.unit === unit) return vector;
  const key = `${vector.unit ?? "unknown"}>${unit}`;
  const factor = factors[key];
  if (factor === undefined) {
    const known = Object.keys(factors).join(", ");
    throw new PromqlError(
      `${metricsOf(vector.node)}: no factor for ${key}; known are ${known}; or scale it yourself and say withUnit()`,
    );
  }
  const scaled = mul(vector as Vector<"gauge", L>, factor);
  return vectorOf(scaled.node, vector.quantity, vector.labels, unit, vector.observed);
}
