/** One change of each kind to a schema, and what it means for users. */
import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { releaseProblems, type Release } from "../../../package/check-release.ts";
import { compareSchemas, isAtLeast, leastVersion, type Finding } from "../../../package/compatibility.ts";
import { SCHEMA_FILE, type PackageSchema } from "../../../package/schema.ts";

const type = (name: string) => ({ $ref: `#/types/p:index:${name}` });
const base = (): PackageSchema => ({
  name: "p",
  resources: {
    "p:index:Server": {
      inputProperties: {
        image: { type: "string", description: "Image." },
        replicas: { type: "number" },
        gpu: type("Gpu"),
        rules: { type: "array", plain: true, items: { ...type("Gpu"), plain: true } },
        labels: { type: "object", additionalProperties: { type: "string" } },
      },
      requiredInputs: ["image"],
      properties: { endpoint: { type: "string" } },
      required: ["endpoint"],
    },
  },
  types: {
    "p:index:Gpu": {
      type: "object",
      properties: { count: { type: "number" }, mode: type("Mode") },
      required: ["count"],
    },
    "p:index:Mode": { type: "string", enum: [{ name: "Fast", value: "fast" }] },
  },
});

type Change = (schema: PackageSchema) => void;
const server = (schema: PackageSchema) => {
  const found = schema.resources["p:index:Server"];
  if (found === undefined) throw new Error("no server");
  return found;
};
const typeOf = (schema: PackageSchema, name: string) => {
  const found = schema.types[`p:index:${name}`];
  if (found?.properties === undefined && found?.enum === undefined) throw new Error(`no type ${name}`);
  return found;
};

const kinds: Record<string, [change: Change, level: Finding["level"], finding: string]> = {
  "a component that goes": [
    (s) => delete s.resources["p:index:Server"],
    "breaking",
    "Server: component is gone",
  ],
  "a new component": [(s) => (s.resources["p:index:New"] = server(base())), "minor", "New: new component"],
  "an input that goes": [
    (s) => delete server(s).inputProperties["replicas"],
    "breaking",
    "Server.replicas: property is gone",
  ],
  "a new input": [
    (s) => (server(s).inputProperties["x"] = { type: "string" }),
    "minor",
    "Server.x: new property",
  ],
  "a new input that must be given": [
    (s) => {
      server(s).inputProperties["x"] = { type: "string" };
      server(s).requiredInputs.push("x");
    },
    "breaking",
    "Server.x: new property that must be given",
  ],
  "an input that must be given now": [
    (s) => server(s).requiredInputs.push("replicas"),
    "breaking",
    "Server.replicas: must be given now",
  ],
  "an input that may be left out now": [
    (s) => (server(s).requiredInputs = []),
    "minor",
    "Server.image: may be left out now",
  ],
  "another type": [
    (s) => (server(s).inputProperties["replicas"] = { type: "string" }),
    "breaking",
    "Server.replicas: type number became string",
  ],
  "a reference to another type": [
    (s) => (server(s).inputProperties["gpu"] = type("Mode")),
    "breaking",
    "Server.gpu: type Gpu became Mode",
  ],
  "a list of something else": [
    (s) =>
      (server(s).inputProperties["rules"] = {
        type: "array",
        plain: true,
        items: { type: "string", plain: true },
      }),
    "breaking",
    "Server.rules: type list of Gpu became list of string",
  ],
  "a map of something else": [
    (s) =>
      (server(s).inputProperties["labels"] = { type: "object", additionalProperties: { type: "number" } }),
    "breaking",
    "Server.labels: type map of string became map of number",
  ],
  "an output that is refused now": [
    (s) => (server(s).inputProperties["image"] = { type: "string", plain: true }),
    "breaking",
    "Server.image: an output is refused now",
  ],
  "an output that is taken now": [
    (s) => (server(s).inputProperties["rules"] = { type: "array", items: type("Gpu") }),
    "minor",
    "Server.rules: may be an output now",
  ],
  "an output that goes": [
    (s) => delete server(s).properties["endpoint"],
    "breaking",
    "Server (output).endpoint: output is gone",
  ],
  "a new output": [
    (s) => (server(s).properties["url"] = { type: "string" }),
    "minor",
    "Server (output).url: new output",
  ],
  "an output that may be missing now": [
    (s) => (server(s).required = []),
    "breaking",
    "Server (output).endpoint: may be missing now",
  ],
  "a type that goes": [(s) => delete s.types["p:index:Mode"], "breaking", "Mode: type is gone"],
  "a new type": [
    (s) => (s.types["p:index:New"] = { type: "object", properties: {} }),
    "minor",
    "New: new type",
  ],
  "a property of a type that goes": [
    (s) => delete typeOf(s, "Gpu").properties?.["mode"],
    "breaking",
    "Gpu.mode: property is gone",
  ],
  "a property of a type that must be given now": [
    (s) => typeOf(s, "Gpu").required?.push("mode"),
    "breaking",
    "Gpu.mode: must be given now",
  ],
  "a value that goes": [(s) => typeOf(s, "Mode").enum?.pop(), "breaking", "Mode.Fast: value is gone"],
  "a new value": [
    (s) => typeOf(s, "Mode").enum?.push({ name: "Slow", value: "slow" }),
    "minor",
    "Mode.Slow: new value",
  ],
  "another value under the same name": [
    (s) => (typeOf(s, "Mode").enum = [{ name: "Fast", value: "quick" }]),
    "breaking",
    'Mode.Fast: value "fast" became "quick"',
  ],
  "an object that becomes a choice": [
    (s) => (s.types["p:index:Gpu"] = { type: "string", enum: [] }),
    "breaking",
    "Gpu: another kind of type",
  ],
};

