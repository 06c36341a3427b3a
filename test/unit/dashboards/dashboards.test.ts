import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, it } from "vitest";
import { CONFIG_MAP_LIMIT_BYTES, formatDashboard } from "../../../components/grafana/dashboard-json.ts";
import { dashboards } from "../../../dashboards/index.ts";
import { dashboardUids } from "../../../dashboards/uids.ts";
import { catalogues } from "../../../metrics/catalogues.ts";
import { fleetRules } from "../../../alerts/index.ts";
import { sampleNames, type Catalogue } from "../../../metrics/family.ts";
import { rayVllm } from "../../../metrics/ray/index.ts";

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  interval?: string;
  datasource?: { uid?: string };
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: { defaults: { unit?: string; noValue?: string; links?: { url: string }[] } };
  targets?: { refId: string; expr: string; datasource?: { uid?: string } }[];
}

interface Variable {
  name: string;
  type: string;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string;
  refresh?: number;
  query?: { query: string } | string;
}

const objectives = [
  {
    periodDays: 30,
    availability: { objectivePercent: 99 },
    timeToFirstToken: { objectivePercent: 95, thresholdSeconds: 1 },
    endToEndLatency: { objectivePercent: 95, thresholdSeconds: 30 },
  },
  { periodDays: 30, timeToFirstToken: { objectivePercent: 95, thresholdSeconds: 2.5 } },
];
const all = dashboards({ engines: ["vllm", "ray"], objectives });
const boards = all.map(({ name, dashboard }) => ({
  name,
  dashboard,
  panels: (dashboard.panels ?? []) as unknown as Panel[],
  variables: (dashboard.templating.list ?? []) as unknown as Variable[],
}));
const shown = boards.flatMap(({ name, panels }) =>
  panels
    .filter(({ type }) => type !== "row")
    .map((panel): [string, Panel] => [`${name}: ${panel.title}`, panel]),
);
const queries = boards.flatMap((board) =>
  board.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title: `${board.name}: ${title}`, expr, board })),
  ),
);

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

const scraped = new Set(
  [...catalogues.map(({ catalogue }) => catalogue), rayVllm as Catalogue].flatMap((catalogue) =>
    Object.values(catalogue).flatMap((family): string[] => [...sampleNames(family)]),
  ),
);
const ruleSets = fleetRules({ prices: { any: 1 } });
/** Objectives are recorded per model, by names that no rule set without a model has. */
const recorded = (name: string) =>
  name.startsWith("slo:") ||
  ruleSets.some(({ groups }) =>
    groups.some(({ recordings = [] }) => recordings.some(({ record }) => record === name)),
  );

