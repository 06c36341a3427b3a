import { recordingRules } from "../recording-rule.ts";
import type { RuleSet } from "../types.ts";
import { costs, priceTable, type NodeGroupPrices } from "./recording.ts";

export type { NodeGroupPrices } from "./recording.ts";

/** Recorded costs; undefined without a price, for then there is nothing to say. */
export function costRules(prices: NodeGroupPrices): RuleSet | undefined {
  const table = priceTable(prices);
  if (table.length === 0) return undefined;
  const recordings = [...table.flatMap((price) => recordingRules([{ price }])), ...recordingRules([costs])];
  return { name: "cost", groups: [{ name: "cost", interval: "1m", recordings }] };
}
