import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { repositoryRoot } from "../local/toolchain/tools.ts";
import type { Measurement } from "./report.ts";

const vitest = path.join(repositoryRoot, "node_modules", "vitest", "vitest.mjs");

/** What a contributor waits for: the unit tests of all components, with mocks, no network and no cloud. */
export async function costOfTests(): Promise<Measurement[]> {
  const directory = mkdtempSync(path.join(tmpdir(), "bench-tests-"));
  const report = path.join(directory, "report.json");
  const args = ["run", "--project=unit", "--reporter=json", `--outputFile=${report}`, "test/unit/components"];
  try {
    const begun = performance.now();
    const child = spawn(process.execPath, [vitest, ...args], { cwd: repositoryRoot, stdio: "ignore" });
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    const seconds = (performance.now() - begun) / 1000;
    const { numTotalTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8")) as {
      numTotalTests: number;
      numFailedTests: number;
    };
    if (code !== 0) throw new Error(`vitest: ${String(numFailedTests)} tests failed`);
    const details = `${String(numTotalTests)} tests`;
    return [{ what: "unit tests of all components", value: seconds, unit: "s", limit: 10, details }];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
