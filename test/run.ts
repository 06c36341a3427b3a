/**
 * Runs the checks and the test projects one after another and ends with `N passed, N failed`.
 *
 * Usage: `node test/run.ts [stage…]`; without a stage, all of them.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import * as path from "node:path";

import { ensureTools, SdkChanged } from "../local/toolchain/build.ts";
import { cacheDirectory, repositoryRoot } from "../local/toolchain/tools.ts";

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

interface Stage {
  readonly name: string;
  readonly run: () => Promise<Counts>;
}

const start = Date.now();
const say = (line: string): void => {
  const seconds = Math.round((Date.now() - start) / 1000);
  console.log(
    `[${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, "0")}] ${line}`,
  );
};

/** Runs a command of the project's own installation with the terminal's output; resolves to its exit code. */
async function run(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { cwd: repositoryRoot, stdio: "inherit" });
  return await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      resolve(code ?? 1);
    });
  });
}

const bin = (name: string): string => path.join(repositoryRoot, "node_modules", ".bin", name);

/** A check that counts as one test. */
const check = (name: string, command: string, args: readonly string[]): Stage => ({
  name,
  run: async () => ((await run(command, args)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }),
});

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

/** A vitest project; a file that cannot even be loaded counts as a failure. */
const project = (name: string): Stage => ({
  name,
  run: async () => {
    const output = path.join(cacheDirectory(), "reports", `${name}.json`);
    mkdirSync(path.dirname(output), { recursive: true });
    rmSync(output, { force: true });
    const code = await run(bin("vitest"), [
      "run",
      `--project=${name}`,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${output}`,
    ]);
    try {
      const report = JSON.parse(readFileSync(output, "utf8")) as VitestReport;
      const broken = report.numFailedTests === 0 && code !== 0 ? 1 : 0;
      return { passed: report.numPassedTests, failed: report.numFailedTests + broken };
    } catch {
      return { passed: 0, failed: 1 };
    }
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
  project("tools"),
  project("engine"),
  project("e2e"),
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
let failed = 0;
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
  for (const stage of chosen) {
    say(`${stage.name} …`);
    const counts = await stage.run();
    passed += counts.passed;
    failed += counts.failed;
    say(`${stage.name}: ${String(counts.passed)} passed, ${String(counts.failed)} failed`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  failed += 1;
}
console.log(`${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
