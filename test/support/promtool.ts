/** promtool on rules that the project renders: checks and unit tests of rules. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { stringify } from "yaml";

import { ruleGroups, type RuleSet } from "../../alerts/index.ts";
import { toolPath } from "../../local/toolchain/tools.ts";

/** Series of a test: PromQL selector and values in promtool's notation ("0+10x5", "_x3", "stale"). */
export type InputSeries = Record<string, string>;

/** Alert that must be there. */
export interface ExpectedAlert {
  labels: Record<string, string>;
  /** Checked only if given. */
  annotations?: Record<string, string>;
}

/** One test of one alert. */
export interface AlertTest {
  name: string;
  /** Default: 15s. */
  interval?: string;
  series: InputSeries;
  /** Time after the first sample, for example "2m", and the alerts that must then fire; [] for none. */
  expect: Record<string, ExpectedAlert[]>;
}

export const RUNBOOKS = "https://runbooks.example.com";
export const GRAFANA = "https://grafana.example.com";

/** Exit code and everything printed. */
export interface ToolResult {
  code: number | null;
  output: string;
}

/** `promtool check rules` with every lint. */
export function checkRules(ruleSets: RuleSet[]): ToolResult {
  return inFolder((folder) => {
    const files = writeRules(folder, ruleSets);
    return promtool(["check", "rules", "--lint=all", "--lint-fatal", ...files]);
  });
}

/** `pint lint` without a Prometheus; warnings count. */
export function pintRules(ruleSets: RuleSet[], config: string): ToolResult {
  return inFolder((folder) => {
    const files = writeRules(folder, ruleSets);
    const args = ["--offline", "--no-color", "--config", config, "lint", "--fail-on=warning", ...files];
    const { status, stdout, stderr } = spawnSync(toolPath("pint"), args, { encoding: "utf8" });
    return { code: status, output: stdout + stderr };
  });
}

/**
 * `promtool test rules` for the tests of one alert. promtool always compares annotations, so the tests that name none
 * run on the rules without theirs.
 */
export function testAlert(ruleSets: RuleSet[], alertname: string, tests: AlertTest[]): ToolResult {
  const results = [true, false].map((isAnnotated) => {
    const chosen = tests.filter((test) => namesAnnotations(test) === isAnnotated);
    return chosen.length === 0 ? { code: 0, output: "" } : run(ruleSets, alertname, chosen, isAnnotated);
  });
  return {
    code: results.find(({ code }) => code !== 0)?.code ?? 0,
    output: results.map(({ output }) => output).join(""),
  };
}

/**
 * Checks what rules record: for each name the labels (`{a="b"}`) and values that must be there after a time, and no others.
 */
export function testRecordings(
  ruleSets: RuleSet[],
  series: InputSeries,
  expected: Record<string, [labels: string, value: number][]>,
  at: string,
): ToolResult {
  const recordings = ruleSets.flatMap(({ groups }) => groups).flatMap((group) => group.recordings ?? []);
  // One after another: groups run side by side, so that what reads another's series may or may not be a step behind.
  const together: RuleSet = { name: "together", groups: [{ name: "together", recordings }] };
  return inFolder((folder) => {
    const file = path.join(folder, "test.yaml");
    const content = {
      rule_files: writeRules(folder, [together], false),
      evaluation_interval: "15s",
      // Rates are extrapolated: the last bits of a value are not what is tested.
      fuzzy_compare: true,
      tests: [
        {
          interval: "15s",
          input_series: Object.entries(series).map(([selector, values]) => ({ series: selector, values })),
          promql_expr_test: Object.entries(expected).map(([record, samples]) => ({
            expr: record,
            eval_time: at,
            exp_samples: samples.map(([labels, value]) => ({ labels: `${record}${labels}`, value })),
          })),
        },
      ],
    };
    writeFileSync(file, stringify(content));
    return promtool(["test", "rules", file]);
  });
}

function namesAnnotations(test: AlertTest): boolean {
  return Object.values(test.expect).some((alerts) =>
    alerts.some(({ annotations }) => annotations !== undefined),
  );
}

function run(ruleSets: RuleSet[], alertname: string, tests: AlertTest[], isAnnotated: boolean): ToolResult {
  return inFolder((folder) => {
    const file = path.join(folder, "test.yaml");
    const content = {
      rule_files: writeRules(folder, ruleSets, isAnnotated),
      evaluation_interval: "15s",
      tests: tests.map(({ name, interval = "15s", series, expect }) => ({
        name,
        interval,
        input_series: Object.entries(series).map(([selector, values]) => ({ series: selector, values })),
        alert_rule_test: Object.entries(expect).map(([time, alerts]) => ({
          eval_time: time,
          alertname,
          exp_alerts: alerts.map(({ labels, annotations }) => ({
            exp_labels: labels,
            ...(annotations === undefined ? {} : { exp_annotations: annotations }),
          })),
        })),
      })),
    };
    writeFileSync(file, stringify(content));
    return promtool(["test", "rules", file]);
  });
}

function writeRules(folder: string, ruleSets: RuleSet[], isAnnotated = true): string[] {
  return ruleSets.map((set) => {
    const file = path.join(folder, `${set.name}.yaml`);
    const groups = ruleGroups(set.groups, RUNBOOKS, GRAFANA);
    if (!isAnnotated)
      groups.forEach(({ rules }) => {
        rules.forEach((rule) => delete rule.annotations);
      });
    writeFileSync(file, stringify({ groups }));
    return file;
  });
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(os.tmpdir(), "vllm-monitoring-rules-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function promtool(args: string[]): ToolResult {
  const { status, stdout, stderr } = spawnSync(toolPath("promtool"), args, { encoding: "utf8" });
  return { code: status, output: stdout + stderr };
}
