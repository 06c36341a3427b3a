import * as http from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dashboards } from "../../../dashboards/index.ts";
import { colorAt, heatmapChart } from "../../../local/dashboards/charts.ts";
import { fillIn, readBoard, stepOf, type DataOptions } from "../../../local/dashboards/data.ts";
import { formatValue } from "../../../local/dashboards/format.ts";
import { previewBoard, type PreviewPanel } from "../../../local/dashboards/model.ts";
import { escapeHtml, renderPage } from "../../../local/dashboards/page.ts";

const END = 1_800_000_000;
let server: http.Server;
let options: DataOptions;
const asked: string[] = [];

/** A Prometheus that knows some answers by what the query names. */
beforeAll(async () => {
  server = http.createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    const query = url.searchParams.get("query") ?? "";
    asked.push(query);
    const start = Number(url.searchParams.get("start") ?? END);
    const one = {
      metric: { model_name: "<chat>", le: "0.5" },
      values: [
        [start, "3"],
        [start + 15, "NaN"],
      ],
    };
    const answer = url.pathname.includes("/label/")
      ? { data: ["a.b", "c"] }
      : { data: { result: query.includes("nothing") ? [] : [one] } };
    response.statusCode = query.includes("broken") ? 400 : 200;
    response.end(JSON.stringify({ status: "success", ...answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  options = { url: `http://127.0.0.1:${String(port)}`, end: END, range: 600, scrapeInterval: 15 };
});

afterAll(() => {
  server.close();
});

const panel = (title: string, expr: string, fields: object = {}) => ({
  type: "timeseries",
  title,
  gridPos: { w: 12, h: 8 },
  fieldConfig: { defaults: { unit: "s", noValue: "no data", ...fields } },
  targets: [{ expr, legendFormat: "{{model_name}}", range: true }],
});

const board = () =>
  previewBoard({
    uid: "u",
    title: "Title & more",
    description: "What it shows.",
    templating: {
      list: [
        {
          name: "namespace",
          type: "query",
          includeAll: true,
          allValue: ".+",
          query: { query: "label_values(up, namespace)" },
        },
        { name: "job", type: "query", includeAll: false, query: { query: "label_values(up, job)" } },
      ],
    },
    panels: [
      { type: "row", title: "Now" },
      panel("Seen", 'rate(up{namespace=~"$namespace",job=~"$job"}[$__rate_interval])'),
      panel("Off", "nothing", { noValue: "off: needs LoRA" }),
      panel("Empty", "nothing"),
      panel("Failed", "broken"),
    ],
  });

describe("the preview", () => {
  it("fills in what Grafana would, and tells off from empty from failed", async () => {
    const result = await readBoard(board(), options);
    const [section] = result.sections;
    expect(section?.panels.map(({ state }) => state)).toEqual(["drawn", "off", "empty", "failed"]);
    expect(asked).toContain('rate(up{namespace=~".+",job=~"(a\\\\.b|c)"}[60s])');
    const points = section?.panels[0]?.series[0]?.points ?? [];
    expect(points).toHaveLength(41);
    expect(points.slice(0, 3).map(([, value]) => value)).toEqual([3, null, null]);
  });

  it("makes a page that holds everything and escapes what it was given", async () => {
    const page = renderPage(await readBoard(board(), options), {
      source: "here",
      range: "10 minutes",
      pages: [{ title: "Title & more", file: "u.html" }],
    });
    const markup = page.replaceAll(/<script[^>]*>.*?<\/script>/gs, "");
    expect(page).toContain("<title>Title &amp; more</title>");
    expect(page).toContain("off: needs LoRA");
    expect(page).toContain("query failed");
    expect(page).toContain("A preview, not Grafana");
    expect(markup).toContain("&lt;chat&gt;");
    expect(markup.includes("<chat>")).toBe(false);
    expect(/<(script|link|img)[^>]+(src|href)=/.exec(markup)).toBeNull();
    const data = /<script type="application\/json" id="charts">(.*?)<\/script>/s.exec(page)?.[1] ?? "";
    expect(JSON.parse(data)).toHaveLength(1);
    const own = page.slice(page.lastIndexOf("<script>"));
    expect(own).not.toMatch(/^(import|export|interface|declare) /m);
  });

  it.each(dashboards())("can draw every panel of $name", ({ dashboard }) => {
    const { sections } = previewBoard(dashboard);
    for (const { panels } of sections) {
      for (const { queries, unit, width } of panels) {
        expect(queries.length).toBeGreaterThan(0);
        expect(unit).not.toBe("");
        expect(width).toBeGreaterThan(0);
      }
    }
    expect(() => previewBoard({ panels: [{ type: "geomap", title: "Map" }] })).toThrow(/"Map" is a geomap/);
  });
});

describe("arithmetic of the preview", () => {
  it("has steps of whole scrapes that a chart has room for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 7_000_000 }),
        fc.integer({ min: 1, max: 120 }),
        (range, scrapeInterval) => {
          const step = stepOf({ ...options, range, scrapeInterval });
          expect(step % scrapeInterval).toBe(0);
          expect(range / step).toBeLessThanOrEqual(Math.max(240, 1));
        },
      ),
    );
  });

  it("leaves no variable in a query", () => {
    const values = new Map([["pod", ".+"]]);
    expect(fillIn('x{pod=~"$pod"}[$__rate_interval]', values, options)).toBe('x{pod=~".+"}[60s]');
  });

  it("colours by the highest threshold that is reached", () => {
    const thresholds = [
      { from: undefined, color: "green" },
      { from: 1, color: "yellow" },
      { from: 2, color: "red" },
    ];
    expect([0, 1, 1.9, 2, 9].map((value) => colorAt(value, thresholds))).toEqual([
      "#22a06b",
      "#d99a00",
      "#d99a00",
      "#e5484d",
      "#e5484d",
    ]);
  });

  it("takes from each bucket what is in the one below", () => {
    const line = (le: string, value: number) => ({
      name: le,
      labels: { le },
      points: [[0, value]] as [number, number][],
    });
    const chart = heatmapChart({
      panel: { unit: "s" } as PreviewPanel,
      state: "drawn",
      reason: "",
      series: [line("+Inf", 9), line("0.5", 4), line("1", 7)],
      milliseconds: 0,
    });
    expect(chart.buckets).toEqual(["0.5", "1", "Infinity"]);
    expect(chart.option).toMatchObject({
      series: [
        {
          data: [
            [0, 0, 4],
            [0, 1, 3],
            [0, 2, 2],
          ],
        },
      ],
    });
  });

  it.each([
    [0.0123, "s", "12.3 ms"],
    [3.4567, "s", "3.5 s"],
    [7200, "s", "2 h"],
    [0.995, "percentunit", "99.5 %"],
    [0.0123, "percentunit", "1.2 %"],
    [1536, "bytes", "1.5 KiB"],
    [12_345, "short", "12.3 K"],
    [0, "short", "0"],
    [2.5, "reqps", "2.5 req/s"],
    [Infinity, "s", "∞"],
    [null, "s", "–"],
  ])("writes %j in %s as %s", (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });

  it("escapes text for HTML", () => {
    expect(escapeHtml('<a href="x">&</a>')).toBe("&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
  });
});
