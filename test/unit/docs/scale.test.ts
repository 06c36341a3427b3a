/** The numbers of docs/scale.md come from what is measured, and add up. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ruleSets } from "../../../alerts/index.ts";
import { dcgmCounters } from "../../../components/dcgm/counters.ts";
import {
  scaleOf,
  scaleTable,
  SERIES_OF_FURTHER_ENGINE,
  SERIES_OF_GPU,
  SERIES_OF_MODEL,
  SERIES_OF_REPLICA,
  SERIES_OF_SHARD,
} from "../../../components/kube-prometheus/scale.ts";

const root = join(import.meta.dirname, "../../..");
const samplesOf = (file: string): number =>
  readFileSync(join(root, "test/fixtures/vllm", file), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#")).length;
const squeezed = (text: string): string => text.replaceAll(/[ -]+/g, " ");

describe("the constants", () => {
  it("are those of the measured expositions", () => {
    expect(SERIES_OF_REPLICA).toBe(samplesOf("0.32.0-single-loaded.prom"));
    expect(SERIES_OF_FURTHER_ENGINE).toBe(
      samplesOf("0.32.0-dp2-loaded.prom") - samplesOf("0.32.0-single-loaded.prom"),
    );
  });

  it("count the DCGM exporter's counters", () => {
    expect(SERIES_OF_GPU).toBe(dcgmCounters(true).filter(({ kind }) => kind !== "label").length);
  });

  it("leave room for what the rules record of a model", () => {
    const recordings = ruleSets.flatMap(({ groups }) =>
      groups.flatMap(({ recordings: found = [] }) => found.map(({ record }) => record)),
    );
    const ofModels = recordings.filter((name) => name.startsWith("model"));
    expect(ofModels.length).toBeGreaterThan(0);
    expect(SERIES_OF_MODEL).toBeGreaterThanOrEqual(ofModels.length);
  });
});

describe("scaleOf", () => {
  const fleet = fc.record({
    gpus: fc.integer({ min: 8, max: 20_000 }),
    gpusPerNode: fc.constantFrom(1, 4, 8),
    gpusPerReplica: fc.constantFrom(1, 2, 4, 8),
    enginesPerReplica: fc.constantFrom(1, 2, 8),
    models: fc.integer({ min: 1, max: 1_000 }),
  });

  it("adds up, and never gives a shard more than it should hold", () => {
    fc.assert(
      fc.property(fleet, (given) => {
        const { series, total, shards, samplesPerSecond } = scaleOf(given);
        expect(Object.values(series).reduce((sum, count) => sum + count, 0)).toBe(total);
        expect(total / shards).toBeLessThanOrEqual(SERIES_OF_SHARD);
        expect(shards === 1 || total / (shards - 1) > SERIES_OF_SHARD).toBe(true);
        expect(samplesPerSecond).toBeCloseTo(total / 15);
      }),
    );
  });

  it("grows with everything that has series, and half the samples need half the disk", () => {
    fc.assert(
      fc.property(fleet, (given) => {
        const more = { ...given, gpus: given.gpus + 8, models: given.models + 1 };
        expect(scaleOf(more).total).toBeGreaterThan(scaleOf(given).total);
        expect(scaleOf(given, 30).storagePerShard).toBeCloseTo(scaleOf(given).storagePerShard / 2);
      }),
    );
  });

  it("refuses what is no number of things", () => {
    const fleetOf = { gpus: 8, gpusPerNode: 0, gpusPerReplica: 1, models: 1 };
    expect(() => scaleOf(fleetOf)).toThrow("gpusPerNode: got 0; expected a number above 0");
    expect(() => scaleOf({ ...fleetOf, gpusPerNode: Number.NaN })).toThrow("gpusPerNode: got NaN");
  });
});

it("docs/scale.md has the table of today", () => {
  expect(squeezed(readFileSync(join(root, "docs/scale.md"), "utf8"))).toContain(squeezed(scaleTable()));
});
