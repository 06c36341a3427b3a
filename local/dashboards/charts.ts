/** Options of ECharts for the panels that are charts. Pure; texts of values are made in the page. */
import type { PanelResult } from "./data.ts";

/** A chart as the page draws it: options of ECharts, and Grafana's unit of each axis. */
export interface Chart {
  readonly option: object;
  readonly unit: string;
  /** Texts of the buckets of a heatmap, from the lowest on. */
  readonly buckets?: readonly string[];
}

/** Colours of lines; told apart in light and dark, and by people who see red and green alike. */
export const PALETTE = [
  "#3b82f6",
  "#f59e0b",
  "#10b981",
  "#a855f7",
  "#ec4899",
  "#06b6d4",
  "#84cc16",
  "#f97316",
  "#6366f1",
  "#14b8a6",
] as const;

/** Lines that are told apart; more are in the data, not in the picture. */
export const MOST_LINES = 20;

const COLORS: Readonly<Record<string, string>> = {
  green: "#22a06b",
  yellow: "#d99a00",
  orange: "#e8710a",
  red: "#e5484d",
};

/** A threshold colour. */
export function colorOf(name: string): string {
  return COLORS[name] ?? name;
}

/** The colour of a value: that of the highest step at or below it. */
export function colorAt(value: number, thresholds: PanelResult["panel"]["thresholds"]): string {
  const reached = thresholds.filter(({ from }) => from === undefined || value >= from);
  return colorOf(reached.at(-1)?.color ?? "green");
}

/** Lines over time. */
export function lineChart({ panel, series }: PanelResult): Chart {
  const thresholds = panel.thresholds.flatMap(({ from, color }) =>
    from === undefined
      ? []
      : [
          {
            yAxis: from,
            lineStyle: { color: colorOf(color), type: "dashed", width: 1 },
            label: { show: false },
          },
        ],
  );
  const highest = Math.max(0, ...series.flatMap(({ points }) => points.map(([, value]) => value ?? 0)));
  // A threshold far above the data would press them to the ground.
  const near = thresholds.filter(
    ({ yAxis }) => panel.stacked || yAxis <= highest * 3 || panel.max !== undefined,
  );
  const top = Math.max(panel.max ?? 0, ...near.map(({ yAxis }) => yAxis * 1.05), highest === 0 ? 1 : 0);
  return {
    unit: panel.unit,
    option: {
      animation: false,
      color: PALETTE,
      grid: { left: 8, right: 16, top: 14, bottom: 4, containLabel: true },
      tooltip: { trigger: "axis", order: "valueDesc", confine: true },
      xAxis: { type: "time", splitLine: { show: false } },
      yAxis: {
        type: "value",
        ...(panel.min === undefined ? {} : { min: panel.min }),
        ...(top > 0 && top >= highest ? { max: top } : {}),
        splitNumber: 4,
        axisLabel: { showMaxLabel: top === (panel.max ?? 0) || top === 1 || top < highest },
      },
      series: series.slice(0, MOST_LINES).map(({ name, points }, index) => ({
        type: "line",
        name: name === "" ? panel.title : name,
        data: points.map(([time, value]) => [time, value !== null && Number.isFinite(value) ? value : null]),
        showSymbol: points.filter(([, value]) => value !== null).length === 1,
        connectNulls: false,
        lineStyle: { width: panel.stacked ? 1 : 2 },
        areaStyle: { opacity: panel.stacked ? 0.45 : 0.07 },
        ...(panel.stacked ? { stack: "all" } : {}),
        ...(index === 0 && near.length > 0 ? { markLine: { silent: true, symbol: "none", data: near } } : {}),
      })),
    },
  };
}

/** The course of a number, behind it. */
export function sparkline({ panel, series }: PanelResult, color: string): Chart {
  const [first] = series;
  return {
    unit: panel.unit,
    option: {
      animation: false,
      grid: { left: 0, right: 0, top: 4, bottom: 0 },
      xAxis: { type: "time", show: false },
      yAxis: { type: "value", show: false, min: "dataMin" },
      series: [
        {
          type: "line",
          silent: true,
          data: (first?.points ?? []).map(([time, value]) => [time, Number.isFinite(value) ? value : null]),
          showSymbol: false,
          lineStyle: { width: 1.5, color },
          areaStyle: { color, opacity: 0.14 },
        },
      ],
    },
  };
}

/** Buckets over time; of each the observations that are not in the one below. */
export function heatmapChart({ panel, series }: PanelResult): Chart {
  const bounds = [...series]
    .map((line) => ({ ...line, bound: line.labels["le"] === "+Inf" ? Infinity : Number(line.labels["le"]) }))
    .sort((left, right) => left.bound - right.bound);
  const own = bounds.map(({ points }, index) =>
    points.map(([time, value], at): [number, number] => {
      const below = bounds[index - 1]?.points[at]?.[1] ?? 0;
      return [time, Math.max(0, (value ?? 0) - below)];
    }),
  );
  const used = own.map((points) => points.some(([, value]) => value > 0));
  const [low, high] = [
    Math.max(0, used.indexOf(true) - 1),
    Math.min(own.length - 1, used.lastIndexOf(true) + 1),
  ];
  const kept = own.slice(low, high + 1);
  const times = (own[0] ?? []).map(([time]) => time);
  const cells = kept.flatMap((points, row) =>
    points.flatMap(([, value], column) => (value > 0 ? [[column, row, value]] : [])),
  );
  return {
    unit: panel.unit,
    buckets: bounds.slice(low, high + 1).map(({ bound }) => String(bound)),
    option: {
      animation: false,
      grid: { left: 8, right: 16, top: 14, bottom: 4, containLabel: true },
      tooltip: { confine: true },
      xAxis: { type: "category", data: times, axisTick: { show: false } },
      yAxis: { type: "category", data: kept.map((_, row) => row), axisTick: { show: false } },
      visualMap: {
        show: false,
        min: 0,
        max: Math.max(1e-9, ...cells.map(([, , value]) => value ?? 0)),
        inRange: { color: ["#1e3a8a", "#2563eb", "#06b6d4", "#34d399", "#fde047"] },
      },
      series: [{ type: "heatmap", data: cells, itemStyle: { borderWidth: 0 } }],
    },
  };
}
