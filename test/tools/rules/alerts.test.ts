import { describe, expect, it } from "vitest";

import { ruleSets } from "../../../alerts/index.ts";
import { testAlert } from "../../support/promtool.ts";
import { alertOf, merged, mutationsOf, only, withExpression } from "../../support/rule-cases.ts";
import { autoscalingCases } from "./cases/autoscaling.ts";
import { engineCases } from "./cases/engine.ts";
import { gatewayCases } from "./cases/gateway.ts";
import { gpuCases } from "./cases/gpu.ts";
import { pipelineCases } from "./cases/pipeline.ts";
import { rayCases } from "./cases/ray.ts";
import { storageCases } from "./cases/storage.ts";

const cases = merged([
  ...engineCases,
  ...gpuCases,
  ...gatewayCases,
  ...rayCases,
  ...autoscalingCases,
  ...pipelineCases,
  ...storageCases,
]);

it("every shipped alert has cases", () => {
  const alerts = ruleSets.flatMap(({ groups }) => groups).flatMap(({ alerts = [] }) => alerts);
  const tested = [...cases.map(({ alert }) => alert), "HighWaitingRequests", "Watchdog"];
  expect(alerts.map(({ alert }) => alert).sort()).toEqual(tested.sort());
});

describe.each(cases)("$alert", ({ alert, tests }) => {
  const rules = only(ruleSets, alert);

  it("fires, stays silent just under its thresholds, and resolves", () => {
    const { code, output } = testAlert(rules, alert, tests);
    expect(code, output).toBe(0);
  });

  it.each(mutationsOf(alertOf(ruleSets, alert).expr))("would not pass with $name", ({ expr }) => {
    expect(testAlert(withExpression(rules, alert, expr), alert, tests).code).not.toBe(0);
  });
});
