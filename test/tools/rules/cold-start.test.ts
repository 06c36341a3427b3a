import { describe, expect, it } from "vitest";

import { fleetRules, modelRules, type RuleSet } from "../../../alerts/index.ts";
import { testAlert, type AlertTest } from "../../support/promtool.ts";
import { alertOf, mutationsOf, only, withExpression } from "../../support/rule-cases.ts";

const model = modelRules({
  namespace: "vllm",
  modelName: "llama",
  team: "chat",
  owner: "ann",
  replicas: 1,
  loadSeconds: 60,
  objectives: { periodDays: 30 },
});
if (model === undefined) throw new Error("no rules");
const alert = "ModelColdStartSlow";
const sets: RuleSet[] = only([...fleetRules(), model], alert);

const ID = 'namespace="vllm",pod="a",model="llama",team="chat",owner="ann"';
const up = `up{${ID}}`;
const started = `process_start_time_seconds{${ID}}`;
const fired = [
  {
    labels: {
      alertname: alert,
      severity: "warning",
      component: "engine",
      namespace: "vllm",
      pod: "a",
      model: "llama",
      model_name: "llama",
      team: "chat",
      owner: "ann",
    },
  },
];

/** A start may take 60 s, twice that is too long. The first scrape is four minutes after the first sample. */
const tests: AlertTest[] = [
  {
    name: "fires for a start of three minutes, and ends",
    series: { [up]: "0x15 1x140", [started]: "_x16 60x140" },
    expect: { "3m": [], "6m": fired, "18m": fired, "20m": [], "32m": [] },
  },
  {
    name: "stays silent at two minutes",
    series: { [up]: "0x15 1x140", [started]: "_x16 120x140" },
    expect: { "6m": [], "20m": [] },
  },
  {
    name: "does not take old replicas for new ones when Prometheus begins",
    series: { [up]: "1x140", [started]: "-90000x140" },
    expect: { "1m": [], "6m": [], "20m": [] },
  },
  {
    name: "does not take a replica for a new one that was away for ten minutes",
    series: { [up]: "0x15 1x60 0x40 1x80", [started]: "_x16 180x60 _x40 180x80" },
    expect: { "6m": [], "31m": [], "40m": [] },
  },
];

describe(alert, () => {
  it("fires, stays silent just under its threshold, and resolves", () => {
    const { code, output } = testAlert(sets, alert, tests);
    expect(code, output).toBe(0);
  });

  it.each(mutationsOf(alertOf(sets, alert).expr))("would not pass with $name", ({ expr }) => {
    expect(testAlert(withExpression(sets, alert, expr), alert, tests).code).not.toBe(0);
  });
});
