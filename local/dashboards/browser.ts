/** Pictures of pages, by a Chromium that is installed on the machine. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";

import { chromium, type Browser } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** How to get a Chromium. */
export const CHROMIUM_HINT =
  "install Chromium (Debian and Ubuntu: apt-get install chromium), or set CHROMIUM to the path of one";

/** A Chromium: what `CHROMIUM` names, or one on PATH; undefined when there is none. */
export function findChromium(): string | undefined {
  const given = process.env["CHROMIUM"];
  if (given !== undefined && given !== "") {
    if (existsSync(given)) return given;
    throw new Error(`CHROMIUM is "${given}", which does not exist; ${CHROMIUM_HINT}`);
  }
  return (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .flatMap((directory) => names.map((name) => path.join(directory, name)))
    .find((file) => existsSync(file));
}

/** A Chromium, installed from the system's packages when there is none and the system allows it. */
export function ensureChromium(say: (line: string) => void): string {
  const found = findChromium();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0) {
    say("installing Chromium …");
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    for (const args of [
      ["update"],
      ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
    ]) {
      spawnSync("apt-get", ["-qq", ...args], { env: environment });
    }
    const installed = findChromium();
    if (installed !== undefined) return installed;
  }
  throw new Error(`there is no Chromium; ${CHROMIUM_HINT}`);
}

/** Starts Chromium; the caller closes it. */
export async function openBrowser(executablePath: string): Promise<Browser> {
  // A root user has no sandbox to start; the pages are our own and load nothing.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return await chromium.launch({ executablePath, args: [...args, "--disable-gpu"], timeout: 120_000 });
}

/** How a page is drawn. */
export interface PictureOptions {
  readonly scheme: "light" | "dark";
  /** Pixels. Default 1440. */
  readonly width?: number;
  /** Height in pixels from the top; default: all of it. */
  readonly height?: number;
}

/** Writes a picture of a page. @throws Error with what the page reports as an error */
export async function takePicture(
  browser: Browser,
  page: string,
  picture: string,
  { scheme, width = 1440, height }: PictureOptions,
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height: height ?? 900 },
    colorScheme: scheme,
  });
  try {
    const tab = await context.newPage();
    const errors: string[] = [];
    tab.on("pageerror", ({ message }) => errors.push(message));
    await tab.goto(pathToFileURL(page).href, { timeout: 120_000 });
    await tab.waitForSelector("body[data-drawn]", { state: "attached", timeout: 120_000 });
    if (errors.length > 0) throw new Error(`${page}: ${errors.join("; ")}`);
    await tab.screenshot({ path: picture, fullPage: height === undefined, timeout: 120_000 });
  } finally {
    await context.close();
  }
}
