import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { kubernetesRules, ruleProblems, ruleSets } from "../../../alerts/index.ts";

const all = kubernetesRules({ stateMetrics: true, nodeExporter: true, kubelet: true });
const alerts = (all?.groups ?? []).flatMap((group) => group.alerts ?? []);
const none = { stateMetrics: false, nodeExporter: false, kubelet: false };

describe("kubernetesRules", () => {
  it("are right as far as can be said without Prometheus, under names that no other alert has", () => {
    expect(ruleProblems(all === undefined ? [] : [all])).toEqual([]);
    const others = ruleSets.flatMap(({ groups }) => groups).flatMap((group) => group.alerts ?? []);
    const names = [...alerts, ...others].map(({ alert }) => alert);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each(alerts.map(({ alert }) => [alert]))("%s has its runbook, with all its parts", (name) => {
    const file = fileURLToPath(new URL(`../../../alerts/runbooks/${name}.md`, import.meta.url));
    expect(existsSync(file), file).toBe(true);
    const text = readFileSync(file, "utf8");
    for (const heading of [`# ${name}`, "## Meaning", "## Check", "## Action"])
      expect(text).toContain(heading);
  });

  it.each([
    ["stateMetrics", /kube_/, "KubeStateMetricsAbsent"],
    ["nodeExporter", /node_/, "NodeExporterAbsent"],
    ["kubelet", /kubelet_|container_cpu/, "KubeletMetricsAbsent"],
  ] as const)("hold rules on %s only when it is scraped", (source, metrics, absent) => {
    const own = kubernetesRules({ ...none, [source]: true });
    const rules = (own?.groups ?? []).flatMap((group) => group.alerts ?? []);
    expect(rules.map(({ alert }) => alert)).toContain(absent);
    for (const { alert, expr } of rules) if (alert !== absent) expect(expr, alert).toMatch(metrics);
    const without = kubernetesRules({
      stateMetrics: true,
      nodeExporter: true,
      kubelet: true,
      [source]: false,
    });
    const left = (without?.groups ?? []).flatMap((group) => group.alerts ?? []);
    expect(left.map(({ alert }) => alert)).not.toContain(absent);
    expect(left).toHaveLength(alerts.length - rules.length);
  });

  it("are none when nothing is scraped", () => {
    expect(kubernetesRules(none)).toBeUndefined();
  });
});
