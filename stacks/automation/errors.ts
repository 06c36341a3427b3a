import { stripColours, diagnosticLine, type ChangeCounts } from "./events.ts";

/** An update that failed, in lines that a person can act on. */
export class UpdateError extends Error {
  /** What failed, one entry for each cause. */
  readonly lines: readonly string[];
  /** What was changed before it failed. */
  readonly counts: ChangeCounts;

  constructor(what: string, lines: readonly string[], counts: ChangeCounts) {
    const changed = counts.created + counts.updated + counts.replaced + counts.deleted;
    const effect =
      changed === 0 ? "nothing was changed" : `${String(changed)} resources were changed before it`;
    super([`${what} failed; ${effect}:`, ...lines.map((line) => `  ${line}`)].join("\n"));
    this.name = "UpdateError";
    this.lines = lines;
    this.counts = counts;
  }
}

/** The causes in the text of a failed command: its `error:` lines, or its last lines where it has none. */
export function errorLinesOf(output: string): string[] {
  const lines = stripColours(output)
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== "");
  const start = lines.findIndex((line) => /^\s*error:/i.test(line));
  const relevant = start < 0 ? lines.slice(-3) : lines.slice(start).filter((line) => !/^\s*at /.test(line));
  const found = [
    ...new Set(relevant.map((line) => diagnosticLine(undefined, line.trim())).filter((line) => line !== "")),
  ];
  return found.length === 0
    ? ["the CLI gave no reason; run it with PULUMI_LOG_LEVEL or -v=9 to see more"]
    : found.slice(0, 20);
}
