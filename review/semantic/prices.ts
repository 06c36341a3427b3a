import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";

import { compareText, isObject } from "../model/json.ts";

/** Hours of a month, as cloud bills count: 365 days of 24 hours over 12 months. */
export const HOURS_PER_MONTH = 730;

/** US dollars per hour, by instance type and by `<instance type> <capacity type>`. */
export type NodePrices = ReadonlyMap<string, number>;

export interface Cost {
  /** US dollars a month of the nodes whose price is known. */
  dollars: number;
  /** Instance types without a price, sorted. */
  unknown: string[];
}

interface Priced {
  instanceType: string;
  capacityType: string;
  desired: number;
}

/**
 * The table of prices, a YAML mapping of instance types to US dollars per hour. A price for one way of paying stands under
 * `<instance type> <capacity type>`, such as `p5.48xlarge capacity-block`. Types without a price, or with null, are unknown.
 *
 * @throws when a price is no number of at least zero
 */
export function readPrices(file: string): NodePrices {
  if (!existsSync(file)) return new Map();
  const content: unknown = parse(readFileSync(file, "utf8")) ?? {};
  if (!isObject(content))
    throw new Error(`${file}: expected a mapping of instance types to US dollars per hour`);
  const prices = new Map<string, number>();
  for (const [key, value] of Object.entries(content)) {
    if (value === null) continue;
    if (typeof value !== "number" || !(value >= 0))
      throw new Error(
        `${file}: ${key} is ${JSON.stringify(value)}; expected US dollars per hour as a number, or null when unknown`,
      );
    prices.set(key, value);
  }
  return prices;
}

/** What node groups cost in a month at their desired size. */
export function monthlyCost(groups: readonly Priced[], prices: NodePrices): Cost {
  let dollars = 0;
  const unknown = new Set<string>();
  for (const { instanceType, capacityType, desired } of groups) {
    if (desired === 0) continue;
    const price = prices.get(`${instanceType} ${capacityType}`) ?? prices.get(instanceType);
    if (price === undefined) unknown.add(instanceType || "nodes without an instance type");
    else dollars += price * desired * HOURS_PER_MONTH;
  }
  return { dollars, unknown: [...unknown].sort(compareText) };
}
