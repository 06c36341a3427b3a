import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, it } from "vitest";
import { formatDashboard } from "../../../components/grafana/dashboard-json.ts";
import { FLEET_OVERVIEW_UID, fleetOverview } from "../../../dashboards/fleet-overview.ts";
import { LISTED } from "../../../dashboards/variables.ts";
import { existsIn, familyOfSample, sampleNames, type MetricFamily } from "../../../metrics/family.ts";
import { measuredVersion, vllm } from "../../../metrics/vllm/index.ts";

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: { uid?: string };
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: { defaults: { unit?: string } };
  targets?: { refId: string; expr: string; legendFormat: string; datasource?: { uid?: string } }[];
}

const built = fleetOverview();
const panels = (built.panels ?? []) as unknown as Panel[];
const shown = panels.filter(({ type }) => type !== "row");
const queries = shown.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }): [string, string, string] => [title, expr, legendFormat]),
);
const variables = built.templating.list ?? [];

/** Labels that come with the target, from the PodMonitor. */
const TARGET_LABELS = ["namespace", "pod", "node", "owner", "team", "model"];

/** Grafana's own variables, as what it would put in. */
function filledIn(expr: string): string {
  return expr.replaceAll("$__rate_interval", "1m");
}

/** Texts of the syntax nodes of one kind. */
function nodes(expr: string, kind: string): string[] {
  const found: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ name, from, to }) => {
      if (name === kind) found.push(expr.slice(from, to));
    },
  });
  return found;
}

function familiesOf(expr: string): { sample: string; family: MetricFamily | undefined }[] {
  return nodes(filledIn(expr), "VectorSelector").map((selector) => {
    const sample = /^[A-Za-z_:][\w:]*/.exec(selector)?.[0] ?? "";
    return { sample, family: familyOfSample(vllm, sample) };
  });
}

describe("the fleet overview", () => {
  it("equals its golden JSON", async () => {
    const { json } = formatDashboard(JSON.stringify(built), undefined);
    await expect(json).toMatchFileSnapshot("golden/fleet-overview.json");
  });

  it("can be found again and not be edited in place", () => {
    expect(built.uid).toBe(FLEET_OVERVIEW_UID);
    expect(built.editable).toBe(false);
    expect(built.schemaVersion).toBeGreaterThanOrEqual(39);
  });

  it("shows what an operator asks first", () => {
    const samples = new Set(queries.flatMap(([, expr]) => familiesOf(expr).map(({ sample }) => sample)));
    for (const family of [
      vllm.numRequestsRunning,
      vllm.numRequestsWaiting,
      vllm.kvCacheUsage,
      vllm.timeToFirstToken,
      vllm.interTokenLatency,
      vllm.requestSuccess,
      vllm.promptTokens,
      vllm.generationTokens,
    ]) {
      expect(sampleNames(family).some((name) => samples.has(name))).toBe(true);
    }
  });

  it.each(queries)("%s: a valid query, %s", (_, expr) => {
    expect(nodes(filledIn(expr), "⚠")).toEqual([]);
    expect(nodes(filledIn(expr), "VectorSelector").length).toBeGreaterThan(0);
  });

  it.each(queries)("%s: known series, used as their type allows, %s", (_, expr) => {
    for (const { sample, family } of familiesOf(expr)) {
      expect(family, sample).toBeDefined();
      if (family === undefined) continue;
      expect(existsIn(family, measuredVersion)).toBe(true);
      const isRated = new RegExp(`rate\\(${sample}\\{[^}]*\\}\\[\\$__rate_interval\\]\\)`).test(expr);
      expect(isRated, `rate of ${sample}`).toBe(family.type !== "gauge");
      if (family.unit === "ratio") expect(expr).not.toMatch(/\bsum\b/);
    }
  });

  it.each(queries)("%s: only labels that the series have, %s", (_, expr) => {
    const allowed = new Set(TARGET_LABELS);
    for (const { family } of familiesOf(expr)) family?.labels.forEach((label) => allowed.add(label));
    if (familiesOf(expr).some(({ family }) => family?.type === "histogram")) allowed.add("le");
    const used = [...nodes(filledIn(expr), "LabelName"), ...nodes(filledIn(expr), "LabelMatcher")];
    for (const label of used.map((text) => /^\w+/.exec(text)?.[0] ?? text)) expect(allowed).toContain(label);
  });

  it.each(queries)("%s: narrowed by every variable, %s", (_, expr) => {
    for (const selector of nodes(filledIn(expr), "VectorSelector")) {
      expect(selector).toContain('namespace=~"$namespace"');
      expect(selector).toMatch(/(model_name|model)=~"\$model_name"/);
      expect(selector).toContain('pod=~"$pod"');
    }
  });

  it.each(queries)("%s: a legend of labels that the result has, %s", (_, expr, legend) => {
    const labels = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
    const grouped = nodes(filledIn(expr), "GroupingLabels").join(" ");
    for (const label of labels) expect(grouped).toContain(label);
  });

  it.each(shown.map((panel): [string, Panel] => [panel.title, panel]))("%s: complete", (_, panel) => {
    expect(panel.description?.length ?? 0).toBeGreaterThan(20);
    expect(panel.fieldConfig?.defaults.unit).toBeTruthy();
    expect(panel.datasource?.uid).toBe("${datasource}");
    const targets = panel.targets ?? [];
    expect(targets.length).toBeGreaterThan(0);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    for (const { datasource } of targets) expect(datasource?.uid).toBe("${datasource}");
  });

  it("has panels with ids of their own that don't overlap", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = new Set<string>();
    for (const { gridPos, title } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          const cell = `${String(x)},${String(y)}`;
          expect(cells.has(cell), `${title} at ${cell}`).toBe(false);
          cells.add(cell);
        }
      }
    }
  });

  it("offers data source, namespace, model and pod", () => {
    expect(variables.map(({ name }) => name)).toEqual(["datasource", "namespace", "model_name", "pod"]);
    for (const { name, multi, includeAll, allValue, refresh } of variables.slice(1)) {
      expect({ name, multi, includeAll, allValue }).toMatchObject({
        multi: true,
        includeAll: true,
        allValue: ".+",
      });
      expect(refresh).toBe(2);
    }
  });

  it("fills its lists from a family that is there before the first request", () => {
    expect(LISTED.absentBeforeFirstRequest).toBeUndefined();
    expect(LISTED.condition).toBeUndefined();
    expect(LISTED.labels).toContain("model_name");
  });
});
