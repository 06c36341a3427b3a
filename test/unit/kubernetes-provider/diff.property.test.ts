import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { detailedDiff } from "../../../local/kubernetes-provider/diff/detailed-diff.ts";
import { parseForceNewPath } from "../../../local/kubernetes-provider/diff/force-new-path.ts";
import { createMergePatch, deepEqual } from "../../../local/kubernetes-provider/diff/merge-patch.ts";
import { prune } from "../../../local/kubernetes-provider/diff/prune.ts";
import { formatPath, parsePath, pathContains } from "../../../local/kubernetes-provider/values/path.ts";
import {
  cloneJson,
  COMPUTED,
  decodeProperties,
  encodeProperties,
  isObject,
  type Json,
  type JsonObject,
  type Plain,
  type PlainObject,
  type PropertyMap,
  Secret,
  withoutSecrets,
} from "../../../local/kubernetes-provider/values/property.ts";

const names = fc.constantFrom("a", "b", "spec", "data", "app.kubernetes.io/name", 'quo"te', "[0]", "list");

/** JSON objects of a Kubernetes kind's shape: few names, so that two of them have much in common. Without null. */
const { object } = fc.letrec<{ object: PlainObject; value: Plain }>((tie) => ({
  object: fc.dictionary(names, tie("value"), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Plain>("x", "y", "", 0, 1, true, false),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
}));

function applyMergePatch(target: Plain, patch: Plain): Plain {
  if (!isObject(patch)) {
    return patch;
  }
  const result: PlainObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete result[key];
    } else {
      result[key] = applyMergePatch(result[key] ?? null, value);
    }
  }
  return result;
}

function valueAt(root: Json, path: readonly (string | number)[]): Json | undefined {
  let current: Json | undefined = root;
  for (const segment of path) {
    if (Array.isArray(current)) {
      current = current[Number(segment)];
    } else if (isObject(current) && Object.hasOwn(current, segment)) {
      current = current[segment];
    } else {
      return undefined;
    }
  }
  return current;
}

/** Changes `old` only at the paths of the diff, to what `inputs` has there. */
function applyDiff(old: JsonObject, inputs: JsonObject, paths: readonly string[]): JsonObject {
  const result: JsonObject = cloneJson(old);
  // From the end: removing an element of a list moves those after it.
  for (const path of paths.map(parsePath).reverse()) {
    const parent = valueAt(result, path.slice(0, -1));
    const last = path.at(-1) ?? "";
    const wanted = valueAt(inputs, path);
    if (Array.isArray(parent)) {
      const replacement: Json[] = wanted === undefined ? [] : [wanted];
      parent.splice(Number(last), 1, ...replacement);
    } else if (isObject(parent)) {
      if (wanted === undefined) {
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
        delete parent[last];
      } else {
        parent[last] = wanted;
      }
    }
  }
  return result;
}

/** Appends come in order of their index, removals from the end. */
function ordered(paths: readonly string[], old: JsonObject): string[] {
  const added = paths.filter((path) => valueAt(old, parsePath(path)) === undefined);
  return [...added.toReversed(), ...paths.filter((path) => !added.includes(path))];
}

describe("merge patch", () => {
  it("turns the one object into the other", () => {
    fc.assert(
      fc.property(object, object, (from, to) => {
        expect(applyMergePatch(from, createMergePatch(from, to))).toEqual(to);
      }),
    );
  });
});

