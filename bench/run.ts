/** Measures and writes docs/benchmarks.md. Usage: `node bench/run.ts [--check]`; with --check nothing is written. */
import { writeFileSync } from "node:fs";
import * as path from "node:path";

import { prepare } from "../local/cli/up.ts";
import { openSession } from "../local/cli/session.ts";
import { progressSince } from "../local/cli/progress.ts";
import { stopEmbedded } from "../local/embedded.ts";
import { repositoryRoot } from "../local/toolchain/tools.ts";
import { platformUp } from "./platform.ts";
import { previewOfFleet } from "./preview.ts";
import { seriesBudget } from "./series.ts";
import { isWithin, markdown, type Measurement } from "./report.ts";

const progress = progressSince(Date.now());
const session = openSession("local");
const groups: Record<string, Measurement[]> = {};
progress("series of a replica …");
groups["Series"] = seriesBudget();
progress("the embedded platform …");
groups["The embedded platform"] = await platformUp();
progress("preview of a fleet …");
await prepare(session, progress);
groups["The engine"] = await previewOfFleet();
await stopEmbedded(session.environment, progress);

const text = markdown(groups, new Date());
console.log(text);
if (!process.argv.includes("--check")) {
  writeFileSync(path.join(repositoryRoot, "docs", "benchmarks.md"), text);
}
process.exitCode = Object.values(groups).flat().every(isWithin) ? 0 : 1;