describe("the dashboards", () => {
  it.each(all)("$name equals its golden JSON, and fits a ConfigMap", async ({ name, dashboard }) => {
    const { json } = formatDashboard(JSON.stringify(dashboard), undefined);
    expect(Buffer.byteLength(json)).toBeLessThan(CONFIG_MAP_LIMIT_BYTES / 4);
    await expect(json).toMatchFileSnapshot(`golden/${name}.json`);
  });

  it("are the same whenever they are built", () => {
    expect(JSON.stringify(dashboards({ engines: ["vllm", "ray"], objectives }))).toBe(JSON.stringify(all));
  });

  it("have the uids of the table, each its own", () => {
    const uids = boards.map(({ dashboard }) => dashboard.uid ?? "");
    expect(new Set(uids).size).toBe(uids.length);
    expect(uids).toEqual(expect.arrayContaining(Object.values(dashboardUids)));
    expect(uids.filter((uid) => !Object.values<string>(dashboardUids).includes(uid))).toEqual([
      "vllm-engine-ray",
    ]);
  });

  it.each(boards)("$name can be found, and not be edited in place", ({ dashboard }) => {
    expect(dashboard.editable).toBe(false);
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
    expect(dashboard.refresh).toBe("15s");
    expect(dashboard.description?.length ?? 0).toBeGreaterThan(15);
    const [menu] = dashboard.links ?? [];
    expect(menu).toMatchObject({ keepTime: true, includeVars: true, asDropdown: true });
    for (const tag of menu?.tags ?? []) expect(dashboard.tags).toContain(tag);
  });

  it.each(boards)("$name marks alerts, roll-outs and restarts", ({ dashboard }) => {
    const marks = dashboard.annotations.list ?? [];
    expect(marks.map(({ name }) => name)).toEqual(["Alerts", "Roll-outs", "Engine restarts"]);
    for (const { expr = "" } of marks as { expr?: string }[]) {
      expect(nodes(expr, "⚠")).toEqual([]);
      expect(nodes(expr, "VectorSelector").length).toBeGreaterThan(0);
    }
  });

  it.each(boards)("$name has panels with ids of their own that don't overlap", ({ panels }) => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
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

  it.each(boards)("$name has variables that narrow each other", ({ variables }) => {
    expect(variables[0]).toMatchObject({ name: "datasource", type: "datasource", query: "prometheus" });
    expect(variables[1]).toMatchObject({ name: "cluster", allValue: ".*" });
    const chosen = variables.slice(1, -2);
    for (const [index, variable] of chosen.entries()) {
      expect(variable).toMatchObject({ multi: true, includeAll: true, refresh: 2 });
      const text = typeof variable.query === "object" ? variable.query.query : "";
      for (const earlier of chosen.slice(0, index)) expect(text).toContain(`=~"$${earlier.name}"`);
    }
    expect(variables.slice(-2).map(({ name }) => name)).toEqual(["job", "instance"]);
  });

  it.each(queries)("$title: a valid query, $expr", ({ expr }) => {
    expect(nodes(filledIn(expr), "⚠")).toEqual([]);
    expect(nodes(filledIn(expr), "VectorSelector").length).toBeGreaterThan(0);
  });

  it.each(queries)("$title: series that exist, narrowed by every variable, $expr", ({ expr, board }) => {
    const kinds = new Set<string>();
    for (const selector of nodes(filledIn(expr), "VectorSelector")) {
      const name = /^[A-Za-z_:][\w:]*/.exec(selector)?.[0] ?? "";
      const isRecorded = recorded(name);
      kinds.add(isRecorded ? "recorded" : "scraped");
      expect(isRecorded || scraped.has(name), name).toBe(true);
      for (const variable of ["cluster", "job", "instance"]) {
        expect(selector).toContain(`${variable}=~"$${variable}"`);
      }
    }
    expect(kinds.size).toBe(1);
    const job = board.variables.find(({ name }) => name === "job");
    expect(job?.includeAll).toBe(kinds.has("scraped"));
  });

  it.each(shown)("%s: complete", (_, panel) => {
    expect(panel.description?.length ?? 0).toBeGreaterThan(15);
    expect(panel.fieldConfig?.defaults.unit).toBeTruthy();
    expect(panel.fieldConfig?.defaults.noValue).toMatch(/^(no data|off: needs .+)$/);
    expect(panel.interval).toBe("15s");
    expect(panel.datasource?.uid).toBe("${datasource}");
    const targets = panel.targets ?? [];
    expect(targets.length).toBeGreaterThan(0);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    for (const { datasource } of targets) expect(datasource?.uid).toBe("${datasource}");
    for (const { url } of panel.fieldConfig?.defaults.links ?? []) {
      const uid = /^\/d\/([\w-]+)\?/.exec(url)?.[1] ?? "";
      expect(Object.values<string>(dashboardUids)).toContain(uid);
      expect(url).toContain("${__url_time_range}");
    }
  });

  it("differ between spellings in nothing but the engine's names", () => {
    const own = boards.find(({ name }) => name === "engine");
    const ray = boards.find(({ name }) => name === "engine-ray");
    const respelled = new Set(
      (own?.panels ?? []).flatMap(({ targets = [] }) =>
        targets.map(({ expr }) => expr.replaceAll("vllm:", "ray_vllm_")),
      ),
    );
    const texts = (ray?.panels ?? []).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(texts.length).toBeGreaterThan(15);
    for (const text of texts) expect([...respelled]).toContain(text);
  });
});

describe("options", () => {
  it("set refresh, shortest step and thresholds", () => {
    const [overview] = dashboards({ refresh: "5s", scrapeInterval: "30s", objectives });
    expect(overview?.dashboard.refresh).toBe("5s");
    const panels = (overview?.dashboard.panels ?? []) as unknown as (Panel & {
      fieldConfig: { defaults: { thresholds?: { steps: { value: number | null; color: string }[] } } };
    })[];
    const firstToken = panels.find(({ title }) => title === "Time to first token");
    expect(firstToken?.interval).toBe("30s");
    expect(firstToken?.fieldConfig.defaults.thresholds?.steps).toEqual([
      { value: null, color: "green" },
      { value: 1, color: "yellow" },
      { value: 2.5, color: "red" },
    ]);
  });

  it.each([
    [{ refresh: "4s" }, /5s to 30s/],
    [{ refresh: "1m" }, /5s to 30s/],
    [{ refresh: "soon" }, /5s to 30s/],
    [{ scrapeInterval: "often" }, /duration/],
    [{ engines: [] }, /at least one spelling/],
  ])("refuse %j", (options, message) => {
    expect(() => dashboards(options)).toThrow(message);
  });
});
