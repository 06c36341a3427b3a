import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ruleProblems, syntaxProblem } from "../../../alerts/check.ts";
import { ruleSets, type AlertRule, type RuleGroup, type RuleSet } from "../../../alerts/index.ts";
import { select } from "../../../alerts/selector.ts";
import { templateProblem } from "../../../alerts/template.ts";
import { AlertRules, type AlertRulesArgs } from "../../../components/alert-rules.ts";
import { vllm } from "../../../metrics/vllm/index.ts";
import { renderManifests } from "../../support/manifests.ts";
import { runWithMocks } from "../../support/mocks.ts";

const args: AlertRulesArgs = {
  namespace: "monitoring",
  ruleSets,
  runbookBaseUrl: "https://git.example.com/runbooks/",
};

function build(changes: Partial<AlertRulesArgs> = {}) {
  return runWithMocks(() => new AlertRules("alerts", { ...args, ...changes }));
}

const alert: AlertRule = {
  alert: "Something",
  expr: "up == 0",
  severity: "warning",
  annotations: { summary: "{{ $labels.job }} is down.", description: "Nobody answers." },
};

function withAlert(changes: Partial<AlertRule>): RuleSet[] {
  return withGroup({ alerts: [{ ...alert, ...changes }] });
}

function withGroup(changes: Partial<RuleGroup>): RuleSet[] {
  return [{ name: "set", groups: [{ name: "group", alerts: [alert], ...changes }] }];
}

describe("AlertRules", () => {
  it("renders the golden manifests of every shipped rule", async () => {
    await expect(renderManifests(await build())).toMatchFileSnapshot("golden/alert-rules.yaml");
  });

  it("makes one object for each rule set and returns their names", async () => {
    const run = await build();
    expect(
      run
        .all("PrometheusRule")
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      "alerts-autoscaling",
      "alerts-gateway",
      "alerts-gpu",
      "alerts-monitoring",
      "alerts-ray",
      "alerts-vllm",
    ]);
    expect(run.find("vllm-monitoring:index:AlertRules").outputs).toEqual({
      ruleNames: ruleSets.map(({ name }) => `alerts-${name}`),
    });
  });

  it("adds labels for a Prometheus that selects by them", async () => {
    const run = await build({ labels: { release: "kps" } });
    expect(run.find("PrometheusRule", "alerts-vllm").inputs["metadata"]).toMatchObject({
      labels: { release: "kps", "app.kubernetes.io/name": "alert-rules" },
    });
  });

  it("refuses a runbook address that nobody can open", async () => {
    await expect(build({ runbookBaseUrl: "runbooks" })).rejects.toThrow(
      /runbookBaseUrl must be an http or https URL/,
    );
  });

  it("links alerts to their dashboards where Grafana's address is known", async () => {
    const linked = (await build({ dashboardBaseUrl: "https://grafana.example.com/" })).find(
      "PrometheusRule",
      "alerts-vllm",
    );
    expect(JSON.stringify(linked.inputs)).toContain(
      "https://grafana.example.com/d/vllm-queue?var-namespace={{ $labels.namespace | urlquery }}&var-model_name=",
    );
    expect(JSON.stringify((await build()).find("PrometheusRule", "alerts-vllm").inputs)).not.toContain(
      "dashboard_url",
    );
    await expect(build({ dashboardBaseUrl: "grafana" })).rejects.toThrow(
      /dashboardBaseUrl must be an http or https URL/,
    );
  });

  it("refuses wrong rules before anything is registered", async () => {
    await expect(build({ ruleSets: withAlert({ expr: "up ==" }) })).rejects.toThrow(
      /ruleSets\[0\]\.groups\[0\]\.alerts\[0\]\.expr is no PromQL/,
    );
    await expect(build({ ruleSets: [] })).rejects.toThrow(/ruleSets must hold a rule set/);
  });
});

