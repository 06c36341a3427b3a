import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  mimirRemoteWrite,
  queuedSamples,
  remoteWriteQueue,
} from "../../../components/kube-prometheus/remote-write-queue.ts";

describe("the remote write queue", () => {
  it("of 1,000 vLLM replicas is this", () => {
    // 400,000 series every 15 s are 26,667 samples a second: 3 requests at a time, 6 to catch up.
    expect(remoteWriteQueue({ series: 400_000, scrapeIntervalSeconds: 15 })).toEqual({
      minShards: 3,
      maxShards: 6,
      maxSamplesPerSend: 2000,
      capacity: 10_000,
      retryOnRateLimit: true,
    });
  });

  it("keeps up with the load, catches up where it may, and asks no oftener than allowed", () => {
    const load = fc.record({
      series: fc.integer({ min: 1, max: 5_000_000 }),
      scrapeIntervalSeconds: fc.integer({ min: 5, max: 120 }),
      requestSeconds: fc.double({ min: 0.01, max: 2, noNaN: true }),
      maximumRequests: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(load, (given) => {
        const rate = given.series / given.scrapeIntervalSeconds;
        const throughput = (shards: number) => (shards * 2000) / given.requestSeconds;
        let queue;
        try {
          queue = remoteWriteQueue(given) as Record<"minShards" | "maxShards" | "capacity", number>;
        } catch {
          expect(throughput(given.maximumRequests)).toBeLessThan(rate);
          return;
        }
        expect(throughput(queue.minShards)).toBeGreaterThanOrEqual(rate * (1 - 1e-9));
        expect(queue.maxShards).toBeGreaterThanOrEqual(queue.minShards);
        expect(queue.maxShards).toBeLessThanOrEqual(given.maximumRequests);
        if (queue.maxShards < given.maximumRequests)
          expect(throughput(queue.maxShards)).toBeGreaterThanOrEqual(2 * rate * (1 - 1e-9));
        expect(queuedSamples(queue)).toBe(queue.maxShards * 10_000);
      }),
    );
  });

  it("says what to do when the receiver may not be asked often enough", () => {
    const load = { series: 10_000_000, scrapeIntervalSeconds: 15, maximumRequests: 50 };
    expect(() => remoteWriteQueue(load)).toThrow(
      "maximumRequests: got 50; expected at least 67 for 666667 samples a second",
    );
  });
});

describe("Mimir", () => {
  const load = { series: 1000, scrapeIntervalSeconds: 15 };

  it("is told the tenant", () => {
    expect(mimirRemoteWrite("https://mimir.example.com/api/v1/push", "vllm", load)).toMatchObject({
      headers: { "X-Scope-OrgID": "vllm" },
      queue: { minShards: 1, maxShards: 1 },
    });
  });

  it.each(["", "a b", "a/b", "x".repeat(151)])("refuses the tenant %j", (tenant) => {
    expect(() => mimirRemoteWrite("https://mimir.example.com", tenant, load)).toThrow("tenant: got");
  });
});
