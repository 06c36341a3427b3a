import { expect, it } from "vitest";

import { ruleSets } from "../../../alerts/index.ts";
import { checkRules } from "../../support/promtool.ts";

it("promtool finds nothing in any shipped rule, with every lint", () => {
  const { code, output } = checkRules(ruleSets);
  expect(output).toContain("SUCCESS");
  expect(code, output).toBe(0);
});

it("promtool would find a wrong rule", () => {
  const wrong = structuredClone(ruleSets);
  const rule = wrong[0]?.groups[0]?.alerts?.[0];
  if (rule === undefined) throw new Error("no alert");
  rule.expr = "sum by (pod (up)";
  expect(checkRules(wrong).code).not.toBe(0);
});