describe("detailed diff", () => {
  it("is empty for equal objects", () => {
    fc.assert(
      fc.property(object, (same) => {
        const copy = cloneJson(same);
        expect(detailedDiff(createMergePatch(same, copy), same, copy, []).size).toBe(0);
      }),
    );
  });

  it("names exactly the paths at which the objects differ", () => {
    fc.assert(
      fc.property(object, object, (old, inputs) => {
        const diff = detailedDiff(createMergePatch(old, inputs), old, inputs, []);
        for (const [path, { kind }] of diff) {
          const [before, after] = [valueAt(old, parsePath(path)), valueAt(inputs, parsePath(path))];
          expect(deepEqual(before, after)).toBe(false);
          expect(kind).toBe(before === undefined ? "add" : after === undefined ? "delete" : "update");
        }
        expect(applyDiff(old, inputs, ordered([...diff.keys()], old))).toEqual(inputs);
      }),
    );
  });

  it("marks what lies at or below a forcing path, or brings it, and nothing else", () => {
    const forced = parseForceNewPath(".spec.data");
    fc.assert(
      fc.property(object, object, (old, inputs) => {
        const plain = detailedDiff(createMergePatch(old, inputs), old, inputs, []);
        const marked = detailedDiff(createMergePatch(old, inputs), old, inputs, [forced]);
        expect([...marked.keys()]).toEqual([...plain.keys()]);
        for (const [path, { kind }] of marked) {
          const segments = parsePath(path);
          const below = pathContains(["spec", "data"], segments);
          const brings = path === "spec" && valueAt(inputs, ["spec", "data"]) !== undefined;
          expect(kind.endsWith("-replace")).toBe(below || brings);
        }
      }),
    );
  });

  it("shows every unknown as a change", () => {
    fc.assert(
      fc.property(object, names, (old, name) => {
        const inputs: JsonObject = { ...old, [name]: COMPUTED };
        const diff = detailedDiff(createMergePatch(old, inputs), old, inputs, []);
        const before = old[name];
        if (isObject(before)) {
          // The official provider compares an unknown with a map by the map's entries.
          expect(diff.size).toBe(Object.keys(before).length);
        } else {
          expect([...diff.keys()]).toEqual([formatPath([name])]);
        }
      }),
    );
  });
});

describe("prune", () => {
  it("keeps nothing that the shape lacks, and everything if the shape is the object itself", () => {
    fc.assert(
      fc.property(object, object, (source, shape) => {
        const pruned = prune(source, shape);
        expect(Object.keys(pruned).every((key) => Object.hasOwn(shape, key))).toBe(true);
        expect(prune(pruned, shape)).toEqual(pruned);
        expect(prune(source, source)).toEqual(source);
      }),
    );
  });

  it("leaves no difference between a live object and the inputs that it extends", () => {
    fc.assert(
      fc.property(object, object, (inputs, defaults) => {
        const live = { ...defaults, ...inputs };
        const old = prune(live, inputs);
        expect(detailedDiff(createMergePatch(old, inputs), old, inputs, []).size).toBe(0);
      }),
    );
  });
});

describe("property path", () => {
  it("survives being written and read", () => {
    const segments = fc.array(fc.oneof(names, fc.nat(9)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(segments, (path) => {
        expect(parsePath(formatPath(path))).toEqual(path);
      }),
    );
  });

  it("refuses what isn't closed", () => {
    expect(() => parsePath("a[0")).toThrow(/property path "a\[0"/);
    expect(() => parsePath('a["b')).toThrow(/not closed/);
  });
});

describe("engine values", () => {
  it("survive the wire with their secrets and unknowns", () => {
    const value = fc.letrec<{ value: PropertyMap[string]; map: PropertyMap }>((tie) => ({
      map: fc.dictionary(names, tie("value"), { maxKeys: 3 }),
      value: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom<PropertyMap[string]>(null, "x", 1, true, COMPUTED),
        fc.array(tie("value"), { maxLength: 2 }),
        tie("map"),
        tie("value").map((secret) => new Secret(secret)),
      ),
    }));
    fc.assert(
      fc.property(value.map, (properties) => {
        const wire = JSON.parse(JSON.stringify(encodeProperties(properties))) as Record<string, unknown>;
        expect(decodeProperties(wire)).toEqual(properties);
        expect(withoutSecrets(decodeProperties(wire))).toEqual(withoutSecrets(properties));
      }),
    );
  });
});
