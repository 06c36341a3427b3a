/** One HTML page per dashboard: everything inlined, readable without a network and without Grafana. */
import { readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import * as path from "node:path";

import { colorAt, heatmapChart, lineChart, MOST_LINES, PALETTE, sparkline, type Chart } from "./charts.ts";
import type { BoardResult, DrawnSeries, PanelResult } from "./data.ts";
import { formatValue } from "./format.ts";
import { STYLE } from "./style.ts";

/** What a page says about itself. */
export interface PageOptions {
  /** Where the data come from. */
  readonly source: string;
  /** Range of the data, such as "30 minutes to 2026-11-25 23:00 UTC". */
  readonly range: string;
  /** Other pages, by title. */
  readonly pages: readonly { readonly title: string; readonly file: string }[];
}

/** Lines named under a chart. */
const LEGEND = 6;

/** Text inside an element or attribute. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}

/** File of a dashboard's page. */
export function pageFile(uid: string): string {
  return `${uid}.html`;
}

/** The page of a dashboard. */
export function renderPage({ board, sections }: BoardResult, options: PageOptions): string {
  const charts: Chart[] = [];
  const chart = (drawn: Chart): string => {
    charts.push(drawn);
    return `<div class="chart" data-chart="${String(charts.length - 1)}"></div>`;
  };
  const body = sections
    .map(
      ({ title, panels }) =>
        `<h2>${escapeHtml(title)}</h2><section class="grid">${panels.map((panel) => card(panel, chart)).join("")}</section>`,
    )
    .join("");
  const menu = options.pages
    .map(
      ({ title, file }) =>
        `<a href="${escapeHtml(file)}"${title === board.title ? ' aria-current="page"' : ""}>${escapeHtml(title.replace(/^vLLM \/ /, ""))}</a>`,
    )
    .join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(board.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escapeHtml(board.title)}</h1><p>${escapeHtml(board.description)}</p><nav>${menu}</nav></header>
<main>${body}</main>
<footer>A preview, not Grafana: queries of the dashboard, run on ${escapeHtml(options.source)}, ${escapeHtml(options.range)}.</footer>
<script>${library()}</script>
<script type="application/json" id="charts">${JSON.stringify(charts).replaceAll("<", "\\u003c")}</script>
<script>${client()}</script>
</body>
</html>
`;
}

function card(result: PanelResult, chart: (drawn: Chart) => string): string {
  const { panel, state, reason } = result;
  const inner =
    state === "drawn"
      ? content(result, chart)
      : `<div class="nothing ${state}">${escapeHtml(state === "failed" ? `query failed: ${reason}` : reason)}</div>`;
  const size = `style="grid-column: span ${String(panel.width)}; --rows: ${String(panel.height)}"`;
  return `<article class="${panel.type} ${state}" ${size}><h3 title="${escapeHtml(panel.description)}">${escapeHtml(panel.title)}</h3>${inner}</article>`;
}

function content(result: PanelResult, chart: (drawn: Chart) => string): string {
  switch (result.panel.type) {
    case "stat":
      return number(result, chart);
    case "bargauge":
      return bars(result);
    case "heatmap":
      return chart(heatmapChart(result));
    case "timeseries":
      return chart(lineChart(result)) + legend(result);
  }
}

/** The last value of a line. */
function lastOf({ points }: DrawnSeries): number | null {
  return points.findLast(([, value]) => value !== null)?.[1] ?? null;
}

function number(result: PanelResult, chart: (drawn: Chart) => string): string {
  const [first] = result.series;
  const value = first === undefined ? null : lastOf(first);
  const color = colorAt(value ?? 0, result.panel.thresholds);
  return `<div class="number" style="color: ${color}">${escapeHtml(formatValue(value, result.panel.unit))}</div>${chart(sparkline(result, color))}`;
}

function bars({ panel, series }: PanelResult): string {
  const rows = series
    .map((one) => ({ name: one.name === "" ? panel.title : one.name, value: lastOf(one) ?? 0 }))
    .sort((left, right) => right.value - left.value)
    .slice(0, 12);
  const largest = panel.max ?? Math.max(1e-12, ...rows.map(({ value }) => value));
  const lines = rows.map(({ name, value }) => {
    const width = Math.min(100, Math.max(0.5, (100 * value) / largest));
    const color = colorAt(value, panel.thresholds);
    return `<div class="bar"><span class="name" title="${escapeHtml(name)}">${escapeHtml(name)}</span><span class="track"><span style="width: ${width.toFixed(1)}%; background: ${color}"></span></span><span class="value">${escapeHtml(formatValue(value, panel.unit))}</span></div>`;
  });
  return `<div class="bars">${lines.join("")}</div>`;
}

function legend({ panel, series }: PanelResult): string {
  const named = series
    .slice(0, MOST_LINES)
    .map((one, index) => ({
      name: one.name === "" ? panel.title : one.name,
      value: lastOf(one),
      color: PALETTE[index % PALETTE.length],
    }))
    .sort((left, right) => (right.value ?? -1) - (left.value ?? -1));
  const items = named
    .slice(0, LEGEND)
    .map(
      ({ name, value, color }) =>
        `<li><i style="background: ${color ?? ""}"></i><span title="${escapeHtml(name)}">${escapeHtml(name)}</span><b>${escapeHtml(formatValue(value, panel.unit))}</b></li>`,
    );
  const more = series.length - items.length;
  const rest = more > 0 ? `<li class="more">and ${String(more)} more</li>` : "";
  return `<ul class="legend">${items.join("")}${rest}</ul>`;
}

/** ECharts, whole: the page has to work anywhere. */
function library(): string {
  const manifest = createRequire(import.meta.url).resolve("echarts/package.json");
  const file = path.join(path.dirname(manifest), "dist", "echarts.min.js");
  return readFileSync(file, "utf8").replaceAll("</script", "<\\/script");
}

/** The page's own program, with the texts of values that it shares with this one. */
function client(): string {
  return ["format.ts", "client.ts"]
    .map((name) => stripTypeScriptTypes(readFileSync(path.join(import.meta.dirname, name), "utf8")))
    .join("\n")
    .replaceAll(/^export /gm, "")
    .replaceAll(/^import .*$/gm, "");
}
