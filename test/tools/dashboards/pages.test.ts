import * as http from "node:http";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dashboards } from "../../../dashboards/index.ts";
import { ensureChromium, openBrowser, takePicture } from "../../../local/dashboards/browser.ts";
import { readBoard } from "../../../local/dashboards/data.ts";
import { previewBoard } from "../../../local/dashboards/model.ts";
import { pageFile, renderPage } from "../../../local/dashboards/page.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "vllm-monitoring-pages-"));
let browser: Browser;
let server: http.Server;
let url: string;

/** Two series of a waving line for whatever is asked, with every bucket that a heatmap may want. */
function answer(address: URL): object {
  if (address.pathname.includes("/label/")) return { data: [] };
  const [start, end, step] = ["start", "end", "step"].map((name) => Number(address.searchParams.get(name)));
  const count = step ? Math.round(((end ?? 0) - (start ?? 0)) / step) + 1 : 1;
  const series = ["0.5", "1", "+Inf"].map((le, index) => {
    const values = Array.from({ length: count }, (_, at) => [
      (start ?? 0) + at * (step ?? 0),
      String(1 + index + Math.sin(at / 5) / 2),
    ]);
    return { metric: { le, model_name: `model ${le}` }, ...(step ? { values } : { value: values[0] }) };
  });
  return { data: { result: series } };
}

beforeAll(async () => {
  server = http.createServer((request, response) => {
    const address = new URL(request.url ?? "", "http://localhost");
    response.end(JSON.stringify({ status: "success", ...answer(address) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  browser = await openBrowser(ensureChromium(console.log));
}, 600_000);

afterAll(async () => {
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true });
});

describe("pages in Chromium", () => {
  it.each(dashboards())("$name shows its title, its panels and no error", async ({ dashboard }) => {
    const board = previewBoard(dashboard);
    const result = await readBoard(board, { url, end: 1_800_000_000, range: 1800, scrapeInterval: 15 });
    const file = path.join(folder, pageFile(board.uid));
    const pages = [{ title: board.title, file: pageFile(board.uid) }];
    writeFileSync(file, renderPage(result, { source: "a test", range: "30 minutes", pages }));
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on("pageerror", ({ message }) => errors.push(message));
    tab.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
    });
    tab.on("request", (request) => {
      if (!request.url().startsWith("file:")) errors.push(`loads ${request.url()}`);
    });
    await tab.goto(pathToFileURL(file).href, { timeout: 120_000 });
    await tab.waitForSelector("body[data-drawn]", { state: "attached", timeout: 120_000 });
    expect(await tab.title()).toBe(board.title);
    const titles = board.sections.flatMap(({ panels }) => panels.map(({ title }) => title));
    expect(await tab.locator("article h3").allTextContents()).toEqual(titles);
    expect(await tab.locator("article:not(.drawn)").count()).toBe(0);
    const charts = board.sections.flatMap(({ panels }) => panels.filter(({ type }) => type !== "bargauge"));
    expect(await tab.locator(".chart:has(canvas)").count()).toBe(charts.length);
    expect(errors).toEqual([]);
    await tab.close();
  });

  it("draws light and dark pictures that differ", async () => {
    const page = path.join(folder, pageFile("vllm-fleet-overview"));
    const [light, dark] = [path.join(folder, "light.png"), path.join(folder, "dark.png")];
    await takePicture(browser, page, light, { scheme: "light", height: 900 });
    await takePicture(browser, page, dark, { scheme: "dark", height: 900 });
    expect(readFileSync(light).subarray(1, 4).toString()).toBe("PNG");
    expect(readFileSync(light).length).toBeGreaterThan(20_000);
    expect(readFileSync(light).equals(readFileSync(dark))).toBe(false);
  });
});