describe("a comparison of schemas", () => {
  for (const [kind, [change, level, finding]] of Object.entries(kinds))
    it(`tells ${kind}`, () => {
      const after = base();
      change(after);
      const comparison = compareSchemas(base(), after);
      expect(comparison.findings.map(({ path, what }) => `${path}: ${what}`)).toContain(finding);
      expect(comparison.level).toBe(level);
    });

  it("finds nothing in other words and another order", () => {
    const after = base();
    const { image, ...others } = server(after).inputProperties;
    server(after).inputProperties = { ...others, image: { ...image, description: "Another text." } };
    expect(compareSchemas(base(), after)).toEqual({ level: "none", findings: [] });
    const real = JSON.parse(readFileSync(SCHEMA_FILE, "utf8")) as PackageSchema;
    expect(compareSchemas(real, structuredClone(real)).level).toBe("none");
  });

  it("is breaking in one direction or the other whenever anything at all is gone or new", () => {
    const all = Object.values(kinds);
    fc.assert(
      fc.property(fc.subarray(all, { minLength: 1, maxLength: 3 }), (changes) => {
        const after = base();
        for (const [change] of changes)
          try {
            change(after);
          } catch {
            // An earlier change took away what this one is about.
          }
        const there = compareSchemas(base(), after);
        const back = compareSchemas(after, base());
        expect(there.level === "none").toBe(back.level === "none");
        expect([there.level, back.level]).toContain("breaking");
        expect(there.findings.findIndex(({ level }) => level === "minor")).not.toBe(
          there.level === "breaking" ? 0 : -2,
        );
      }),
    );
  });
});

describe("versions", () => {
  it("rise by what changed, as npm reads them", () => {
    expect(leastVersion("1.4.2", "breaking")).toBe("2.0.0");
    expect(leastVersion("1.4.2", "minor")).toBe("1.5.0");
    expect(leastVersion("1.4.2", "none")).toBe("1.4.3");
    expect(leastVersion("0.4.2", "breaking")).toBe("0.5.0");
    expect(leastVersion("0.4.2", "minor")).toBe("0.4.3");
  });

  it("are compared by number", () => {
    const version = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30));
    fc.assert(
      fc.property(version, version, (a, b) => {
        const value = ([x, y, z]: [number, number, number]) => (x * 100 + y) * 100 + z;
        expect(isAtLeast(a.join("."), b.join("."))).toBe(value(a) >= value(b));
      }),
    );
  });
});

describe("a release", () => {
  const release = (version: string, changelog: string, change: Change = () => undefined): Release => {
    const schema = base();
    change(schema);
    return { version, changelog, schema };
  };
  const last = release("1.0.0", "## 1.0.0\n");
  const gone: Change = (s) => delete server(s).inputProperties["replicas"];

  it("is held back by a version that promises more than it keeps", () => {
    const { problems } = releaseProblems(last, release("1.1.0", "## 1.1.0\n\n### Migration\n", gone));
    expect(problems).toEqual([
      "package.json version: got 1.1.0; expected 2.0.0 or higher, because the change since 1.0.0 is breaking; raise it",
    ]);
  });

  it("is held back by a changelog without its section, and by a breaking change without migration notes", () => {
    expect(releaseProblems(last, release("1.0.1", "## Unreleased\n")).problems).toEqual([
      expect.stringContaining("CHANGELOG.md: got no section 1.0.1"),
    ]);
    const { problems } = releaseProblems(
      last,
      release("2.0.0", "## 2.0.0\n\nText.\n\n## 1.0.0\n\n### Migration\n", gone),
    );
    expect(problems).toEqual([expect.stringContaining('got no "### Migration" in the section 2.0.0')]);
  });

  it("passes otherwise", () => {
    expect(releaseProblems(last, release("2.0.0", "## [2.0.0]\n\n### Migration\n", gone)).problems).toEqual(
      [],
    );
    expect(releaseProblems(last, release("1.0.1", "## 1.0.1 (2026-11-25)\n")).problems).toEqual([]);
  });
});
