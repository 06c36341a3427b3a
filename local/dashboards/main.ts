/**
 * `make dashboards`: runs every query of every dashboard on a Prometheus and draws the answers.
 *
 * Usage: `node local/dashboards/main.ts [--environment=local] [--prometheus=URL] [--range=30m] [--out=DIRECTORY]`
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";

import { dashboards } from "../../dashboards/index.ts";
import { durationMilliseconds } from "../../metrics/promql/index.ts";
import { dashboardOptions } from "../../stacks/mapping/dashboards.ts";
import { table } from "../cli/progress.ts";
import { openSession } from "../cli/session.ts";
import { urls } from "../cli/summary.ts";
import { cacheDirectory } from "../toolchain/tools.ts";
import { CHROMIUM_HINT, findChromium, openBrowser, takePicture } from "./browser.ts";
import { readBoard, type BoardResult, type PanelResult } from "./data.ts";
import { previewBoard } from "./model.ts";
import { pageFile, renderPage } from "./page.ts";

function secondsOf(text: string, name: string): number {
  const milliseconds = durationMilliseconds(text);
  if (milliseconds === undefined) throw new Error(`${name} is "${text}"; write a duration such as 30m`);
  return milliseconds / 1000;
}

const panelsOf = ({ sections }: BoardResult): PanelResult[] => sections.flatMap(({ panels }) => [...panels]);

/** What is drawn, what is off, and what is empty without a reason. */
function report(results: readonly BoardResult[]): string {
  const rows = results.map((result) => {
    const panels = panelsOf(result);
    const count = (state: PanelResult["state"]) =>
      String(panels.filter((panel) => panel.state === state).length);
    const slowest = Math.max(0, ...panels.map(({ milliseconds }) => milliseconds));
    const title = result.board.title;
    return [title, count("drawn"), count("off"), count("empty"), count("failed"), `${slowest.toFixed(0)} ms`];
  });
  const troubles = results.flatMap((result) =>
    panelsOf(result).flatMap(({ panel, state, reason }) =>
      state === "drawn" ? [] : [`  ${state.padEnd(6)}  ${result.board.title}: ${panel.title} (${reason})`],
    ),
  );
  return `${table([["DASHBOARD", "DRAWN", "OFF", "EMPTY", "FAILED", "SLOWEST QUERY"], ...rows])}\n\n${troubles.join("\n")}`;
}

async function run(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      environment: { type: "string", default: "local" },
      prometheus: { type: "string", default: "" },
      range: { type: "string", default: "" },
      out: { type: "string", default: "" },
    },
  });
  const { environment, settings } = openSession(values.environment);
  const url = (values.prometheus === "" ? urls(environment).prometheus : values.prometheus).replace(
    /\/+$/,
    "",
  );
  const range = secondsOf(values.range === "" ? "30m" : values.range, "RANGE");
  const out = path.resolve(values.out === "" ? path.join(cacheDirectory(), "dashboards") : values.out);
  const options = dashboardOptions(settings);
  const end = Math.floor(Date.now() / 1000);
  const scrapeInterval = secondsOf(settings.monitoring.scrapeInterval, "monitoring.scrapeInterval");
  const results: BoardResult[] = [];
  for (const { dashboard } of dashboards(options)) {
    results.push(await readBoard(previewBoard(dashboard), { url, end, range, scrapeInterval }));
  }
  mkdirSync(out, { recursive: true });
  const pages = results.map(({ board }) => ({ title: board.title, file: pageFile(board.uid) }));
  const until = new Date(end * 1000).toISOString().slice(0, 16).replace("T", " ");
  for (const result of results) {
    const page = renderPage(result, {
      source: values.prometheus === "" ? `the environment ${values.environment}` : new URL(url).host,
      range: `${String(Math.round(range / 60))} minutes to ${until} UTC`,
      pages,
    });
    writeFileSync(path.join(out, pageFile(result.board.uid)), page);
  }
  console.log(report(results));
  await drawPictures(results, out);
  const bad = results.flatMap(panelsOf).filter(({ state }) => state === "empty" || state === "failed");
  return bad.length === 0;
}

async function drawPictures(results: readonly BoardResult[], out: string): Promise<void> {
  const executable = findChromium();
  if (executable === undefined) {
    console.log(`\npages: ${out}\nno pictures: ${CHROMIUM_HINT}`);
    return;
  }
  const browser = await openBrowser(executable);
  try {
    for (const { board } of results) {
      const page = path.join(out, pageFile(board.uid));
      for (const scheme of ["light", "dark"] as const) {
        await takePicture(browser, page, path.join(out, `${board.uid}-${scheme}.png`), { scheme });
      }
    }
  } finally {
    await browser.close();
  }
  console.log(`\npages and pictures: ${out}`);
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  console.error(process.env["DEBUG"] === undefined ? text : error);
  process.exitCode = 1;
}
