import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { goDuration } from "../../../../components/support/durations.ts";
import { parseDuration, parseQuantity } from "../../../../components/support/quantity.ts";
import {
  blockCount,
  quantity,
  thanosBytes,
  thanosSizes,
  type SizeInputs,
} from "../../../../components/thanos/sizes.ts";

const GIBIBYTE = 2 ** 30;
const inputs = fc.record<SizeInputs>({
  series: fc.integer({ min: 1, max: 20_000_000 }),
  replicas: fc.integer({ min: 1, max: 3 }),
  scrapeIntervalSeconds: fc.integer({ min: 5, max: 120 }),
  rawDays: fc.integer({ min: 3, max: 400 }),
  fiveMinuteDays: fc.integer({ min: 16, max: 800 }),
  oneHourDays: fc.oneof(fc.integer({ min: 16, max: 3000 }), fc.constant(Number.POSITIVE_INFINITY)),
  shards: fc.integer({ min: 1, max: 10 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
});

/** Every number of the sizes but the bucket's, which may be for ever. */
function numbers({ store, query, compactor }: ReturnType<typeof thanosSizes>): number[] {
  return [store, query, compactor].flatMap((part) => Object.values(part));
}

describe("sizes", () => {
  it("of 1,000 vLLM replicas are these", () => {
    const sizes = thanosSizes({
      series: 600_000,
      replicas: 2,
      scrapeIntervalSeconds: 15,
      rawDays: 30,
      fiveMinuteDays: 180,
      oneHourDays: 730,
      shards: 1,
      concurrency: 1,
    });
    expect(sizes.samplesPerSecond).toBe(80_000);
    // 30 days of 80,000 samples a second at 1.5 bytes are 311 GB; coarser resolutions add 668 GB.
    expect(Math.round(sizes.bucketBytes / 1e9)).toBe(977);
    expect(quantity(sizes.store.indexCacheBytes)).toBe("1758Mi");
    expect(sizes.store.requestSeriesLimit).toBe(3_600_000);
  });

  it("are finite, positive and whole enough to be written down", () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const sizes = thanosSizes(given);
        for (const value of numbers(sizes)) {
          expect(Number.isFinite(value) && value > 0).toBe(true);
        }
        expect(sizes.bucketBytes).toBeGreaterThan(0);
        for (const part of [sizes.store, sizes.query, sizes.compactor]) {
          expect(parseQuantity(quantity(part.memoryLimitBytes))).toBeGreaterThanOrEqual(
            part.memoryLimitBytes,
          );
          expect(part.memoryLimitBytes).toBeGreaterThanOrEqual(part.memoryRequestBytes);
        }
      }),
    );
  });

  it("never shrink when there are more series", () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: 5_000_000 }), (given, more) => {
        const [small, large] = [given, { ...given, series: given.series + more }].map((one) =>
          numbers(thanosSizes(one)),
        );
        small?.forEach((value, index) => {
          expect(large?.[index]).toBeGreaterThanOrEqual(value);
        });
      }),
    );
  });

  it("keep the store's own caches and pool within its limit", () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const { store } = thanosSizes(given);
        const own = store.indexCacheBytes + store.bucketCacheBytes + store.chunkPoolBytes;
        expect(store.memoryLimitBytes).toBeGreaterThan(own * 1.2);
      }),
    );
  });

  it("give the compactor room for twice the blocks of two weeks", () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const twoWeeks = (given.series / given.scrapeIntervalSeconds) * 86_400 * 14 * 1.5;
        const { volumeBytes } = thanosSizes(given).compactor;
        expect(volumeBytes).toBeGreaterThanOrEqual(2 * twoWeeks * given.concurrency);
        expect(volumeBytes).toBeGreaterThanOrEqual(20 * GIBIBYTE);
      }),
    );
  });

  it("count blocks of every replica and resolution", () => {
    const given: SizeInputs = {
      series: 1,
      replicas: 2,
      scrapeIntervalSeconds: 15,
      rawDays: 28,
      fiveMinuteDays: 28,
      oneHourDays: 28,
      shards: 1,
      concurrency: 1,
    };
    expect(blockCount(given)).toBe(2 * (24 + 7 + 6));
    expect(blockCount({ ...given, replicas: 1 })).toBe(37);
  });

  it("are written as Kubernetes and Thanos read them", () => {
    expect([quantity(1), quantity(512 * 2 ** 20), quantity(9 * GIBIBYTE + 1)]).toEqual([
      "1Mi",
      "512Mi",
      "10Gi",
    ]);
    expect(thanosBytes(256 * 2 ** 20)).toBe("256MiB");
  });
});

describe("Go's durations", () => {
  it.each([
    ["2d", "48h"],
    ["90s", "1m30s"],
    ["1w", "168h"],
    ["1h30m", "1h30m"],
    ["500ms", "0.5s"],
    ["15m", "15m"],
    ["0d", "0s"],
  ])("%s is %s", (given, expected) => {
    expect(goDuration(given)).toBe(expected);
  });

  it("are as long as Prometheus' own", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (seconds) => {
        const text = goDuration(`${String(seconds)}s`);
        expect(parseDuration(text)).toBe(seconds);
      }),
    );
  });
});
