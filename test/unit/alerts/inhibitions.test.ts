import { describe, expect, it } from "vitest";

import { inhibitions, modelRules, ruleSets, type AlertRuleArgs } from "../../../alerts/index.ts";
import { resultLabels } from "../../../review/semantic/promql.ts";

const model = modelRules({
  namespace: "vllm",
  modelName: "llama",
  team: "chat",
  owner: "chat@example.com",
  replicas: 2,
  loadSeconds: 60,
  objectives: { periodDays: 30, availability: { objectivePercent: 99.9 } },
});
const alerts = [...ruleSets, ...(model === undefined ? [] : [model])].flatMap(({ groups }) =>
  groups.flatMap((group): AlertRuleArgs[] => group.alerts ?? []),
);
const named = (name: string) => alerts.filter(({ alert }) => alert === name);
const severities = ["none", "info", "warning", "critical"];

/** Whether every series of an alert has a label: from its rule, from its expression, or from Prometheus. */
function carries({ labels, expr }: AlertRuleArgs, label: string): boolean {
  return (
    label === "cluster" || labels?.[label] !== undefined || resultLabels(expr)?.includes(label) !== false
  );
}

describe.each(inhibitions)("$cause mutes $symptoms", ({ cause, symptoms, equal }) => {
  it("names alerts that there are", () => {
    for (const name of [...cause, ...symptoms]) expect(named(name).length, name).toBeGreaterThan(0);
  });

  it("compares labels that the causes have, or it would never mute", () => {
    for (const alert of cause.flatMap(named)) {
      for (const label of equal) expect(carries(alert, label), `${alert.alert} ${label}`).toBe(true);
    }
  });

  it("has no cause that is less severe than what it mutes", () => {
    const levels = (names: readonly string[]) =>
      names.flatMap(named).map(({ severity }) => severities.indexOf(severity));
    expect(Math.min(...levels(cause))).toBeGreaterThanOrEqual(Math.max(...levels(symptoms)));
  });
});

it("mutes nothing that mutes something itself", () => {
  const causes = inhibitions.flatMap(({ cause }) => cause);
  expect(inhibitions.flatMap(({ symptoms }) => symptoms).filter((name) => causes.includes(name))).toEqual([]);
});
