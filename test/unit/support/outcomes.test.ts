import { describe, expect, it } from "vitest";

import { outcomes, summed, summedAgain } from "../../support/outcomes.ts";

const test = (fullName: string, status: string, message?: string) => ({
  fullName,
  status,
  failureMessages: message === undefined ? [] : [message],
});
const file = (name: string, status: string, ...assertionResults: ReturnType<typeof test>[]) => ({
  name: `/p/${name}`,
  status,
  message: "",
  assertionResults,
});
const report = (...testResults: ReturnType<typeof file>[]): string => JSON.stringify({ testResults });

const good = file("good.test.ts", "passed", test("adds", "passed"), test("later", "pending"));
const bad = file(
  "bad.test.ts",
  "failed",
  test("x", "passed"),
  test("y", "failed", "Error: 1 is not 2\n  at"),
);

describe("the outcome of a run", () => {
  it("counts what passed and names what failed, with its file and the first line of why", () => {
    expect(summed(outcomes(report(good, bad), 1, "/p"))).toEqual({
      passed: 2,
      failed: ["bad.test.ts: y: Error: 1 is not 2"],
      unsteady: [],
    });
  });

  it("fails for a file that could not be loaded, though no test of it failed", () => {
    const broken = { ...file("broken.test.ts", "failed"), message: "SyntaxError: here\n  at" };
    expect(summed(outcomes(report(good, broken), 1, "/p")).failed).toEqual([
      "broken.test.ts: SyntaxError: here",
    ]);
  });

  it("fails for a run that exits badly with every test passed, and for one without a report", () => {
    expect(summed(outcomes(report(good), 1, "/p"))).toMatchObject({
      passed: 1,
      failed: [expect.stringContaining("exit code 1")],
    });
    expect(summed(outcomes(undefined, 137, "/p"))).toMatchObject({
      passed: 0,
      failed: [expect.stringContaining("137")],
    });
    expect(summed(outcomes(report(good), 0, "/p")).failed).toEqual([]);
  });
});

describe("the outcome of failed files that are run again", () => {
  const first = outcomes(report(good, bad), 1, "/p");

  it("is that of the second run, and what passed only then is named", () => {
    const fixed = file("bad.test.ts", "passed", test("x", "passed"), test("y", "passed"));
    expect(summedAgain(first, outcomes(report(fixed), 0, "/p"))).toEqual({
      passed: 3,
      failed: [],
      unsteady: ["bad.test.ts: y: Error: 1 is not 2"],
    });
  });

  it("fails when they fail again", () => {
    expect(summedAgain(first, outcomes(report(bad), 1, "/p"))).toEqual({
      passed: 2,
      failed: ["bad.test.ts: y: Error: 1 is not 2"],
      unsteady: [],
    });
  });
});
