/** Python environments of the examples, made once for each set of pinned requirements. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";

import { cacheDirectory } from "../../local/toolchain/tools.ts";

const run = promisify(execFile);

/**
 * Folder of the programs of an environment that holds exactly what a file of requirements pins, hashes checked.
 *
 * @throws with what pip said, or what is missing
 */
export async function pythonEnvironment(requirements: string): Promise<string> {
  const interpreter = await findPython();
  const hash = createHash("sha256").update(readFileSync(requirements)).update(interpreter).digest("hex");
  const directory = path.join(cacheDirectory(), "python", hash.slice(0, 12));
  const bin = path.join(directory, "bin");
  const done = `${directory}.done`;
  if (existsSync(done)) return bin;
  mkdirSync(path.dirname(directory), { recursive: true });
  rmSync(directory, { recursive: true, force: true });
  await run(interpreter, ["-m", "venv", directory]);
  await run(path.join(bin, "python"), [
    ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check"],
    ...["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", requirements],
  ]);
  // Written last and by a rename: an environment that is half made never counts.
  const marker = `${done}.${String(process.pid)}`;
  mkdirSync(marker);
  renameSync(marker, done);
  return bin;
}

/** A Python of the version that the requirements are pinned for. */
async function findPython(): Promise<string> {
  const wanted = "3.11";
  for (const name of [`python${wanted}`, "python3", "python"]) {
    try {
      const script = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)";
      const { stdout } = await run(name, ["-c", script]);
      const [version, executable = ""] = stdout.trim().split(" ");
      if (version === wanted) return executable;
    } catch {
      // Not there; the next one may be.
    }
  }
  throw new Error(`Python ${wanted} with venv is needed for the Python example, and none is on PATH`);
}
