/**
 * `make signals`: runs the expression of every rule on a Prometheus, and tells what gives nothing, and why.
 *
 * Usage: `node local/signals/main.ts [--environment=local] [--prometheus=URL]`
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";

import { PrometheusApi } from "../cli/prometheus-api.ts";
import { openSession } from "../cli/session.ts";
import { urls } from "../cli/summary.ts";
import { cacheDirectory } from "../toolchain/tools.ts";
import { readSignals } from "./read.ts";
import { signalMarkdown, signalTable } from "./table.ts";

async function run(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      environment: { type: "string", default: "local" },
      prometheus: { type: "string", default: "" },
    },
  });
  const { environment, settings } = openSession(values.environment);
  const url = values.prometheus === "" ? urls(environment).prometheus : values.prometheus;
  const signals = await readSignals(new PrometheusApi(url.replace(/\/+$/, "")), settings);
  const file = path.join(cacheDirectory(), "reports", "signals.md");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, signalMarkdown(signals));
  console.log(`${signalTable(signals)}\n\nwith every expression: ${file}`);
  return signals.every(({ state }) => state !== "empty");
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  console.error(process.env["DEBUG"] === undefined ? text : error);
  process.exitCode = 1;
}
