import { describe, expect, it } from "vitest";

import { kubernetesRules } from "../../../alerts/index.ts";
import { checkRules, testAlert } from "../../support/promtool.ts";
import { alertOf, mutationsOf, only, withExpression } from "../../support/rule-cases.ts";
import { kubernetesCases } from "./cases/kubernetes.ts";

const rules = kubernetesRules({ stateMetrics: true, nodeExporter: true, kubelet: true });
if (rules === undefined) throw new Error("no rules");
const sets = [rules];

it("every alert on the cluster has cases", () => {
  const alerts = rules.groups.flatMap((group) => group.alerts ?? []).map(({ alert }) => alert);
  expect(kubernetesCases.map(({ alert }) => alert).sort()).toEqual(alerts.sort());
});

it("promtool finds nothing in them, with every lint", () => {
  const { code, output } = checkRules(sets);
  expect(code, output).toBe(0);
});

describe.each(kubernetesCases)("$alert", ({ alert, tests }) => {
  it("fires, stays silent just under its thresholds, and resolves", () => {
    const { code, output } = testAlert(only(sets, alert), alert, tests);
    expect(code, output).toBe(0);
  });

  it.each(mutationsOf(alertOf(sets, alert).expr))("would not pass with $name", ({ expr }) => {
    expect(testAlert(withExpression(only(sets, alert), alert, expr), alert, tests).code).not.toBe(0);
  });
});
