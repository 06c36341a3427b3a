/** A dashboard in the classic schema, as far as it is drawn here. */

/** One query of a panel. */
export interface PreviewQuery {
  readonly expr: string;
  readonly legend: string;
  readonly instant: boolean;
}

/** One step of thresholds; the first has no lower bound. */
export interface PreviewThreshold {
  readonly from: number | undefined;
  readonly color: string;
}

/** A panel. */
export interface PreviewPanel {
  readonly title: string;
  readonly description: string;
  readonly type: "timeseries" | "stat" | "bargauge" | "heatmap";
  readonly unit: string;
  readonly axis: string;
  readonly stacked: boolean;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly thresholds: readonly PreviewThreshold[];
  readonly width: number;
  readonly height: number;
  /** What an empty panel shows. */
  readonly noValue: string;
  readonly queries: readonly PreviewQuery[];
}

/** Panels under a heading. */
export interface PreviewSection {
  readonly title: string;
  readonly panels: readonly PreviewPanel[];
}

/** A variable that a query may name. */
export interface PreviewVariable {
  readonly name: string;
  /** `label_values(series, label)`. */
  readonly query: string;
  /** What "All" stands for; undefined where all can't be chosen. */
  readonly all: string | undefined;
}

/** A dashboard. */
export interface PreviewBoard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly PreviewVariable[];
  readonly sections: readonly PreviewSection[];
}

type Json = Readonly<Record<string, unknown>>;

const objectOf = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.map(objectOf) : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

const types: readonly string[] = ["timeseries", "stat", "bargauge", "heatmap"];

/**
 * Reads a dashboard.
 * @throws Error for a panel of a type that can't be drawn here
 */
export function previewBoard(dashboard: unknown): PreviewBoard {
  const json = objectOf(dashboard);
  const sections: { title: string; panels: PreviewPanel[] }[] = [];
  for (const panel of listOf(json["panels"])) {
    if (panel["type"] === "row") sections.push({ title: textOf(panel["title"]), panels: [] });
    else {
      if (sections.length === 0) sections.push({ title: "", panels: [] });
      sections.at(-1)?.panels.push(panelOf(panel));
    }
  }
  return {
    uid: textOf(json["uid"]),
    title: textOf(json["title"]),
    description: textOf(json["description"]),
    variables: listOf(objectOf(json["templating"])["list"]).flatMap(variableOf),
    sections,
  };
}

function variableOf(json: Json): PreviewVariable[] {
  if (json["type"] !== "query") return [];
  const query = textOf(json["query"]) || textOf(objectOf(json["query"])["query"]);
  const all = json["includeAll"] === true ? textOf(json["allValue"]) || ".*" : undefined;
  return [{ name: textOf(json["name"]), query, all }];
}

function panelOf(json: Json): PreviewPanel {
  const type = textOf(json["type"]);
  const title = textOf(json["title"]);
  if (!types.includes(type)) throw new Error(`panel "${title}" is a ${type}, which the preview can't draw`);
  const defaults = objectOf(objectOf(json["fieldConfig"])["defaults"]);
  const custom = objectOf(defaults["custom"]);
  const position = objectOf(json["gridPos"]);
  return {
    title,
    description: textOf(json["description"]),
    type: type as PreviewPanel["type"],
    unit: textOf(defaults["unit"]),
    axis: textOf(custom["axisLabel"]),
    stacked: objectOf(custom["stacking"])["mode"] === "normal",
    min: numberOf(defaults["min"]),
    max: numberOf(defaults["max"]),
    thresholds: listOf(objectOf(defaults["thresholds"])["steps"]).map((step) => ({
      from: numberOf(step["value"]),
      color: textOf(step["color"]),
    })),
    width: numberOf(position["w"]) ?? 12,
    height: numberOf(position["h"]) ?? 8,
    noValue: textOf(defaults["noValue"]) || "no data",
    queries: listOf(json["targets"]).map((target) => ({
      expr: textOf(target["expr"]),
      legend: textOf(target["legendFormat"]),
      instant: target["instant"] === true && target["range"] !== true,
    })),
  };
}
