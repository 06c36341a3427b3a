import { priceOf, type NodePrices, type PricedNode } from "../../stacks/config/node-prices.ts";
import { compareText } from "../model/json.ts";

/** Hours of a month, as cloud bills count: 365 days of 24 hours over 12 months. */
export const HOURS_PER_MONTH = 730;

export interface Cost {
  /** US dollars a month of the nodes whose price is known. */
  dollars: number;
  /** Instance types without a price, sorted. */
  unknown: string[];
}

interface Priced extends PricedNode {
  desired: number;
}

/** What node groups cost in a month at their desired size. */
export function monthlyCost(groups: readonly Priced[], prices: NodePrices): Cost {
  let dollars = 0;
  const unknown = new Set<string>();
  for (const { desired, ...node } of groups) {
    if (desired === 0) continue;
    const price = priceOf(prices, node);
    if (price === undefined) unknown.add(node.instanceType || "nodes without an instance type");
    else dollars += price * desired * HOURS_PER_MONTH;
  }
  return { dollars, unknown: [...unknown].sort(compareText) };
}
