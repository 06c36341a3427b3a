/**
 * Measures and writes docs/benchmarks.md. Usage: `node bench/run.ts [--check] [group …]`: all groups without a name; with
 * --check nothing is written.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import { progressSince } from "../local/cli/progress.ts";
import { repositoryRoot } from "../local/toolchain/tools.ts";
import { groups } from "./groups.ts";
import { isWithin, withSection } from "./report.ts";

const page = path.join(repositoryRoot, "docs", "benchmarks.md");
const names = process.argv.slice(2).filter((name) => name !== "--check");
const progress = progressSince(Date.now());
let isGood = true;

for (const name of names.length > 0 ? names : Object.keys(groups)) {
  const group = groups[name];
  if (group === undefined) {
    console.error(`bench: there is no group "${name}"; the groups are ${Object.keys(groups).join(", ")}`);
    process.exit(2);
  }
  progress(`${group.title} …`);
  const measurements = await group.measure(progress);
  for (const measurement of measurements) {
    const { what, value, unit, limit, details } = measurement;
    const bound = limit === undefined ? "" : ` (limit ${String(limit)} ${unit})`;
    console.log(
      `${isWithin(measurement) ? " " : "!"} ${what}: ${value.toPrecision(3)} ${unit}${bound}; ${details}`,
    );
  }
  isGood &&= measurements.every(isWithin);
  if (process.argv.includes("--check")) continue;
  const before = existsSync(page) ? readFileSync(page, "utf8") : "";
  writeFileSync(page, withSection(before, group.title, measurements, new Date()));
}
process.exitCode = isGood ? 0 : 1;
