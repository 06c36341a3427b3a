/**
 * Refuses a release whose version promises more than its schema keeps. To be run before a version is published.
 *
 *     node package/check-release.ts v0.1.0        compares the working tree with what that tag or commit holds
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { compareSchemas, isAtLeast, leastVersion, type Comparison } from "./compatibility.ts";
import { SCHEMA_FILE, type PackageSchema } from "./schema.ts";

/** A version of the package: its number, its schema and its changelog. */
export interface Release {
  version: string;
  schema: PackageSchema;
  changelog: string;
}

/** What stands in the way of releasing `next` after `last`; empty when nothing does. */
export function releaseProblems(
  last: Release,
  next: Release,
): { comparison: Comparison; problems: string[] } {
  const comparison = compareSchemas(last.schema, next.schema);
  const least = leastVersion(last.version, comparison.level);
  const problems: string[] = [];
  if (!isAtLeast(next.version, least))
    problems.push(
      `package.json version: got ${next.version}; expected ${least} or higher, because the change since ${last.version} is ${comparison.level}; raise it`,
    );
  const heading = new RegExp(`^## \\[?v?${next.version.replaceAll(".", String.raw`\.`)}\\b`, "m");
  if (!heading.test(next.changelog))
    problems.push(
      `CHANGELOG.md: got no section ${next.version}; expected one; rename "Unreleased" and start a new one above it`,
    );
  if (comparison.level === "breaking" && !/^### Migration/m.test(sectionOf(next.changelog, heading)))
    problems.push(
      `CHANGELOG.md: got no "### Migration" in the section ${next.version}; expected one, because the change is breaking; say what users have to do`,
    );
  return { comparison, problems };
}

function sectionOf(changelog: string, heading: RegExp): string {
  const start = changelog.search(heading);
  if (start < 0) return "";
  const rest = changelog.slice(start + 3);
  const end = rest.search(/^## /m);
  return end < 0 ? rest : rest.slice(0, end);
}

function releaseOf(read: (path: string) => string): Release {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  const schema = JSON.parse(read("package/schema.json")) as PackageSchema;
  return { version, schema, changelog: read("CHANGELOG.md") };
}

if (import.meta.main) {
  const [revision] = process.argv.slice(2);
  const root = join(import.meta.dirname, "..");
  if (revision === undefined) {
    console.error("usage: node package/check-release.ts REVISION, such as v0.1.0");
    process.exit(2);
  }
  const git = (path: string): string =>
    execFileSync("git", ["show", `${revision}:${path}`], {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 64 << 20,
    });
  const current = (path: string): string =>
    readFileSync(path === "package/schema.json" ? SCHEMA_FILE : join(root, path), "utf8");
  const { comparison, problems } = releaseProblems(releaseOf(git), releaseOf(current));
  for (const { level, path, what } of comparison.findings) console.log(`${level}: ${path}: ${what}`);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
