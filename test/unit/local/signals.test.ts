import { readFileSync } from "node:fs";
import * as path from "node:path";

import { describe, expect, it } from "vitest";

import { ruleSets } from "../../../alerts/index.ts";
import { repositoryRoot } from "../../../local/toolchain/tools.ts";
import { absencesOf, notYetRecorded } from "../../../local/signals/absences.ts";
import { selectorsOf, signalsOf, type Absence, type LoadedRule } from "../../../local/signals/report.ts";
import { signalMarkdown, signalTable } from "../../../local/signals/table.ts";
import { configurationOfFile } from "../../../stacks/config/sources.ts";
import { parseConfiguration } from "../../../stacks/config/parse.ts";
import type { Settings } from "../../../stacks/config/settings.ts";

const recording = (name: string, query: string): LoadedRule => ({
  name,
  query,
  type: "recording",
  labels: {},
});
const alert = (name: string, query: string): LoadedRule => ({ name, query, type: "alerting", labels: {} });

const settings = (environment: string) =>
  parseConfiguration(
    configurationOfFile(path.join(repositoryRoot, "stacks", `Pulumi.${environment}.yaml`), environment),
    environment,
    { requireSecrets: false },
  ).settings;

/** A Prometheus that has these series, each as its selector is written. */
async function judged(rules: LoadedRule[], present: string[], absences: Absence[] = []) {
  const asked: string[] = [];
  const signals = await signalsOf(
    rules,
    (expression) => {
      asked.push(expression);
      return Promise.resolve(present.includes(expression) ? 2 : 0);
    },
    absences,
  );
  return { asked, states: signals.map(({ rule, state, reason }) => [rule.name, state, reason]) };
}

describe("the selectors of an expression", () => {
  it("are all that it reads, without ranges and offsets, each once", () => {
    expect(
      selectorsOf('sum(rate(a{x="[1]"}[5m] offset 1h)) / on() b > (b or {__name__="c"}) unless absent(d)'),
    ).toEqual(['a{x="[1]"}', "b", '{__name__="c"}', "d"]);
  });
  it("are those of every rule of the project", () => {
    const rules = ruleSets
      .flatMap(({ groups }) => groups)
      .flatMap(({ recordings = [], alerts = [] }) => [...recordings, ...alerts]);
    for (const { expr } of rules) expect(selectorsOf(expr).length > 0 || expr === "vector(1)").toBe(true);
  });
  it("are none of what is no PromQL", () => {
    expect(() => selectorsOf("sum(")).toThrow("no PromQL: sum(");
  });
});

describe("a rule", () => {
  it("has data, or is empty without a reason", async () => {
    const rules = [recording("r:a", "sum(a)"), recording("r:b", "sum(b)")];
    const { states } = await judged(rules, ["sum(a)", "a", "b"]);
    expect(states).toEqual([
      ["r:a", "data", ""],
      ["r:b", "empty", ""],
    ]);
  });
  it("is silent when an alert's inputs are there and its condition does not hold", async () => {
    const rules = [alert("Quiet", "a > 1"), alert("Blind", "a > 1 and b{x='1'}"), alert("Loud", "a > 0")];
    const { states } = await judged(rules, ["a", "a > 0"]);
    expect(states).toEqual([
      ["Quiet", "silent", ""],
      ["Blind", "empty", "there is no b{x='1'}"],
      ["Loud", "data", ""],
    ]);
  });
  it("is off for the reason of what it reads, through the series that rules record", async () => {
    const rules = [
      recording("r:gpu", "sum(DCGM_X)"),
      recording("r:twice", "max(r:gpu) / a"),
      alert("Hot", "r:twice > 3"),
      alert("Both", "a > 3 and r:twice > 3"),
    ];
    const { states } = await judged(rules, ["a"], [{ selector: /^DCGM_/, reason: "no GPUs" }]);
    expect(states).toEqual([
      ["r:gpu", "off", "no GPUs"],
      ["r:twice", "off", "no GPUs"],
      ["Hot", "off", "no GPUs"],
      ["Both", "off", "no GPUs"],
    ]);
  });
  it("is empty when what it reads is missing for a reason and something else without one", async () => {
    const { states } = await judged(
      [
        alert("Typo", "DCGM_X > 1 and typo > 1"),
        alert("Chain", "r:lost > 1"),
        recording("r:lost", "sum(typo)"),
      ],
      [],
      [{ selector: /^DCGM_/, reason: "no GPUs" }],
    );
    expect(states.map(([, state]) => state)).toEqual(["empty", "empty", "empty"]);
  });
  it("asks for each expression once", async () => {
    const { asked } = await judged([alert("A", "a > 1"), alert("B", "a > 2")], ["a"]);
    expect(asked.sort()).toEqual(["a", "a > 1", "a > 2"]);
  });
});

