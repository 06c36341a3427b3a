/** Whatever stands in a configuration: the check ends, and each problem can be acted on. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatPath, formatProblem, parsePath, valueAt } from "../../../stacks/config/problems.ts";
import { configurationOfText } from "../../../stacks/config/sources.ts";
import {
  byteQuantity,
  duration,
  durationSeconds,
  imageByDigest,
  imageReference,
} from "../../../stacks/config/types.ts";
import { goDuration } from "../../../stacks/mapping/monitoring.ts";
import { change, problemsOf, valuesOf } from "./support.ts";

const segment = fc.oneof(
  fc.nat(20),
  fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/["\\[\]]/.test(text)),
);

/** Every path to a value of the production file. */
function paths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  const steps = inner.map(([key, child]) => ({
    key: Array.isArray(value) ? Number(key) : key,
    child: child as unknown,
  }));
  return [
    ...(path.length === 0 ? [] : [path]),
    ...steps.flatMap(({ key, child }) => paths(child, [...path, key])),
  ];
}
const everyPath = paths(valuesOf("prod"));

test("a path that is written out is read back", () => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), (path) => {
      // A first step that is no name stands in brackets; a path of a configuration starts with a name.
      expect(parsePath(formatPath(["a", ...path]))).toEqual(["a", ...path]);
    }),
  );
});

test("any value anywhere gives problems with path, expectation and remedy, or none", () => {
  fc.assert(
    fc.property(fc.constantFrom(...everyPath), fc.jsonValue({ maxDepth: 3 }), (path, value) => {
      for (const problem of problemsOf(change(valuesOf("prod"), formatPath(path), value))) {
        expect(formatProblem(problem)).toMatch(/^.+: got .+; expected .+; remedy: .+$/s);
        for (const mark of ["\u0001", "\u0002", "\u0003"]) expect(formatProblem(problem)).not.toContain(mark);
      }
    }),
    { numRuns: 300 },
  );
});

test("a value of another type anywhere is found", () => {
  fc.assert(
    fc.property(fc.constantFrom(...everyPath), (path) => {
      const values = valuesOf("prod");
      // A mapping with an odd key is right nowhere, except where keys are free.
      if (/labels|externalLabels/i.test(formatPath(path))) return;
      const problems = problemsOf(change(values, formatPath(path), { "no such key": null }));
      const near = problems.some(({ path: at }) => at.startsWith(formatPath(path)));
      expect(near, formatPath(path)).toBe(true);
    }),
    { numRuns: everyPath.length },
  );
});

test("every removed value is missed, or has a default", () => {
  for (const path of everyPath) {
    const before = valuesOf("prod");
    const after = change(valuesOf("prod"), formatPath(path), undefined);
    expect(valueAt(before, path)).toBeDefined();
    for (const problem of problemsOf(after)) expect(problem.remedy).not.toBe("");
  }
});

const units = ["y", "w", "d", "h", "m", "s", "ms"];
const secondsOf: Record<string, number> = {
  y: 31_536_000,
  w: 604_800,
  d: 86_400,
  h: 3600,
  m: 60,
  s: 1,
  ms: 0.001,
};
const durations = fc
  .subarray(units, { minLength: 1 })
  .chain((chosen) =>
    fc.tuple(fc.constant(chosen), fc.array(fc.integer({ min: 1, max: 999 }), { minLength: 7, maxLength: 7 })),
  )
  .map(([chosen, amounts]) => chosen.map((unit, index) => ({ unit, amount: amounts[index] ?? 1 })));

test("durations: units in order are taken, their sum is right, and Alertmanager's spelling is equal", () => {
  fc.assert(
    fc.property(durations, (parts) => {
      const text = parts.map(({ unit, amount }) => `${String(amount)}${unit}`).join("");
      const expected = parts.reduce((sum, { unit, amount }) => sum + amount * (secondsOf[unit] ?? 0), 0);
      expect(duration.safeParse(text).success).toBe(true);
      expect(durationSeconds(text)).toBeCloseTo(expected, 6);
      expect(durationSeconds(goDuration(text))).toBeCloseTo(expected, 6);
      expect(goDuration(text)).not.toMatch(/[ywd]/);
      if (parts.length > 1) {
        const reversed = parts
          .toReversed()
          .map(({ unit, amount }) => `${String(amount)}${unit}`)
          .join("");
        expect(duration.safeParse(reversed).success, reversed).toBe(false);
      }
    }),
  );
});

test.each(["", "0", "0s", "15", "s", "1.5h", "-5s", "5 s", "1M"])("no duration: %j", (text) => {
  expect(duration.safeParse(text).success).toBe(false);
});

test.each(["16", "0Gi", "16GB", "1e9", "512m", "-1Gi", "Gi"])("no byte quantity: %j", (text) => {
  expect(byteQuantity.safeParse(text).success).toBe(false);
});

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
test.each([
  ["vllm/vllm-openai", false, false],
  ["vllm/vllm-openai:v0.33.0", false, true],
  ["vllm/vllm-openai:latest", false, false],
  [`vllm/vllm-openai@${digest}`, true, true],
  [`registry.example.com:5000/a/b/c:v1@${digest}`, true, true],
  [`registry.example.com:5000/a/b`, false, false],
  [`localhost/x:1`, false, true],
  [`https://registry.example.com/x:1`, false, false],
  [`Vllm/x@${digest}`, false, false],
])("image %s: by digest %s, with a version %s", (image, byDigest, versioned) => {
  expect(imageByDigest.safeParse(image).success).toBe(byDigest);
  expect(imageReference.safeParse(image).success).toBe(versioned);
});

test("a file with any text is refused in words or read", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        configurationOfText(text, "file");
      } catch (error) {
        expect(String(error)).toMatch(/1 error in the configuration \(file\)/);
      }
    }),
  );
});
