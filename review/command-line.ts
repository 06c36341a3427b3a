import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, parse as parsePath } from "node:path";
import { parseArgs } from "node:util";

import { renderSnapshot } from "./render/tree.ts";
import { writeTree } from "./render/write.ts";
import { COMMENT_LIMIT, type Report } from "./report/markdown.ts";
import { chosenEnvironments, review, type Review } from "./review.ts";
import { environmentsOf } from "./run/configuration.ts";
import { runEnvironment } from "./run/run.ts";
import { collectGarbage } from "./run/tune.ts";
import { destinationLines, parseLabels, routeRows } from "./semantic/who-gets-what.ts";

const projectRoot = join(import.meta.dirname, "..");

const usage = `usage: node review/cli.ts COMMAND

  render [--environment=NAME|all] [--out=DIR]
      write everything that the environments consist of into DIR/NAME (default: .cache/render)

  review --base=REVISION [--head=REVISION] [--environment=NAME|all] [--exact-base] [--out=FILE]
      report what changes between two commits as Markdown (default: the working tree, to standard output). With --out
      the report fits into a comment; when something had to be left out, FILE.full.md has it all.

  routes --environment=NAME [--labels='severity=critical team=search']
      who gets an alert with these labels, how it is grouped and when it is sent; without labels, who gets each alert
      that the rules can raise

  preview --environment=NAME [--events=LOG] [--out=FILE]
      report what a deployment would change, by a real preview against the live state, or from the log that
      \`PULUMI_DEBUG_COMMANDS=true pulumi preview --event-log LOG\` wrote; - reads the log from standard input`;

/** Runs a command. @returns the exit code */
export async function run(args: string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "render":
      return await render(rest);
    case "review":
      return await runReview(rest);
    case "routes":
      return await routes(rest);
    case "preview":
      return await runPreview(rest);
    default:
      console.error(usage);
      return 2;
  }
}

async function render(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { environment: { type: "string" }, out: { type: "string", default: ".cache/render" } },
  });
  const environments = chosenEnvironments(values.environment, environmentsOf(projectRoot));
  for (const environment of environments) {
    const maskKey = process.env["VLLM_MONITORING_MASK_KEY"];
    const snapshot = await runEnvironment({ root: projectRoot, environment, maskKey });
    collectGarbage();
    const files = renderSnapshot(snapshot);
    const directory = join(values.out, environment);
    writeTree(directory, files);
    console.log(
      `${directory}: ${String(snapshot.resources.length)} resources in ${String(files.size)} files`,
    );
    collectGarbage();
    for (const warning of snapshot.warnings) console.error(`warning: ${warning}`);
    for (const { urn, path, key } of snapshot.leaks)
      console.error(`warning: the secret ${key} stands in clear in ${path} of ${urn}; mark it as secret`);
  }
  return 0;
}

async function runReview(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      base: { type: "string" },
      head: { type: "string" },
      environment: { type: "string" },
      "exact-base": { type: "boolean", default: false },
      out: { type: "string" },
    },
  });
  if (values.base === undefined || values.base === "") {
    console.error("--base: got nothing; expected the revision to compare with, such as main\n");
    console.error(usage);
    return 2;
  }
  const result = await review({
    root: projectRoot,
    base: values.base,
    // An empty value comes from a Makefile whose variable isn't set.
    head: values.head === "" ? undefined : values.head,
    environment: values.environment,
    exactBase: values["exact-base"],
    progress: (line) => {
      console.error(line);
    },
  });
  return finish(result, values.out);
}

async function routes(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { environment: { type: "string" }, labels: { type: "string", default: "" } },
  });
  const labels = parseLabels(values.labels);
  const [environment = ""] = chosenEnvironments(values.environment ?? "none", environmentsOf(projectRoot));
  const snapshot = await runEnvironment({ root: projectRoot, environment });
  const lines =
    Object.keys(labels).length > 0
      ? destinationLines(snapshot, labels)
      : table([["ALERT", "SEVERITY", "RECEIVERS", "WHERE"], ...routeRows(snapshot)]);
  console.log(lines.join("\n"));
  return 0;
}

/** Columns of equal width. */
function table(rows: string[][]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

async function runPreview(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { environment: { type: "string" }, events: { type: "string" }, out: { type: "string" } },
  });
  const [environment = ""] = chosenEnvironments(values.environment ?? "none", environmentsOf(projectRoot));
  const { reviewEventLog, reviewPreview } = await import("./preview/preview.ts");
  if (values.events !== undefined && values.events !== "")
    return finish(reviewEventLog(values.events, environment, projectRoot), values.out);
  const { engineOptions, openSession } = await import("../local/cli/session.ts");
  const { prepare } = await import("../local/cli/up.ts");
  const session = openSession(environment);
  const onMessage = (line: string) => {
    console.error(line);
  };
  await prepare(session, onMessage);
  return finish(await reviewPreview(engineOptions(session, { onMessage }), projectRoot), values.out);
}

function finish(result: Review, out: string | undefined): number {
  if (out === undefined || out === "") process.stdout.write(result.write().markdown);
  else console.log(`${out}: ${summary(writeReport(out, result))}`);
  for (const [environment, failure] of result.failures) console.error(`${environment}: ${failure}`);
  return result.failures.size === 0 ? 0 : 1;
}

/** Writes the report that fits into a comment, and the whole one beside it when they differ. */
export function writeReport(file: string, { write }: Pick<Review, "write">): Report {
  const { dir, name } = parsePath(file);
  const fullFile = join(dir, `${name}.full.md`);
  const report = write({ limit: COMMENT_LIMIT, fullReport: `${name}.full.md` });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, report.markdown);
  if (report.isCut) writeFileSync(fullFile, write().markdown);
  return report;
}

function summary({ isEmpty, isCut, markdown }: Report): string {
  if (isEmpty) return "no changes";
  return `${String(markdown.length)} characters${isCut ? ", with the whole report beside it" : ""}`;
}
