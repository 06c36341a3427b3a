import { describe, expect, it } from "vitest";

import { modelRules, type RuleSet } from "../../../alerts/index.ts";
import { checkRules, testAlert, type AlertTest } from "../../support/promtool.ts";
import { mutationsOf } from "../../support/rule-cases.ts";

const rules = modelRules({
  namespace: "vllm",
  modelName: "llama",
  team: "chat",
  owner: "ann",
  replicas: 2,
  loadSeconds: 60,
  objectives: { periodDays: 30, timeToFirstToken: { objectivePercent: 99, thresholdSeconds: 1 } },
});
if (rules === undefined) throw new Error("no rules");
const sets: RuleSet[] = [rules];

const ID = 'namespace="vllm",pod="a",model_name="llama",engine="0"';
const count = `vllm:time_to_first_token_seconds_count{${ID}}`;
const good = (le: string) => `vllm:time_to_first_token_seconds_bucket{${ID},le="${le}"}`;
const common = { component: "slo", team: "chat", owner: "ann", namespace: "vllm", model_name: "llama" };
const slo = "time-to-first-token";
const burn = (burn_window: string, severity: string) => ({
  labels: { alertname: "SloErrorBudgetBurn", severity, burn_window, slo, ...common },
});
const pages = [burn("1h", "critical"), burn("6h", "critical")];
const tickets = [burn("1d", "warning"), burn("3d", "warning")];

/** 100 events a step of 15 s; for the first hour as many good ones as said, then all. */
const burning = (goodEach: number, le = "1.0") => ({
  [count]: "0+100x600",
  [good(le)]: `0+${String(goodEach)}x240 ${String(goodEach * 240)}+100x360`,
});

const tests: AlertTest[] = [
  {
    name: "fires at once in all windows when a fifth is slow, and pages end when it ends",
    series: burning(80),
    expect: { "50m": [...pages, ...tickets], "68m": [pages[1] ?? tickets, ...tickets].flat() },
  },
  {
    name: "fires with the spelling of Go",
    series: burning(80, "1"),
    expect: { "50m": [...pages, ...tickets] },
  },
  {
    name: "stays silent with a single bad event an hour",
    series: { [count]: "0x100 1x300", [good("1.0")]: "0x400" },
    expect: { "30m": [], "60m": [] },
  },
  {
    name: "stays silent at half of the budget's pace",
    series: { [count]: "0+1000x200", [good("1.0")]: "0+995x200" },
    expect: { "45m": [] },
  },
  {
    name: "only tickets for a slow burn",
    series: { [count]: "0+1000x200", [good("1.0")]: "0+955x200" },
    expect: { "45m": tickets },
  },
  {
    name: "just under the first page",
    series: { [count]: "0+1000x200", [good("1.0")]: "0+857x200" },
    expect: { "45m": [pages[1] ?? [], ...tickets].flat() },
  },
];

describe("objectives", () => {
  it("pass promtool with every lint", () => {
    const { code, output } = checkRules(sets);
    expect(code, output).toBe(0);
  });

  it("burn: fires, stays silent just under, resolves", () => {
    const { code, output } = testAlert(sets, "SloErrorBudgetBurn", tests);
    expect(code, output).toBe(0);
  });

  const page = rules.groups
    .flatMap(({ alerts = [] }) => alerts)
    .find(({ labels }) => labels?.["burn_window"] === "1h");
  it.each(mutationsOf(page?.expr ?? ""))("would not pass with $name", ({ expr }) => {
    const changed = structuredClone(sets);
    for (const rule of changed.flatMap(({ groups }) => groups).flatMap(({ alerts = [] }) => alerts))
      if (rule.labels?.["burn_window"] === "1h") rule.expr = expr;
    expect(testAlert(changed, "SloErrorBudgetBurn", tests).code).not.toBe(0);
  });

  it("absent: fires without the signal, resolves with it, also without traffic", () => {
    const labels = { alertname: "SloSignalAbsent", severity: "warning", slo, ...common };
    const { code, output } = testAlert(sets, "SloSignalAbsent", [
      {
        name: "absent",
        series: { [count]: "_x100 0x100", [good("1.0")]: "_x100 0x100" },
        expect: { "15m": [], "20m": [{ labels }], "30m": [] },
      },
    ]);
    expect(code, output).toBe(0);
  });
});

describe("replicas", () => {
  const up = (pod: string) => `up{namespace="vllm",model="llama",pod="${pod}"}`;
  const labels = {
    component: "engine",
    namespace: "vllm",
    model: "llama",
    model_name: "llama",
    team: "chat",
    owner: "ann",
  };
  // Nothing is left of a series that is not there but what the rule adds.
  const absentLabels = Object.fromEntries(Object.entries(labels).filter(([name]) => name !== "model"));
  const cases: [string, AlertTest[]][] = [
    [
      "ModelDown",
      [
        {
          name: "none is up",
          series: { [up("a")]: "0x60 1x60" },
          expect: {
            "5m": [],
            "8m": [
              {
                labels: { alertname: "ModelDown", severity: "critical", ...absentLabels },
              },
            ],
            "20m": [],
          },
        },
      ],
    ],
    [
      "ModelReplicasMissing",
      [
        {
          name: "one of two is up",
          series: { [up("a")]: "1x120", [up("b")]: "0x60 1x60" },
          expect: {
            "10m": [],
            "13m": [{ labels: { alertname: "ModelReplicasMissing", severity: "warning", ...labels } }],
            "20m": [],
          },
        },
      ],
    ],
  ];
  it.each(cases)("%s fires and resolves", (alert, series) => {
    const { code, output } = testAlert(sets, alert, series);
    expect(code, output).toBe(0);
  });
});
