/**
 * Runs the checks and the test projects one after another, names what failed, and ends with
 * `N passed, N failed`.
 *
 * Usage: `node test/run.ts [stage…]`; without a stage, all of them.
 *
 * A file of the kinds that start programs is run once more when a test of it failed, since a machine that is
 * busy with something else can starve a program past its deadline. What passed only then is named too:
 * it is a test to be made steady.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import * as path from "node:path";

import { ensureTools, SdkChanged } from "../local/toolchain/build.ts";
import { cacheDirectory, repositoryRoot } from "../local/toolchain/tools.ts";
import { outcomes, summed, summedAgain, type Counts, type FileOutcome } from "./support/outcomes.ts";

interface Stage {
  readonly name: string;
  readonly run: (output: Output) => Promise<Counts>;
  /** Stage that this one may run beside: it waits more than it computes. */
  readonly beside?: string;
}

const start = Date.now();
const say = (line: string): void => {
  const seconds = Math.round((Date.now() - start) / 1000);
  console.log(
    `[${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, "0")}] ${line}`,
  );
};

/** Where the output of a stage goes: to the terminal at once, or, beside another stage, when it is over. */
type Output = "terminal" | "later";

/** Runs a command of the project's own installation; resolves to its exit code. */
async function run(command: string, args: readonly string[], output: Output = "terminal"): Promise<number> {
  const child = spawn(command, args, {
    cwd: repositoryRoot,
    stdio: output === "terminal" ? "inherit" : ["ignore", "pipe", "pipe"],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      process.stdout.write(Buffer.concat(chunks));
      resolve(code ?? 1);
    });
  });
}

const bin = (name: string): string => path.join(repositoryRoot, "node_modules", ".bin", name);

/** A check that counts as one test. */
const check = (name: string, command: string, args: readonly string[]): Stage => ({
  name,
  run: async () =>
    (await run(command, args)) === 0
      ? { passed: 1, failed: [], unsteady: [] }
      : { passed: 0, failed: [name], unsteady: [] },
});

/** Runs files of a vitest project, all without a list. */
async function vitest(name: string, to: Output, files: readonly string[] = []): Promise<FileOutcome[]> {
  const output = path.join(cacheDirectory(), "reports", `${name}.json`);
  mkdirSync(path.dirname(output), { recursive: true });
  rmSync(output, { force: true });
  const args = ["run", `--project=${name}`, "--reporter=default", "--reporter=json"];
  const code = await run(bin("vitest"), [...args, `--outputFile.json=${output}`, ...files], to);
  return outcomes(existsSync(output) ? readFileSync(output, "utf8") : undefined, code, repositoryRoot);
}

const project = (
  name: string,
  { again = false, ...rest }: { readonly again?: boolean; readonly beside?: string } = {},
): Stage => ({
  name,
  ...rest,
  run: async (to) => {
    const first = await vitest(name, to);
    const failing = first.filter(({ failed }) => failed.length > 0);
    // A run that left no report names no file that could be run again.
    const files = failing.flatMap(({ file }) => (file === undefined ? [] : [file]));
    if (!again || files.length === 0 || files.length < failing.length) {
      return summed(first);
    }
    say(`${name}: once more ${files.join(" ")} …`);
    return summedAgain(first, await vitest(name, to, files));
  },
});

const stages: readonly Stage[] = [
  check("format", bin("prettier"), ["--check", "--log-level=warn", "."]),
  check("types", process.execPath, [
    "node_modules/typescript-native/bin/tsc",
    "--noEmit",
    "-p",
    "tsconfig.json",
  ]),
  check("lint", bin("eslint"), [".", "--max-warnings=0"]),
  project("unit"),
  project("engine", { again: true }),
  project("tools", { again: true }),
  project("e2e", { again: true, beside: "tools" }),
];

const groups: Readonly<Record<string, readonly string[]>> = { check: ["format", "types", "lint"] };
const needTools = new Set(["tools", "engine", "e2e"]);

const asked = process.argv.slice(2).flatMap((name) => groups[name] ?? [name]);
const unknown = asked.filter((name) => !stages.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(
    `unknown stage: ${unknown.join(", ")}; known: check, ${stages.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}
const chosen = asked.length === 0 ? stages : stages.filter(({ name }) => asked.includes(name));

let passed = 0;
const failed: string[] = [];
const unsteady: string[] = [];
try {
  if (chosen.some(({ name }) => needTools.has(name))) {
    await ensureTools(say).catch((error: unknown) => {
      // The tests that load the SDK are processes of their own and get the new one.
      if (!(error instanceof SdkChanged)) {
        throw error;
      }
      return ensureTools(say);
    });
  }
  const runStage = async (stage: Stage, output: Output): Promise<void> => {
    say(`${stage.name} …`);
    const counts = await stage.run(output);
    passed += counts.passed;
    failed.push(...counts.failed);
    unsteady.push(...counts.unsteady);
    say(`${stage.name}: ${String(counts.passed)} passed, ${String(counts.failed.length)} failed`);
  };
  const isBeside = ({ beside }: Stage): boolean => chosen.some(({ name }) => name === beside);
  for (const stage of chosen) {
    if (isBeside(stage)) continue;
    const others = chosen.filter(({ beside }) => beside === stage.name);
    await Promise.all([
      runStage(stage, "terminal"),
      ...others.map(async (other) => {
        await runStage(other, "later");
      }),
    ]);
  }
} catch (error) {
  failed.push(error instanceof Error ? error.message : String(error));
}
for (const line of unsteady) {
  console.log(`passed only when run again: ${line}`);
}
for (const line of failed) {
  console.log(`failed: ${line}`);
}
console.log(`${String(passed)} passed, ${String(failed.length)} failed`);
process.exitCode = failed.length === 0 && passed > 0 ? 0 : 1;
