import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket, windowSeconds } from "../../../services/dingtalk-bridge/limiter.ts";

/** Takes whenever it can at each of the given times; returns when it could. */
function takes(perMinute: number, gaps: readonly number[]): number[] {
  let time = 0;
  const bucket = new TokenBucket(perMinute, () => time);
  const taken: number[] = [];
  for (const gap of gaps) {
    time += gap;
    while (bucket.take()) taken.push(time);
  }
  return taken;
}

function mostWithin(times: readonly number[], milliseconds: number): number {
  return Math.max(
    0,
    ...times.map((start) => times.filter((time) => time >= start && time < start + milliseconds).length),
  );
}

const rate = fc.integer({ min: 1, max: 20 });
const gap = fc.oneof(
  fc.integer({ min: 0, max: 200 }),
  fc.integer({ min: 0, max: 70_000 }),
  fc.double({ min: 0, max: 1e4, noNaN: true }),
);

describe("TokenBucket", () => {
  it("never allows more than the rate in any 61 s, however it is used", () => {
    fc.assert(
      fc.property(rate, fc.array(gap, { maxLength: 150 }), (perMinute, gaps) => {
        expect(mostWithin(takes(perMinute, gaps), windowSeconds * 1000)).toBeLessThanOrEqual(perMinute);
      }),
    );
  });

  it("reaches the rate when there is always something to send", () => {
    fc.assert(
      fc.property(rate, (perMinute) => {
        const times = takes(perMinute, [200_000, ...Array.from({ length: 2000 }, () => 100)]);
        expect(mostWithin(times, windowSeconds * 1000)).toBe(perMinute);
      }),
      { numRuns: 20 },
    );
  });

  it("starts with one token, then grows to its burst of 11", () => {
    expect(takes(20, [0])).toHaveLength(1);
    expect(takes(20, [61_000])).toHaveLength(11);
    expect(takes(20, [3_600_000])).toHaveLength(11);
  });

  it("tells exactly how long to wait", () => {
    fc.assert(
      fc.property(rate, fc.array(gap, { maxLength: 30 }), (perMinute, gaps) => {
        let time = 0;
        const bucket = new TokenBucket(perMinute, () => time);
        for (const step of gaps) {
          time += step;
          const { waitMilliseconds } = bucket;
          expect(waitMilliseconds > 0).toBe(bucket.available === 0);
          if (waitMilliseconds > 1) {
            const start = time;
            time = start + waitMilliseconds - 1;
            expect(bucket.available).toBe(0);
            time = start;
          }
          time += Math.ceil(waitMilliseconds);
          expect(bucket.take()).toBe(true);
        }
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses a rate of %d", (perMinute) => {
    expect(() => new TokenBucket(perMinute, () => 0)).toThrow(RangeError);
  });
});
