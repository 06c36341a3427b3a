/** Dashboards by their panels, not by lines of JSON. */

import { dashboardDocuments } from "../model/documents.ts";
import {
  at,
  compareText,
  equal,
  listOf,
  textOf,
  type Json,
  type JsonObject,
  scalarOf,
  objectOf,
  without,
} from "../model/json.ts";
import type { Snapshot } from "../model/snapshot.ts";

export interface PanelChange {
  title: string;
  kind: "added" | "removed" | "changed" | "moved";
  /** What of it changed: `queries`, `unit`, `thresholds`, `type`, `description`, `options`. */
  what: { name: string; before: string; after: string }[];
}

export interface DashboardChange {
  title: string;
  uid: string;
  kind: "added" | "removed" | "changed";
  panels: PanelChange[];
  /** Other properties: `variable model_name`, `title`, `uid`, `refresh`, `time`. */
  properties: { name: string; before: string; after: string }[];
}

interface Dashboard {
  key: string;
  model: JsonObject;
}

function dashboardsOf(snapshot: Snapshot): Dashboard[] {
  return dashboardDocuments(snapshot.resources).map(({ resource, file, model }) => ({
    key: `${textOf(at(resource.inputs, "metadata", "namespace"))}/${file}`,
    model,
  }));
}

export function diffDashboards(base: Snapshot, head: Snapshot): DashboardChange[] {
  const before = byKey(dashboardsOf(base));
  const after = byKey(asBefore(dashboardsOf(head), before));
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].sort(compareText).flatMap((key): DashboardChange[] => {
    const [old, now] = [before.get(key), after.get(key)];
    const model = now ?? old ?? {};
    const named = { title: textOf(model["title"]) || key, uid: textOf(model["uid"]) };
    if (old === undefined || now === undefined)
      return [{ ...named, kind: old === undefined ? "added" : "removed", panels: [], properties: [] }];
    if (equal(old, now)) return [];
    return [{ ...named, kind: "changed", panels: diffPanels(old, now), properties: diffSettings(old, now) }];
  });
}

const byKey = (dashboards: readonly Dashboard[]): Map<string, JsonObject> =>
  new Map(dashboards.map(({ key, model }) => [key, model]));

/** Dashboards with the key that they had: one that reaches Grafana in another way than before is the same by its uid. */
function asBefore(dashboards: readonly Dashboard[], before: ReadonlyMap<string, JsonObject>): Dashboard[] {
  const kept = new Set(dashboards.map(({ key }) => key));
  const moved = new Map(
    [...before].flatMap(([key, model]): [string, string][] => {
      const uid = textOf(model["uid"]);
      return kept.has(key) || uid === "" ? [] : [[uid, key]];
    }),
  );
  return dashboards.map(({ key, model }) => ({
    key: before.has(key) ? key : (moved.get(textOf(model["uid"])) ?? key),
    model,
  }));
}

/** Panels of the dashboard and of its collapsed rows; rows count as panels. */
function panelsOf(model: Json): JsonObject[] {
  return listOf(at(model, "panels")).flatMap((panel) => [panel as JsonObject, ...panelsOf(panel)]);
}

/** Panels by title; those that share one, and those without, by their order among them. */
function byTitle(model: JsonObject): Map<string, JsonObject> {
  const counts = new Map<string, number>();
  return new Map(
    panelsOf(model).map((panel) => {
      const title = textOf(panel["title"]) || `untitled ${textOf(panel["type"])}`;
      const count = (counts.get(title) ?? 0) + 1;
      counts.set(title, count);
      return [count === 1 ? title : `${title} (${String(count)})`, panel];
    }),
  );
}

