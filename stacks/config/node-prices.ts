import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

/** The table of prices, from the root of the project. */
export const PRICES_FILE = join("stacks", "node-prices.yaml");

/** US dollars per hour, by instance type and by `<instance type> <capacity type>`. */
export type NodePrices = ReadonlyMap<string, number>;

/**
 * The table of prices, a YAML mapping of instance types to US dollars per hour. A price for one way of paying stands under
 * `<instance type> <capacity type>`, such as `p5.48xlarge capacity-block`. Types without a price, or with null, are unknown.
 *
 * @throws when a price is no number of at least zero
 */
export function readPrices(file: string): NodePrices {
  if (!existsSync(file)) return new Map();
  const content: unknown = parse(readFileSync(file, "utf8")) ?? {};
  if (typeof content !== "object" || content === null || Array.isArray(content))
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

/** What decides the price of a node. */
export interface PricedNode {
  instanceType: string;
  capacityType: string;
  /** The price of the group itself. */
  hourlyPrice?: number | undefined;
}

/** The price of a node: the group's own, that of its way of paying, or else the plain one; undefined when there is none. */
export function priceOf(
  prices: NodePrices,
  { instanceType, capacityType, hourlyPrice }: PricedNode,
): number | undefined {
  return hourlyPrice ?? prices.get(`${instanceType} ${capacityType}`) ?? prices.get(instanceType);
}
