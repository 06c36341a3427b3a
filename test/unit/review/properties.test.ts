import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { compareSnapshots } from "../../../review/diff/changes.ts";
import { diffValues } from "../../../review/diff/properties.ts";
import { equal, type Json } from "../../../review/model/json.ts";
import { makeMask } from "../../../review/model/snapshot.ts";
import { reportOn } from "./reporting.ts";
import { sample } from "./sample.ts";

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
const named = fc
  .uniqueArray(fc.record({ name: fc.string(), value: json }), { selector: ({ name }) => name })
  .map((list) => ({ list }));

function shuffledKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(shuffledKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, shuffledKeys(inner)]),
  );
}

describe("the difference of two values", () => {
  it("is none for equal ones, whatever the order of their keys", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(diffValues(value, shuffledKeys(value))).toEqual([]);
      }),
    );
  });

  it("is something for different ones", () => {
    fc.assert(
      fc.property(fc.oneof(json, named), fc.oneof(json, named), (a, b) => {
        expect(diffValues(a, b).length > 0).toBe(!equal(a, b));
      }),
    );
  });

  it("is the same backwards, with added and removed exchanged", () => {
    const reverse = { added: "removed", removed: "added" } as Record<string, string>;
    fc.assert(
      fc.property(named, named, (a, b) => {
        const forth = diffValues(a, b).map(({ path, kind }) => `${path} ${kind}`);
        const back = diffValues(b, a).map(({ path, kind }) => `${path} ${reverse[kind] ?? kind}`);
        expect(back.sort()).toEqual(forth.sort());
      }),
    );
  });

  it("never holds what stood in clear where a secret is now", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), (text) => {
        const changes = diffValues(
          { a: { b: `secret ${text}` } },
          { a: { b: makeMask({ from: [], digest: "1" }) } },
        );
        expect(changes).toMatchObject([{ path: "a.b", kind: "secret" }]);
        expect(JSON.stringify(changes)).not.toContain(`secret ${text}`);
      }),
    );
  });

  it.each<[string, Json, Json, object[]]>([
    [
      "elements by name",
      {
        c: [
          { name: "a", v: 1 },
          { name: "b", v: 1 },
        ],
      },
      {
        c: [
          { name: "b", v: 2 },
          { name: "a", v: 1 },
        ],
      },
      [{ path: "c[b].v", kind: "changed", before: 1, after: 2 }],
    ],
    [
      "order alone",
      { c: [{ name: "a" }, { name: "b" }] },
      { c: [{ name: "b" }, { name: "a" }] },
      [{ path: "c", kind: "reordered" }],
    ],
    [
      "plain elements",
      { c: ["x", "y"] },
      { c: ["y", "z", "w"] },
      [
        { path: "c[]", kind: "removed", before: "x" },
        { path: "c[]", kind: "added", after: "z" },
        { path: "c[]", kind: "added", after: "w" },
      ],
    ],
    [
      "one element in depth",
      {
        c: [
          { p: 1, q: 1 },
          { p: 2, q: 2 },
        ],
      },
      {
        c: [
          { p: 1, q: 1 },
          { p: 2, q: 3 },
        ],
      },
      [{ path: "c[1].q", kind: "changed", before: 2, after: 3 }],
    ],
    [
      "flags with values",
      { c: ["serve", "--a", "1", "--b=2"] },
      { c: ["serve", "--b=3", "--a", "1", "--d"] },
      [
        { path: "c.--b", kind: "changed", before: "2", after: "3" },
        { path: "c.--d", kind: "added", after: "" },
      ],
    ],
    [
      "JSON in a text",
      { c: '{"a":1,"b":2}' },
      { c: '{"b":2,"a":3}' },
      [{ path: "c.a", kind: "changed", before: 1, after: 3 }],
    ],
    ["JSON in another form", { c: '{"a":1}' }, { c: '{ "a": 1 }' }, [{ path: "c", kind: "reordered" }]],
    [
      "keys with dots",
      { "a.b": 1 },
      { "a.b": 2 },
      [{ path: '["a.b"]', kind: "changed", before: 1, after: 2 }],
    ],
  ])("tells %s", (_, before, after, changes) => {
    expect(diffValues(before, after)).toEqual(changes);
  });
});

describe("a comparison", () => {
  it("is the same whatever the order of the resources", () => {
    const head = sample();
    head.resources = head.resources.slice(3);
    const expected = reportOn(sample(), head).markdown;
    fc.assert(
      fc.property(fc.shuffledSubarray(head.resources, { minLength: head.resources.length }), (resources) => {
        expect(reportOn(sample(), { ...head, resources }).markdown).toBe(expected);
      }),
      { numRuns: 20 },
    );
  });

  it("has every resource that is on one side only, and counts the others", () => {
    const all = sample().resources;
    fc.assert(
      fc.property(fc.subarray(all), fc.subarray(all), (before, after) => {
        const { changes, unchanged } = compareSnapshots(
          { ...sample(), resources: before },
          { ...sample(), resources: after },
        );
        const custom = (list: typeof all) =>
          list.filter(({ custom: isCustom }) => isCustom).map(({ urn }) => urn);
        const [old, now] = [custom(before), custom(after)];
        const urns = (operation: string) =>
          changes
            .filter((change) => change.operation === operation)
            .map(({ resource }) => resource.urn)
            .sort();
        expect(urns("create")).toEqual(now.filter((urn) => !old.includes(urn)).sort());
        expect(urns("delete")).toEqual(old.filter((urn) => !now.includes(urn)).sort());
        expect(unchanged).toBe(now.filter((urn) => old.includes(urn)).length);
      }),
    );
  });
});
