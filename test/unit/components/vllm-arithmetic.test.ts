import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  computePlan,
  drainSum,
  EXIT_SECONDS,
  STARTUP_PERIOD_SECONDS,
  startupThreshold,
} from "../../../components/vllm/plan.ts";
import { loadSecondsFor } from "../../../components/vllm/load-time.ts";
import { labelValue } from "../../../components/vllm/identity.ts";
import { RULES, type CheckedArgs } from "../../../components/vllm/rules.ts";
import { parseDuration, parseQuantity } from "../../../components/support/quantity.ts";
import { findings } from "../../../components/support/validation.ts";
import { MINIMAL } from "./vllm-args.ts";

const size = fc.integer({ min: 1, max: 16 });
const seconds = fc.integer({ min: 0, max: 7200 });

/** Paths that the rules object to. */
function refused(args: object): string[] {
  return findings({ componentName: "chat", ...MINIMAL, ...args } as CheckedArgs, RULES).map(
    ({ path }) => path,
  );
}

describe("GPU arithmetic", () => {
  it("gives a replica the product of its parallel sizes, and accepts exactly that count", () => {
    fc.assert(
      fc.property(size, size, size, fc.integer({ min: 1, max: 5000 }), (tensor, pipeline, data, other) => {
        const parallelism = { tensor, pipeline, data };
        const { gpusPerReplica } = computePlan({ parallelism });
        expect(gpusPerReplica).toBe(tensor * pipeline * data);
        expect(refused({ parallelism, gpu: { count: gpusPerReplica } })).toEqual([]);
        expect(refused({ parallelism, gpu: { count: other } })).toEqual(
          other === gpusPerReplica ? [] : ["gpu.count"],
        );
      }),
    );
  });

  it("has the metrics volume exactly when there are several processes or it is asked for", () => {
    fc.assert(
      fc.property(size, size, size, fc.boolean(), (tensor, data, apiServerCount, always) => {
        const plan = computePlan({
          parallelism: { tensor, data },
          apiServerCount,
          multiprocessMetrics: { always },
        });
        expect(plan.multiprocessVolume !== undefined).toBe(data > 1 || apiServerCount > 1 || always);
      }),
    );
  });
});

describe("drain arithmetic", () => {
  it("gives the kubelet's patience to wait, finish and exit, and accepts no less", () => {
    fc.assert(
      fc.property(
        seconds,
        seconds,
        fc.integer({ min: 1, max: 20_000 }),
        (preStopSeconds, shutdownSeconds, grace) => {
          const drain = { preStopSeconds, shutdownSeconds };
          const plan = computePlan({ drain });
          const left = plan.terminationGracePeriodSeconds - plan.preStopSeconds - plan.shutdownSeconds;
          expect(left).toBe(EXIT_SECONDS);
          const isEnough = grace >= drainSum(preStopSeconds, shutdownSeconds);
          const verdict = refused({ drain: { ...drain, terminationGracePeriodSeconds: grace } });
          expect(verdict).toEqual(isEnough ? [] : ["drain.terminationGracePeriodSeconds"]);
          if (isEnough) {
            const given = computePlan({ drain: { ...drain, terminationGracePeriodSeconds: grace } });
            expect(given.terminationGracePeriodSeconds).toBe(grace);
          }
        },
      ),
    );
  });
});

describe("start-up arithmetic", () => {
  it("allows twice the expected time, at least five minutes, and no rollout gives up before", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 14_400 }),
        fc.integer({ min: 0, max: 64 }),
        (expected, replicas) => {
          const budget = startupThreshold(expected) * STARTUP_PERIOD_SECONDS;
          expect(budget).toBeGreaterThanOrEqual(Math.max(300, 2 * expected));
          expect(budget).toBeLessThan(Math.max(300, 2 * expected) + STARTUP_PERIOD_SECONDS);
          const plan = computePlan({ startup: { expectedLoadSeconds: expected }, replicas });
          expect(plan.progressDeadlineSeconds).toBeGreaterThan(budget);
          expect(plan.rolloutTimeoutSeconds).toBe(plan.progressDeadlineSeconds * Math.max(1, replicas));
        },
      ),
    );
  });
});

describe("memory arithmetic", () => {
  it("refuses a limit of which more than three quarters lie in shared memory", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 512 }), fc.integer({ min: 1, max: 512 }), (limit, shared) => {
        const resources = { memoryLimit: `${String(limit)}Gi`, sharedMemory: `${String(shared)}Gi` };
        expect(refused({ resources })).toEqual(shared > limit * 0.75 ? ["resources.memoryLimit"] : []);
      }),
    );
  });
});

describe("quantities and durations", () => {
  it("are read as Kubernetes and Prometheus read them", () => {
    const unit = fc.constantFrom(...Object.entries({ "": 1, m: 1e-3, k: 1e3, Mi: 2 ** 20, Gi: 2 ** 30 }));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), unit, (number, [suffix, scale]) => {
        expect(parseQuantity(`${String(number)}${suffix}`)).toBe(number * scale);
      }),
    );
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), fc.nat(999), (minutes, whole, milli) => {
        const text = `${String(minutes)}m${String(whole)}s${String(milli)}ms`;
        expect(parseDuration(text)).toBeCloseTo(minutes * 60 + whole + milli / 1000, 6);
      }),
    );
    expect(parseQuantity("1.5Gi")).toBe(1.5 * 2 ** 30);
    expect(parseDuration("1h30m")).toBe(5400);
  });

  it.each(["", "Gi", "-1Gi", "1gb", "1 Gi", "1e3x", "Infinity"])("%j is no quantity", (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  it.each(["", "15", "s", "1.5s", "30s1m", "1m1m", "-5s", "5 s"])("%j is no duration", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("label values", () => {
  it("are valid whatever the text", () => {
    fc.assert(
      // Any UTF-16, half characters included. The unit "binary" would say nearly the same and take a second to set up.
      fc.property(
        fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 200 }),
        (text) => {
          expect(labelValue(text)).toMatch(/^(|[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)$/);
        },
      ),
    );
    expect(labelValue("meta-llama/Llama-3.1-8B")).toBe("meta-llama-Llama-3.1-8B");
  });
});

describe("the time that a model takes to load", () => {
  it("follows from its weights, and decides how long the start-up probe waits", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 2000, noNaN: true }),
        fc.double({ min: 0.2, max: 50, noNaN: true }),
        (gib, more) => {
          expect(loadSecondsFor(gib + more)).toBeGreaterThan(loadSecondsFor(gib));
          const { startupFailureThreshold } = computePlan({ startup: { weightsGiB: gib } });
          expect(startupFailureThreshold * 10).toBeGreaterThanOrEqual(2 * loadSecondsFor(gib));
          expect(startupFailureThreshold * 10).toBeLessThan(Math.max(300, 2 * loadSecondsFor(gib)) + 10);
        },
      ),
    );
  });

  it("of 70 billion parameters in 16 bit from a slow hub is 26 minutes", () => {
    expect(Math.round(loadSecondsFor(131.9) / 60)).toBe(26);
  });

  it("is told or computed, not both, and of something", () => {
    expect(refused({ startup: { weightsGiB: 15 } })).toEqual([]);
    expect(refused({ startup: { weightsGiB: 0 } })).toEqual(["startup.weightsGiB"]);
    expect(refused({ startup: { weightsGiB: 15, expectedLoadSeconds: 60 } })).toEqual(["startup.weightsGiB"]);
  });
});