describe("the absences of an environment", () => {
  const reasonFor = (environment: string, selector: string, age = 3600) =>
    absencesOf(settings(environment), age).find((one) => one.selector.test(selector))?.reason;

  it("follow its configuration", () => {
    expect(reasonFor("local", "litellm_deployment_state")).toBe("there is no gateway");
    expect(reasonFor("prod", "litellm_deployment_state")).toBeUndefined();
    const bare = { ...settings("local"), nodeGroups: [] };
    const withoutGpus = absencesOf(bare, 3600).find(({ selector }) =>
      selector.test('up{job="dcgm-exporter"}'),
    );
    expect(withoutGpus?.reason).toBe("there is no DCGM exporter");
    expect(reasonFor("local", "DCGM_FI_DEV_GPU_UTIL")).toBeUndefined();
    expect(reasonFor("prod", "DCGM_FI_DEV_GPU_UTIL")).toBeUndefined();
    const forgetful: Settings = { ...settings("local"), objectStore: { kind: "none" } };
    const withoutStore = absencesOf(forgetful, 3600).find(({ selector }) =>
      selector.test("thanos_compact_halted"),
    );
    expect(withoutStore?.reason).toBe("objectStore is none");
    expect(reasonFor("local", "thanos_compact_halted")).toBeUndefined();
    expect(reasonFor("prod", "thanos_compact_halted")).toBeUndefined();
  });
  it("never explain a signal of an engine", () => {
    for (const selector of ["vllm:num_requests_running", "model:vllm_running:sum", "up", "slo:errors:rate5m"])
      expect(reasonFor("local", selector, 0)).toBeUndefined();
  });
  it("give loads over days some minutes, and no more", () => {
    expect(reasonFor("local", 'slo:errors:rate3d{slo="x"}', 60)).toMatch(/younger/);
    expect(reasonFor("local", 'slo:errors:rate3d{slo="x"}', 700)).toBeUndefined();
  });
});

describe("series of a group that is evaluated seldom", () => {
  const rules: LoadedRule[] = [
    { ...recording("m:a:max", "a"), interval: 300 },
    { ...recording("m:b:max", "b"), interval: 60 },
    { ...alert("A", "a > 1"), interval: 300 },
  ];
  const reasonFor = (selector: string, age: number) =>
    notYetRecorded(rules, age).find((one) => one.selector.test(selector))?.reason;

  it("may not be there yet, for its interval and a minute", () => {
    expect(reasonFor('m:a:max{x="1"}', 359)).toBe("recorded every 300 s, and Prometheus is younger");
    expect(reasonFor("m:a:max", 359)).toBeDefined();
    expect(reasonFor("m:a:max", 360)).toBeUndefined();
  });
  it("are no others", () => {
    for (const selector of ["m:a:max:more", "m:a:max2", "m:b:max", "A"])
      expect(reasonFor(selector, 1)).toBeUndefined();
  });
});

describe("the report", () => {
  it("counts, names what gives nothing once, and lists every expression", async () => {
    const signals = await signalsOf(
      [recording("r:a", "sum(a | b)".replace(" | b", "")), alert("X", "b > 1"), alert("X", "b > 1")],
      (expression) => Promise.resolve(expression === "sum(a)" ? 3 : 0),
      [{ selector: /^b$/, reason: "no b" }],
    );
    const text = signalTable(signals);
    expect(text).toMatch(/recording +1 +0 +0 +0/);
    expect(text).toMatch(/alerting +0 +0 +2 +0/);
    expect(text.match(/no b/g)).toHaveLength(1);
    expect(signalMarkdown(signals)).toContain("| r:a | data | 3 |  | `sum(a)` |");
  });
  it("is one of the commands", () => {
    expect(readFileSync(path.join(repositoryRoot, "Makefile"), "utf8")).toContain("local/signals/main.ts");
  });
});
