/** Draws the charts of a page. Runs in the browser, after format.ts. */
import { formatValue } from "./format.ts";

interface Drawable {
  readonly option: Record<string, unknown>;
  readonly unit: string;
  readonly buckets?: readonly string[];
}

interface PageElement {
  readonly dataset: Record<string, string>;
  readonly textContent: string;
}

interface Instance {
  setOption(option: object, replace: boolean): void;
  resize(): void;
}

declare const echarts: { init(element: PageElement, theme: null, options: object): Instance };
declare const document: {
  readonly documentElement: object;
  getElementById(id: string): PageElement;
  querySelectorAll(selector: string): Iterable<PageElement>;
  readonly body: { readonly dataset: Record<string, string> };
};
declare const getComputedStyle: (element: object) => { getPropertyValue(name: string): string };
declare const addEventListener: (name: string, listener: () => void) => void;
declare const matchMedia: (query: string) => { addEventListener(name: string, listener: () => void): void };

const drawables = JSON.parse(document.getElementById("charts").textContent) as Drawable[];
const drawn = [...document.querySelectorAll("[data-chart]")].flatMap((element) => {
  const drawable = drawables[Number(element.dataset["chart"])];
  if (drawable === undefined) return [];
  return [{ drawable, instance: echarts.init(element, null, { renderer: "canvas" }) }];
});

const merge = (base: unknown, more: Record<string, unknown> & { axisLabel?: object }): object => {
  const own = base as { axisLabel?: object } | undefined;
  return { ...own, ...more, axisLabel: { ...own?.axisLabel, ...more.axisLabel } };
};
const clock = (value: unknown): string => new Date(Number(value)).toISOString().slice(11, 16);

function dressed({ option, unit, buckets }: Drawable): object {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const label = { color: color("--muted"), fontSize: 11 };
  const text = (value: unknown): string => formatValue(Number(value), unit);
  const bucket = (row: unknown): string => {
    const bound = buckets?.[Number(row)] ?? "";
    return bound === "Infinity" ? "more" : formatValue(Number(bound), unit);
  };
  return {
    ...option,
    textStyle: { fontFamily: "inherit" },
    xAxis: merge(option["xAxis"], {
      axisLabel: { ...label, hideOverlap: true, ...(buckets === undefined ? {} : { formatter: clock }) },
      axisLine: { lineStyle: { color: color("--line") } },
      axisTick: { show: false },
    }),
    yAxis: merge(option["yAxis"], {
      axisLabel: { ...label, hideOverlap: true, formatter: buckets === undefined ? text : bucket },
      splitLine: { show: buckets === undefined, lineStyle: { color: color("--line") } },
    }),
    tooltip: {
      ...(option["tooltip"] as object | undefined),
      backgroundColor: color("--card"),
      borderColor: color("--line"),
      textStyle: { color: color("--text"), fontSize: 12 },
      ...(buckets === undefined
        ? { valueFormatter: text }
        : {
            formatter: ({ value }: { value: number[] }) =>
              `up to ${bucket(value[1])}: ${formatValue(value[2] ?? 0, "ops")}`,
          }),
    },
  };
}

function draw(): void {
  for (const { drawable, instance } of drawn) instance.setOption(dressed(drawable), true);
  document.body.dataset["drawn"] = "yes";
}

draw();
addEventListener("resize", () => {
  for (const { instance } of drawn) instance.resize();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
