import { describe, expect, it } from "vitest";

import { destinationsOf, isSilent, parseMatchers, routeTree } from "../../../review/semantic/route-tree.ts";

describe("matchers", () => {
  it.each([
    ['severity="critical"', [{ label: "severity", operator: "=", value: "critical" }]],
    ["severity=critical", [{ label: "severity", operator: "=", value: "critical" }]],
    [
      '{a="1",b!~"2|3"}',
      [
        { label: "a", operator: "=", value: "1" },
        { label: "b", operator: "!~", value: "2|3" },
      ],
    ],
    ['a="x, y=\\"z\\""', [{ label: "a", operator: "=", value: 'x, y="z"' }]],
    ['"label with space"="1"', [{ label: "label with space", operator: "=", value: "1" }]],
    ['a!=""', [{ label: "a", operator: "!=", value: "" }]],
  ])("%s", (text, matchers) => {
    expect(parseMatchers(text)).toEqual(matchers);
  });

  it.each(["severity", 'a="1" b="2"', '{a="1"', 'a=="1"'])("%s can't be read", (text) => {
    expect(() => parseMatchers(text)).toThrow("can't be read");
  });
});

const tree = routeTree({
  route: {
    receiver: "default",
    group_by: ["b", "a"],
    repeat_interval: "1h",
    routes: [
      { receiver: "first", matchers: ['x="1"'], continue: true, group_by: ["c"] },
      {
        matchers: ['y=~"a.c"'],
        group_wait: "1s",
        routes: [{ receiver: "inner", match: { z: "1" } }],
      },
      { receiver: "insensitive", matchers: ['w=~"(?i)yes"'] },
      { receiver: "absent", matchers: ['v=""', 'u="1"'] },
    ],
  },
  receivers: [
    { name: "default", webhook_configs: [{}] },
    { name: "first", email_configs: [] },
  ],
});
const receivers = (labels: Record<string, string>) =>
  destinationsOf(tree, labels).map(({ receiver }) => receiver);

describe("an alert", () => {
  it.each([
    ["goes to the root without a match", {}, ["default"]],
    ["doesn't go to the root when only a route that continues took it", { x: "1" }, ["first"]],
    ["goes on after a route that continues", { x: "1", y: "abc" }, ["first", "default"]],
    ["has to match a whole value", { y: "xabc" }, ["default"]],
    ["inherits the receiver of the route above", { y: "abc" }, ["default"]],
    ["goes to the innermost route", { y: "abc", z: "1" }, ["inner"]],
    ["may match without regard to case", { w: "YES" }, ["insensitive"]],
    ["without a label has the empty text", { u: "1" }, ["absent"]],
  ])("%s", (_, labels, expected) => {
    expect(receivers(labels)).toEqual(expected);
  });

  it("inherits timing and grouping field by field", () => {
    expect(destinationsOf(tree, { y: "abc" })).toEqual([
      {
        receiver: "default",
        groupBy: ["a", "b"],
        groupWait: "1s",
        groupInterval: "5m",
        repeatInterval: "1h",
        muted: [],
        active: [],
      },
    ]);
    expect(destinationsOf(tree, { x: "1" })[0]).toMatchObject({ groupBy: ["c"], groupWait: "30s" });
  });
});

it("takes no time interval from the route above", () => {
  const config = {
    route: {
      receiver: "default",
      routes: [
        {
          matchers: ['x="1"'],
          mute_time_intervals: ["night"],
          active_time_intervals: ["office"],
          routes: [{ matchers: ['y="1"'] }],
        },
      ],
    },
  };
  const routes = routeTree(config);
  expect(destinationsOf(routes, { x: "1" })).toMatchObject([{ muted: ["night"], active: ["office"] }]);
  expect(destinationsOf(routes, { x: "1", y: "1" })).toMatchObject([{ muted: [], active: [] }]);
});

it("tells receivers without an integration", () => {
  expect(isSilent(tree, "default")).toBe(false);
  expect(isSilent(tree, "first")).toBe(true);
  expect(isSilent(tree, "unknown")).toBe(true);
});