describe("every shipped rule", () => {
  const alerts = ruleSets.flatMap(({ groups }) => groups).flatMap((group) => group.alerts ?? []);

  it("is right as far as can be said without Prometheus", () => {
    expect(ruleProblems(ruleSets)).toEqual([]);
  });

  it.each(alerts.map((rule) => [rule.alert]))("%s has its runbook, with all its parts", async (name) => {
    const file = fileURLToPath(new URL(`../../../alerts/runbooks/${name}.md`, import.meta.url));
    expect(existsSync(file), file).toBe(true);
    const { readFile } = await import("node:fs/promises");
    const text = await readFile(file, "utf8");
    for (const heading of [`# ${name}`, "## Meaning", "## Check", "## Action"])
      expect(text).toContain(heading);
  });

  it("has a name that no other alert has", () => {
    const names = alerts.map((rule) => rule.alert);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("ruleProblems", () => {
  const cases: [string, RuleSet[], RegExp][] = [
    ["two sets of one name", [...withGroup({}), ...withGroup({})], /ruleSets\[1\]\.name must be unique/],
    [
      "a set that can't be an object's name",
      [{ name: "A_b", groups: [] }],
      /ruleSets\[0\]\.name must be a DNS label/,
    ],
    ["a set without groups", [{ name: "a", groups: [] }], /groups must hold a group/],
    [
      "two groups of one name",
      [
        {
          name: "a",
          groups: [
            { name: "g", alerts: [alert] },
            { name: "g", alerts: [alert] },
          ],
        },
      ],
      /groups\[1\]\.name must be unique/,
    ],
    ["a group without rules", withGroup({ alerts: [] }), /must hold a rule/],
    ["a group without name", withGroup({ name: " " }), /name must not be empty/],
    ["an interval of nothing", withGroup({ interval: "0s" }), /interval must be a duration/],
    [
      "an alert that stands there twice",
      withGroup({ alerts: [alert, alert] }),
      /alerts\[1\]\.alert stands .* twice/,
    ],
    ["a name in lower case", withAlert({ alert: "high waiting" }), /alert must be a name in CamelCase/],
    ["no expression", withAlert({ expr: " " }), /expr must not be empty/],
    ["a wrong expression", withAlert({ expr: "sum by (a (up)" }), /expr is no PromQL from character/],
    ["a duration without unit", withAlert({ for: "2" as never }), /for must be a duration/],
    ["units out of order", withAlert({ for: "2s1m" }), /for must be a duration/],
    ["a bad keepFiringFor", withAlert({ keepFiringFor: "x" as never }), /keepFiringFor must be a duration/],
    ["an unknown severity", withAlert({ severity: "page" as never }), /severity must be one of critical/],
    ["a bad label name", withAlert({ labels: { "a-b": "c" } }), /labels\.a-b must have a label name/],
    ["the label severity", withAlert({ labels: { severity: "c" } }), /labels\.severity is set from/],
    ["a value as a label", withAlert({ labels: { v: "{{ $value }}" } }), /labels\.v must not hold \$value/],
    ["no annotations", withAlert({ annotations: undefined }), /annotations\.summary must say something/],
    [
      "no description",
      withAlert({ annotations: { summary: "a", description: "" } }),
      /annotations\.description must say something/,
    ],
    [
      "a summary of two lines",
      withAlert({ annotations: { summary: "a\nb", description: "c" } }),
      /annotations\.summary must be one line/,
    ],
    [
      "an own runbook",
      withAlert({ annotations: { summary: "a", description: "b", extra: { runbook_url: "c" } } }),
      /extra\.runbook_url must have a free annotation name/,
    ],
    [
      "a template that never ends",
      withAlert({ annotations: { summary: "{{ $value", description: "b" } }),
      /annotations\.summary has \{\{ and \}\} that do not match/,
    ],
    [
      "a recording that is no metric",
      withGroup({ recordings: [{ record: "a-b", expr: "up" }] }),
      /recordings\[0\]\.record must be a metric name/,
    ],
  ];

  it.each(cases)("reports %s", (_, sets, message) => {
    const lines = ruleProblems(sets).map(({ path, reason }) => `${path} ${reason}`);
    expect(lines.join("\n")).toMatch(message);
  });

  it("accepts the same name with another severity", () => {
    expect(ruleProblems(withGroup({ alerts: [alert, { ...alert, severity: "critical" }] }))).toEqual([]);
  });
});

describe("templateProblem", () => {
  it.each([
    "plain text",
    '{{ $value | printf "%.0f" }} of {{ $labels.pod }}',
    "{{- if gt $value 1.0 -}}a{{ else }}b{{ end }}",
    '{{ range query "up" }}{{ .Labels.job }}: {{ .Value | humanize }}{{ end }}',
    '{{ with $v := query "up" | first }}{{ $v.Value }}{{ end }}',
    "{{ $externalLabels.cluster }}",
  ])("accepts %s", (text) => {
    expect(templateProblem(text)).toBeUndefined();
  });

  it.each([
    ["{{ $label.pod }}", /names \$label\.pod/],
    ["{{ $value | humanise }}", /names humanise/],
    ["{{ end }}", /without a beginning/],
    ["{{ if true }}", /lacks an \{\{ end \}\}/],
    ["{{ }}", /empty/],
    ["}} {{", /do not match/],
  ])("refuses %s", (text, message) => {
    expect(templateProblem(text)).toMatch(message);
  });

  it("never throws", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("{{", "}}", "$labels.a", " end ", "if", '"', "x", "|", "$")),
        (parts) => {
          templateProblem(parts.join(""));
        },
      ),
    );
  });
});

describe("select", () => {
  it("quotes values", () => {
    const text = select(vllm.numRequestsWaiting, [{ label: "model_name", operator: "=~", value: 'a"b\\.c' }]);
    expect(text).toBe('vllm:num_requests_waiting{model_name=~"a\\"b\\\\.c"}');
    expect(syntaxProblem(text)).toBeUndefined();
  });

  it("takes a histogram's samples with le", () => {
    const le = [{ label: "le", operator: "=", value: "1.0" }] as const;
    expect(select(vllm.timeToFirstToken, [...le], "vllm:time_to_first_token_seconds_bucket")).toBe(
      'vllm:time_to_first_token_seconds_bucket{le="1.0"}',
    );
  });

  it("does not compile for a label that the family lacks", () => {
    const label = "finished_reason";
    // @ts-expect-error finished_reason is a label of another family
    const text = select(vllm.numRequestsWaiting, [{ label, operator: "=", value: "stop" }]);
    expect(text).toContain("finished_reason");
  });
});
