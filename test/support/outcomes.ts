/** What a run of vitest found, file by file, from the report that its `json` reporter writes. */
import * as path from "node:path";

/** What a stage found. */
export interface Counts {
  readonly passed: number;
  /** What failed: a line each. */
  readonly failed: readonly string[];
  /** What failed first and passed when it was run again. */
  readonly unsteady: readonly string[];
}

/** What one file found; `file` is missing for a failure that belongs to none. */
export interface FileOutcome {
  readonly file?: string;
  readonly passed: number;
  /** A line for each failed test: its file, its name, and the first line of why. */
  readonly failed: readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

const firstLine = (text: string | undefined): string => text?.split("\n", 1)[0]?.slice(0, 300) ?? "";

/**
 * The outcome of each file.
 *
 * @param report The text of vitest's JSON report; undefined when it wrote none.
 * @param code   The exit code: a run that failed in no test of any file is a failure all the same.
 * @param root   The folder that names of files are relative to.
 */
export function outcomes(report: string | undefined, code: number, root: string): FileOutcome[] {
  if (report === undefined) {
    return [{ passed: 0, failed: [`vitest wrote no report; exit code ${String(code)}`] }];
  }
  const files = (JSON.parse(report) as Report).testResults.map((result): FileOutcome => {
    const file = path.relative(root, result.name);
    const failed = result.assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages?.[0])}`);
    // A file that cannot be loaded, or whose set-up failed, has no failed test.
    const broken = result.status === "failed" && failed.length === 0;
    return {
      file,
      passed: result.assertionResults.filter(({ status }) => status === "passed").length,
      failed: broken ? [`${file}: ${firstLine(result.message)}`] : failed,
    };
  });
  return code !== 0 && files.every(({ failed }) => failed.length === 0)
    ? [...files, { passed: 0, failed: [`vitest: exit code ${String(code)} and no failed test`] }]
    : files;
}

/** The outcome of one run. */
export function summed(run: readonly FileOutcome[]): Counts {
  return {
    passed: run.reduce((sum, { passed }) => sum + passed, 0),
    failed: run.flatMap(({ failed }) => failed),
    unsteady: [],
  };
}

/** The outcome when the failed files of a run were run again: the second time counts. */
export function summedAgain(first: readonly FileOutcome[], second: readonly FileOutcome[]): Counts {
  const again = new Map(second.map((outcome) => [outcome.file, outcome]));
  const kept = first.filter(({ file }) => !again.has(file));
  return {
    ...summed([...kept, ...second]),
    // What fails again is named as failed, and not twice.
    unsteady: first
      .filter(({ file }) => again.get(file)?.failed.length === 0)
      .flatMap(({ failed }) => failed),
  };
}
