import { describe, expect, it } from "vitest";

import { expressionChange, resultLabels } from "../../../review/semantic/promql.ts";

describe("a change of an expression", () => {
  it.each([
    ["up > 1", "up > 2", [{ before: "1", after: "2" }]],
    ["rate(x[5m]) > 0.5", "rate(x[10m]) > 0.5", [{ before: "5m", after: "10m" }]],
    [
      "a > 1 and b < 2",
      "a > 3 and b < 4",
      [
        { before: "1", after: "3" },
        { before: "2", after: "4" },
      ],
    ],
    [
      "histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m])))",
      "histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))",
      [{ before: "0.99", after: "0.95" }],
    ],
  ])("%s → %s is one of numbers", (before, after, numbers) => {
    expect(expressionChange(before, after)).toEqual({ kind: "numbers", numbers });
  });

  it.each([
    ["sum(up)", "sum( up )"],
    ["sum(up)", "sum(up) # all of them"],
    ['up{a="b"}', "up{a='b'}"],
    ["a\n+ b", "a + b"],
  ])("%s → %s is one of the form", (before, after) => {
    expect(expressionChange(before, after)).toEqual({ kind: "format" });
  });

  it.each([
    ["up > 1", "up >= 1"],
    ["sum(up)", "avg(up)"],
    ['up{a="1"}', 'up{a="2"}'],
    ["up", "up > 1"],
    ["up", "this is no PromQL ((("],
  ])("%s → %s is one of the meaning", (before, after) => {
    expect(expressionChange(before, after)).toEqual({ kind: "expression" });
  });

  it("is none for the same text", () => {
    expect(expressionChange("up > 1", "up > 1")).toBeUndefined();
  });
});

describe("labels of a result", () => {
  it.each([
    ["vector(1)", []],
    ["sum by (team, pod) (up) > 1", ["team", "pod"]],
    ["(sum by (team) (a)) / sum by (team) (b) > 0.5", ["team"]],
    ["1 - sum by (team) (a)", ["team"]],
    ["sum(up)", []],
    ["up == 0", undefined],
    ["sum without (pod) (up)", undefined],
    ["rate(x[5m]) > 1", undefined],
  ])("%s", (expression, labels) => {
    expect(resultLabels(expression)).toEqual(labels);
  });
});
