/** What a node costs, from the configuration to the rules that record costs. */
import { expect, test } from "vitest";
import { priceOf } from "../../../stacks/config/node-prices.ts";
import { alertRulesArgs } from "../../../stacks/mapping/alerting.ts";
import { settingsOf } from "./support.ts";

const table = new Map([
  ["g6.12xlarge", 4],
  ["g6.12xlarge spot", 1.5],
]);
const node = { instanceType: "g6.12xlarge", capacityType: "on-demand" };

/** Names of the recorded series that are in dollars, and the text of the rules. */
function costs(changes: [path: string, value: unknown][], prices: ReadonlyMap<string, number> = new Map()) {
  const { ruleSets } = alertRulesArgs(settingsOf("local", changes).settings, prices);
  const text = JSON.stringify(ruleSets);
  return { text, names: [...new Set(text.match(/\b[a-z]+:[a-z_:]*dollars[a-z_:0-9]*/g) ?? [])].sort() };
}

test("a group's own price comes before that of its way of paying, and that before the plain one", () => {
  expect(priceOf(table, { ...node, hourlyPrice: 3 })).toBe(3);
  expect(priceOf(table, { ...node, hourlyPrice: 0 })).toBe(0);
  expect(priceOf(table, { ...node, capacityType: "spot" })).toBe(1.5);
  expect(priceOf(table, node)).toBe(4);
  expect(priceOf(table, { ...node, instanceType: "p5.48xlarge" })).toBeUndefined();
});

test("without a price no cost is recorded; with one, by the group, it is", () => {
  expect(costs([["nodeGroups[0].hourlyPrice", undefined]]).names).toEqual([]);
  const own = costs([["nodeGroups[0].hourlyPrice", 4.6]]);
  expect(own.names.length).toBeGreaterThan(1);
  expect(own.text).toMatch(/4\.6\b/);
  expect(costs([["nodeGroups[0].hourlyPrice", undefined]], table).names).toEqual(own.names);
});
