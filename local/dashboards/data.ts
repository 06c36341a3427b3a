/** Runs the queries of dashboards on a Prometheus, as Grafana would. */
import { getJson } from "../environment/http.ts";
import type { PreviewBoard, PreviewPanel, PreviewQuery, PreviewVariable } from "./model.ts";

/** One line, bar or bucket. */
export interface DrawnSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds and value; null where there is none. */
  readonly points: readonly (readonly [number, number | null])[];
}

/** What became of a panel. `off`: its condition does not hold. `empty`: it should have data and has none. */
export type PanelState = "drawn" | "off" | "empty" | "failed";

/** A panel with its data. */
export interface PanelResult {
  readonly panel: PreviewPanel;
  readonly state: PanelState;
  /** The condition, or the error. */
  readonly reason: string;
  readonly series: readonly DrawnSeries[];
  /** Of the slowest query. */
  readonly milliseconds: number;
}

/** A dashboard with its data. */
export interface BoardResult {
  readonly board: PreviewBoard;
  readonly sections: readonly { readonly title: string; readonly panels: readonly PanelResult[] }[];
}

/** What is asked of Prometheus. */
export interface DataOptions {
  /** Address, without a path. */
  readonly url: string;
  /** End of the range, Unix time in seconds. */
  readonly end: number;
  /** Length of the range in seconds. */
  readonly range: number;
  /** Seconds between two samples of a target. */
  readonly scrapeInterval: number;
}

/** Points that a chart has room for. */
const POINTS = 240;

/** Seconds between two points of a range. */
export function stepOf({ range, scrapeInterval }: DataOptions): number {
  return Math.max(scrapeInterval, Math.ceil(range / POINTS / scrapeInterval) * scrapeInterval);
}

/** A query with everything filled in that Grafana fills in. */
export function fillIn(expr: string, values: ReadonlyMap<string, string>, options: DataOptions): string {
  const step = stepOf(options);
  const rateInterval = Math.max(step + options.scrapeInterval, 4 * options.scrapeInterval);
  return expr
    .replaceAll("$__rate_interval", `${String(rateInterval)}s`)
    .replaceAll("$__interval", `${String(step)}s`)
    .replaceAll("$__range", `${String(options.range)}s`)
    .replaceAll(/\$(\w+)/g, (whole, name: string) => values.get(name) ?? whole);
}

/**
 * The value of each variable when a dashboard is opened: all, or, where all can't be chosen, every value that there is.
 * Nothing to choose makes an empty group, as in Grafana.
 */
export async function variableValues(
  variables: readonly PreviewVariable[],
  url: string,
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const { name, query, all } of variables) values.set(name, all ?? (await everyValue(query, url)));
  return values;
}

async function everyValue(query: string, url: string): Promise<string> {
  const match = /^label_values\((.+), (\w+)\)$/.exec(query);
  if (match === null) throw new Error(`variable query "${query}" is none that the preview understands`);
  const [, series = "", label = ""] = match;
  const address = `${url}/api/v1/label/${label}/values?${new URLSearchParams({ "match[]": series }).toString()}`;
  const { data } = await getJson<{ data: string[] }>(address, { timeoutMs: 30_000 });
  return `(${data.map((value) => value.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\\\$&")).join("|")})`;
}

/** Runs every query of a dashboard, one after another: the time of each is its own. */
export async function readBoard(board: PreviewBoard, options: DataOptions): Promise<BoardResult> {
  const values = await variableValues(board.variables, options.url);
  const sections = [];
  for (const { title, panels } of board.sections) {
    const results: PanelResult[] = [];
    for (const panel of panels) results.push(await readPanel(panel, values, options));
    sections.push({ title, panels: results });
  }
  return { board, sections };
}

async function readPanel(
  panel: PreviewPanel,
  values: ReadonlyMap<string, string>,
  options: DataOptions,
): Promise<PanelResult> {
  const series: DrawnSeries[] = [];
  let milliseconds = 0;
  try {
    for (const query of panel.queries) {
      const start = performance.now();
      series.push(...(await runQuery(query, values, options)));
      milliseconds = Math.max(milliseconds, performance.now() - start);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { panel, state: "failed", reason, series: [], milliseconds };
  }
  const seen = series.filter(({ points }) => points.some(([, value]) => value !== null));
  if (seen.length > 0) return { panel, state: "drawn", reason: "", series: seen, milliseconds };
  const off = panel.noValue.startsWith("off: ");
  return { panel, state: off ? "off" : "empty", reason: panel.noValue, series: [], milliseconds };
}

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

async function runQuery(
  { expr, legend, instant }: PreviewQuery,
  values: ReadonlyMap<string, string>,
  options: DataOptions,
): Promise<DrawnSeries[]> {
  const query = fillIn(expr, values, options);
  const step = stepOf(options);
  const end = Math.floor(options.end / step) * step;
  const start = end - Math.floor(options.range / step) * step;
  const parameters: Record<string, string> = instant
    ? { query, time: String(options.end) }
    : { query, start: String(start), end: String(end), step: String(step) };
  const path = `${instant ? "query" : "query_range"}?${new URLSearchParams(parameters).toString()}`;
  const { data } = await getJson<Answer>(`${options.url}/api/v1/${path}`, { timeoutMs: 60_000 });
  return data.result.map(({ metric, value, values: all }) => ({
    name: legend.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => metric[label] ?? "").trim(),
    labels: metric,
    points: onGrid(all ?? (value === undefined ? [] : [value]), instant ? undefined : { start, end, step }),
  }));
}

/** Points at every step, null where a sample is missing, so that gaps are seen as gaps. */
function onGrid(
  samples: readonly (readonly [number, string])[],
  grid: { start: number; end: number; step: number } | undefined,
): [number, number | null][] {
  const numberOf = (text: string): number | null => {
    const value = text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
    return Number.isNaN(value) ? null : value;
  };
  if (grid === undefined) return samples.map(([time, text]) => [time * 1000, numberOf(text)]);
  const byTime = new Map(samples.map(([time, text]) => [time, numberOf(text)]));
  const count = Math.round((grid.end - grid.start) / grid.step) + 1;
  return Array.from({ length: count }, (_, index) => {
    const time = grid.start + index * grid.step;
    return [time * 1000, byTime.get(time) ?? null];
  });
}