function diffPanels(before: JsonObject, after: JsonObject): PanelChange[] {
  const [old, now] = [byTitle(before), byTitle(after)];
  // A panel that only got another title keeps its id and everything else.
  const retitled = new Map<string, string>();
  for (const [title, panel] of now) {
    if (old.has(title)) continue;
    const former = [...old].find(
      ([name, other]) =>
        !now.has(name) &&
        other["id"] !== undefined &&
        other["id"] === panel["id"] &&
        sameQueries(other, panel),
    );
    if (former !== undefined) retitled.set(title, former[0]);
  }
  const gone = new Set(retitled.values());
  const titles = [...new Set([...old.keys(), ...now.keys()])]
    .filter((title) => !gone.has(title))
    .sort(compareText);
  return titles.flatMap((title): PanelChange[] => {
    const [from, to] = [old.get(retitled.get(title) ?? title), now.get(title)];
    if (from === undefined) return [{ title, kind: "added", what: [] }];
    if (to === undefined) return [{ title, kind: "removed", what: [] }];
    const what = panelDifferences(from, to);
    if (what.length > 0) return [{ title, kind: "changed", what }];
    return equal(from["gridPos"], to["gridPos"]) && equal(from["collapsed"], to["collapsed"])
      ? []
      : [{ title, kind: "moved", what: [] }];
  });
}

function sameQueries(a: JsonObject, b: JsonObject): boolean {
  return queriesOf(a) === queriesOf(b);
}

/** What of a panel has a name of its own in the report; the rest is compared as `options`. */
const views: Record<string, (panel: JsonObject) => string> = {
  title: (panel) => textOf(panel["title"]),
  type: (panel) => textOf(panel["type"]),
  queries: queriesOf,
  unit: (panel) => textOf(at(panel, "fieldConfig", "defaults", "unit")),
  thresholds: (panel) => thresholdsOf(panel),
  description: (panel) => textOf(panel["description"]),
  legend: (panel) =>
    listOf(panel["targets"])
      .map((target) => textOf(at(target, "legendFormat")))
      .join("\n"),
  stacking: (panel) => textOf(at(panel, "fieldConfig", "defaults", "custom", "stacking", "mode")),
};

function queriesOf(panel: JsonObject): string {
  return listOf(panel["targets"])
    .map((target) => (textOf(at(target, "expr")) || JSON.stringify(target)).replaceAll(/\s+/g, " ").trim())
    .join("\n");
}

function thresholdsOf(panel: JsonObject): string {
  return listOf(at(panel, "fieldConfig", "defaults", "thresholds", "steps"))
    .map((step) => `${textOf(at(step, "color"))} from ${scalarOf(at(step, "value")) || "the start"}`)
    .join(", ");
}

function panelDifferences(before: JsonObject, after: JsonObject): PanelChange["what"] {
  const named = Object.entries(views)
    .map(([name, view]) => ({ name, before: view(before), after: view(after) }))
    .filter((view) => view.before !== view.after);
  // What has a name is told by it, so that only what is left over counts as options.
  const rest = (panel: JsonObject): JsonObject => {
    const { fieldConfig, ...others } = without(
      panel,
      ...["gridPos", "id", "panels", "collapsed", "title", "type", "description", "targets"],
    );
    const defaults = objectOf(at(fieldConfig, "defaults"));
    const custom = without(objectOf(defaults["custom"]), "stacking");
    return {
      ...others,
      targets: listOf(panel["targets"]).map((target) => without(objectOf(target), "expr", "legendFormat")),
      fieldConfig: {
        ...objectOf(fieldConfig),
        defaults: { ...without(defaults, "unit", "thresholds"), custom },
      },
    };
  };
  return equal(rest(before), rest(after)) ? named : [...named, { name: "options", before: "", after: "" }];
}

function diffSettings(before: JsonObject, after: JsonObject): DashboardChange["properties"] {
  const variables = (model: JsonObject) =>
    Object.fromEntries(
      listOf(at(model, "templating", "list")).map((item) => [`variable ${textOf(at(item, "name"))}`, item]),
    );
  const settings = (model: JsonObject) => without(model, "panels", "templating", "version");
  const [old, now] = [before, after].map((model): JsonObject => ({
    ...settings(model),
    ...variables(model),
  }));
  const names = new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})]);
  return [...names]
    .sort(compareText)
    .filter((name) => !equal(old?.[name], now?.[name]))
    .map((name) => ({ name, before: shown(old?.[name]), after: shown(now?.[name]) }));
}

/** Short values as they are; variables by their query; of anything else only that it is there. */
function shown(value: Json | undefined): string {
  if (value === undefined) return "none";
  if (typeof value !== "object" || value === null) return String(value);
  const query = at(value, "query");
  const text = typeof query === "string" ? query : textOf(at(query, "query")) || JSON.stringify(value);
  // Of two long ones the report shows where they differ.
  return text;
}
