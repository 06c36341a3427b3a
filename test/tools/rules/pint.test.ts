import { fileURLToPath } from "node:url";

import { expect, it } from "vitest";

import { fleetRules, kubernetesRules, modelRules, type RuleSet } from "../../../alerts/index.ts";
import { pintRules } from "../../support/promtool.ts";

const model = modelRules({
  namespace: "vllm",
  modelName: "llama",
  team: "chat",
  owner: "ann",
  replicas: 2,
  loadSeconds: 60,
  objectives: {
    periodDays: 30,
    availability: { objectivePercent: 99 },
    timeToFirstToken: { objectivePercent: 99, thresholdSeconds: 1 },
  },
});
const cluster = kubernetesRules({ stateMetrics: true, nodeExporter: true, kubelet: true });
const sets: RuleSet[] = [...fleetRules({ prices: { h100: 8 } }), model, cluster].filter(
  (set) => set !== undefined,
);
const config = fileURLToPath(new URL("../../support/pint.hcl", import.meta.url));

it("pint finds nothing in any rule", () => {
  expect(sets).toContain(model);
  expect(sets).toContain(cluster);
  const { code, output } = pintRules(sets, config);
  expect(output).toContain("Checking Prometheus rules");
  expect(code, output).toBe(0);
});

it("pint would find a template on a label that the expression drops", () => {
  const wrong = structuredClone(sets);
  const alert = wrong.flatMap(({ groups }) => groups).flatMap(({ alerts = [] }) => alerts)[0];
  if (alert === undefined) throw new Error("no alert");
  alert.expr = "sum(up) > 1";
  expect(pintRules(wrong, config).output).toContain("alerts/template");
});
