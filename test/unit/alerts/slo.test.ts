import { describe, expect, it } from "vitest";

import { modelRules, ruleProblems, type Objectives, type ServedModel } from "../../../alerts/index.ts";
import { customBucketsOf, objectiveProblems } from "../../../alerts/slo/objectives.ts";
import { burnConditions, greatestBurn } from "../../../alerts/slo/windows.ts";
import { problemsOf, valuesOf, change } from "../stacks/support.ts";

const model = (objectives: Objectives, changes: Partial<ServedModel> = {}): ServedModel => ({
  namespace: "vllm",
  modelName: "llama",
  team: "chat",
  owner: "ann",
  replicas: 2,
  loadSeconds: 60,
  objectives,
  ...changes,
});

describe("burn factors", () => {
  it.each([
    [30, [14.4, 6, 3, 1]],
    [28, [13.44, 5.6, 2.8, 1]],
    [7, [3.36, 1.4, 1, 1]],
    [1, [1]],
  ])("of %i days", (days, factors) => {
    expect(burnConditions(days).map(({ factor }) => factor)).toEqual(factors);
  });

  it("a total failure burns 1 / (1 - objective) times too fast", () => {
    expect(greatestBurn(99)).toBe(100);
    expect(greatestBurn(90)).toBe(10);
  });
});

describe("objectives", () => {
  it("whose alert can never fire are refused with the nearest that can", () => {
    const [problem] = objectiveProblems({ periodDays: 30, availability: { objectivePercent: 90 } });
    expect(problem?.expected).toContain("14.4");
    expect(problem?.remedy).toBe("raise it to at least 93.06, or set periodDays to at most 20");
    expect(objectiveProblems({ periodDays: 30, availability: { objectivePercent: 93.06 } })).toEqual([]);
    expect(objectiveProblems({ periodDays: 30, availability: { objectivePercent: 93.05 } })).toHaveLength(1);
    expect(objectiveProblems({ periodDays: 20, availability: { objectivePercent: 90 } })).toEqual([]);
    expect(objectiveProblems({ periodDays: 21, availability: { objectivePercent: 90 } })).toHaveLength(1);
  });

  const slow = (thresholdSeconds: number): Objectives => ({
    periodDays: 30,
    timeToFirstToken: { objectivePercent: 99, thresholdSeconds },
  });

  it("whose threshold is no bound are refused with the nearest", () => {
    expect(objectiveProblems(slow(2))[0]?.remedy).toBe("use 1 or 2.5");
    expect(objectiveProblems(slow(5000))[0]?.remedy).toBe("use 2560");
    expect(objectiveProblems(slow(2.5))).toEqual([]);
    expect(() => modelRules(model(slow(2)))).toThrow(
      /llama: timeToFirstToken\.thresholdSeconds is 2.*use 1 or 2\.5/s,
    );
  });

  it("are measured by the model's own buckets", () => {
    const custom = customBucketsOf(['--custom-histogram-buckets={"time_to_first_token":[2,4]}']);
    expect(objectiveProblems(slow(2), custom)).toEqual([]);
    expect(objectiveProblems(slow(2.5), custom)[0]?.remedy).toBe("use 2 or 4");
    expect(customBucketsOf(["--custom-histogram-buckets=broken"])).toEqual({});
  });

  it("are checked in the configuration, with path and remedy", () => {
    const values = change(valuesOf("local"), "fleet.models[0].slos.timeToFirstToken.thresholdSeconds", 2);
    change(values, "fleet.models[0].slos.availability.objectivePercent", 90);
    const found = problemsOf(values).map(({ path, got, remedy }) => [path, got, remedy]);
    expect(found).toEqual([
      [
        "fleet.models[0].slos.availability.objectivePercent",
        "90",
        "raise it to at least 93.06, or set periodDays to at most 20",
      ],
      ["fleet.models[0].slos.timeToFirstToken.thresholdSeconds", "2", "use 1 or 2.5"],
    ]);
  });
});

describe("rules of a model", () => {
  const all = model({
    periodDays: 30,
    availability: { objectivePercent: 99.5 },
    timeToFirstToken: { objectivePercent: 95, thresholdSeconds: 1 },
    interTokenLatency: { objectivePercent: 99, thresholdSeconds: 0.1 },
    endToEndLatency: { objectivePercent: 95, thresholdSeconds: 30 },
    queueTime: { objectivePercent: 95, thresholdSeconds: 5 },
  });

  it("are right as far as can be said without Prometheus", () => {
    const set = modelRules(all);
    expect(set === undefined ? undefined : ruleProblems([set])).toEqual([]);
    expect(set?.groups).toHaveLength(11);
  });

  it("are none without replicas and objectives", () => {
    expect(modelRules(model({ periodDays: 30 }, { replicas: 0 }))).toBeUndefined();
  });

  it("match a whole bound in both spellings", () => {
    expect(JSON.stringify(modelRules(all))).toMatch(/le=~.*1\(.*\.0\)\?/);
  });
});
