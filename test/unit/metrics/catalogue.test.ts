import { describe, expect, it } from "vitest";

import {
  baseName,
  bucketBounds,
  createdName,
  existsIn,
  sampleNames,
  type MetricFamily,
} from "../../../metrics/family.ts";
import { pythonFloat } from "../../../metrics/float.ts";
import { conditions, measuredVersion, vllm, vllmRemoved } from "../../../metrics/vllm/index.ts";
import { parseExposition, type Family } from "../../support/exposition.ts";
import { fixture, modes, recordedMaxModelLen, states } from "../../support/vllm-fixtures.ts";

const catalogue: readonly MetricFamily[] = Object.values(vllm);
const removed: readonly MetricFamily[] = Object.values(vllmRemoved);
const byName = new Map(catalogue.map((family) => [family.name, family]));
const byCreated = new Map(catalogue.map((family) => [createdName(family), family]));

function labelNamesOf(family: Family): string[][] {
  return family.samples.map((sample) =>
    Object.keys(sample.labels)
      .filter((label) => label !== "le")
      .sort(),
  );
}

describe.each(modes.flatMap((mode) => states.map((state) => ({ mode, state }))))(
  "the real exposition $mode $state",
  ({ mode, state }) => {
    const families = parseExposition(fixture(mode, state));
    const own = [...families.values()].filter((family) => !byCreated.has(family.name));

    it("has no family that the catalogue lacks", () => {
      expect(own.filter((family) => !byName.has(family.name)).map((family) => family.name)).toEqual([]);
      expect(own.length).toBeGreaterThan(30);
    });

    it.each(own.map((family) => family.name))("%s agrees with the catalogue", (name) => {
      const real = families.get(name);
      const known = byName.get(name);
      if (real === undefined || known === undefined) {
        throw new Error("missing");
      }
      expect(known.type).toBe(real.type);
      expect(known.help).toBe(real.help);
      expect(existsIn(known, measuredVersion)).toBe(true);
      for (const labels of labelNamesOf(real)) {
        expect(labels).toEqual([...known.labels].sort());
      }
      for (const sample of real.samples) {
        expect(sampleNames(known)).toContain(sample.name);
        for (const [label, value] of Object.entries(sample.labels)) {
          const values = known.labelValues?.[label];
          if (values !== undefined) {
            expect(values).toContain(value);
          }
        }
      }
      if (known.type === "histogram" && real.samples.length > 0) {
        const bounds = [...bucketBounds(known, recordedMaxModelLen).map(pythonFloat), "+Inf"];
        const first = real.samples.find((sample) => sample.name.endsWith("_bucket"));
        const series = real.samples.filter(
          (sample) => sample.name.endsWith("_bucket") && sample.labels["engine"] === first?.labels["engine"],
        );
        expect(series.map((sample) => sample.labels["le"])).toEqual(bounds);
      }
    });

    it("lacks only families with a condition or without a request", () => {
      const missing = catalogue.filter(
        (family) => existsIn(family, measuredVersion) && !families.has(family.name),
      );
      const unexplained = missing.filter(
        (family) =>
          family.condition === undefined &&
          !(family.absentBeforeFirstRequest === "always" && mode !== "single" && state === "idle"),
      );
      expect(unexplained.map((family) => family.name)).toEqual([]);
    });

    it("shows conditional families as the catalogue says", () => {
      const shown = catalogue.filter((family) => families.has(family.name) && family.condition !== undefined);
      const expected = mode === "single" ? ["single-process"] : [];
      expect([...new Set(shown.map((family) => family.condition))]).toEqual(expected);
    });

    it("has no sample of a family before a request where the catalogue says so", () => {
      const silent = own.filter((family) => family.samples.length === 0).map((family) => family.name);
      const expected = catalogue
        .filter(
          (family) =>
            families.has(family.name) &&
            state === "idle" &&
            (mode === "single"
              ? family.absentBeforeFirstRequest === "always"
              : family.absentBeforeFirstRequest === "multiprocess"),
        )
        .map((family) => family.name);
      expect(silent.sort()).toEqual(expected.sort());
    });
  },
);

describe("the catalogue", () => {
  it("names each family once, by the rules of the text format", () => {
    const names = [...catalogue, ...removed].map((family) => family.name);
    expect(new Set(names).size).toBe(names.length);
    for (const family of catalogue) {
      expect(family.name).toMatch(/^[a-z_]+(:[a-z0-9_]+)?$/);
      expect(family.name.endsWith("_total") && family.type !== "counter").toBe(
        family.name === "vllm:iteration_tokens_total",
      );
      if (family.type === "counter") {
        expect(family.name.endsWith("_total")).toBe(true);
        expect(baseName(family)).toBe(family.name.slice(0, -"_total".length));
      }
    }
  });

  it("shares no sample name between families", () => {
    const names = catalogue.flatMap((family) => [...sampleNames(family)]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("explains every condition it uses", () => {
    for (const family of [...catalogue, ...removed]) {
      if (family.condition !== undefined) {
        expect(Object.keys(conditions)).toContain(family.condition);
      }
    }
  });

  it("lists label values only for labels that the family has", () => {
    for (const family of catalogue) {
      for (const label of Object.keys(family.labelValues ?? {})) {
        expect(family.labels).toContain(label);
      }
    }
  });

  it("has rising, finite bucket bounds", () => {
    for (const family of catalogue) {
      if (family.type === "histogram") {
        const bounds = bucketBounds(family, 131_072);
        expect(bounds.length).toBeGreaterThan(2);
        expect(
          bounds.every((bound, index) => Number.isFinite(bound) && bound > (bounds[index - 1] ?? 0)),
        ).toBe(true);
      }
    }
  });

  it("marks as removed only what the measured version lacks", () => {
    for (const family of removed) {
      expect(family.until).toBeDefined();
      expect(existsIn(family, measuredVersion)).toBe(false);
      expect(byName.has(family.name)).toBe(false);
    }
  });

  it("knows units: a ratio is a gauge, seconds end in seconds or say so in the help", () => {
    for (const family of catalogue) {
      if (family.unit === "ratio") {
        expect(family.type).toBe("gauge");
      }
      if (family.name.includes("_seconds") && family.name !== "process_start_time_seconds") {
        expect(family.unit).toBe("seconds");
      }
      if (/_bytes(_|$)/.test(family.name) && !family.name.includes("_time")) {
        expect(family.unit).toBe("bytes");
      }
    }
  });
});
