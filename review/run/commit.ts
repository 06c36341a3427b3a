/** A commit as a directory in which its program can run. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A working tree that a side is rendered from. */
export interface Checkout {
  root: string;
  /** `main (1a2b3c4)`, or `the working tree`. */
  label: string;
  notes: string[];
  /** Removes what was made for it. */
  remove: () => void;
}

/** The present working tree, with whatever is not committed. */
export function workingTree(root: string): Checkout {
  return { root, label: "the working tree", notes: [], remove: () => undefined };
}

/** Whole hash of a revision. @throws when git doesn't know it */
export async function resolveRevision(repository: string, revision: string): Promise<string> {
  try {
    const { stdout } = await git(repository, [
      "rev-parse",
      "--verify",
      "--end-of-options",
      `${revision}^{commit}`,
    ]);
    return stdout.trim();
  } catch {
    throw new Error(
      `the revision ${JSON.stringify(revision)} is not in this repository; fetch it (in CI with the whole history: ` +
        "fetch-depth 0), or correct the name",
    );
  }
}

/**
 * The last commit that both have: what a branch is compared with, so that what came to the base meanwhile isn't reported
 * as undone. The base itself where they have none in common.
 *
 * @throws when the history is too short to tell
 */
export async function mergeBase(repository: string, base: string, head: string): Promise<string> {
  try {
    const { stdout } = await git(repository, ["merge-base", base, head]);
    return stdout.trim();
  } catch {
    const { stdout } = await git(repository, ["rev-parse", "--is-shallow-repository"]);
    if (stdout.trim() !== "true") return base;
    throw new Error(
      `the history here is too short to find the commit that ${base.slice(0, 10)} and ${head} have in common, and what came to ` +
        "the base meanwhile would look undone; fetch more (in CI with the whole history: fetch-depth 0), or compare with " +
        "the base as it is: --exact-base",
    );
  }
}

/**
 * Copies a commit into a temporary directory. The packages are those of this working tree when the lock files agree;
 * otherwise the commit's own are installed, once, into `cache`.
 */
export async function checkOut(
  repository: string,
  revision: string,
  options: { cache: string; progress: (line: string) => void },
): Promise<Checkout> {
  const hash = await resolveRevision(repository, revision);
  const root = mkdtempSync(join(tmpdir(), "vllm-monitoring-review-"));
  const remove = () => {
    rmSync(root, { recursive: true, force: true });
  };
  try {
    await extract(repository, hash, root);
    const short = hash.slice(0, 10);
    const label = hash.startsWith(revision) ? short : `${revision} (${short})`;
    const notes = existsSync(join(root, "stacks"))
      ? await linkPackages(repository, root, options)
      : [`${short} is from before there were any environments (it has no folder stacks/).`];
    return { root, label, notes, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function git(repository: string, args: string[]): Promise<{ stdout: string }> {
  return run("git", ["-C", repository, ...args], { maxBuffer: 64 * 1024 * 1024 });
}

/** An archive leaves nothing behind in the repository, unlike a worktree whose process was killed. */
async function extract(repository: string, hash: string, directory: string): Promise<void> {
  const archive = join(directory, "commit.tar");
  await git(repository, ["archive", "--format=tar", `--output=${archive}`, hash]);
  await run("tar", ["-xf", archive, "-C", directory]);
  rmSync(archive);
}

async function linkPackages(
  repository: string,
  root: string,
  { cache, progress }: { cache: string; progress: (line: string) => void },
): Promise<string[]> {
  const own = join(root, "package-lock.json");
  const ours = join(repository, "package-lock.json");
  if (!existsSync(own)) throw new Error("package-lock.json: the commit has none, so its program can't run");
  const lock = readFileSync(own, "utf8");
  if (lock === readFileSync(ours, "utf8")) {
    symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
    return [];
  }
  const directory = join(cache, createHash("sha256").update(lock).digest("hex").slice(0, 16));
  const marker = join(directory, ".installed");
  if (!existsSync(marker)) {
    progress("the base has other packages; installing them …");
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const name of ["package.json", "package-lock.json", ".npmrc"])
      if (existsSync(join(root, name))) writeFileSync(join(directory, name), readFileSync(join(root, name)));
    try {
      await run("npm", ["ci", "--ignore-scripts", "--loglevel=error"], { cwd: directory });
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      const { stderr = "" } = error as { stderr?: string };
      throw new Error(`npm ci for the packages of the base failed:\n${stderr.trim()}`, { cause: error });
    }
    writeFileSync(marker, "");
  }
  symlinkSync(join(directory, "node_modules"), join(root, "node_modules"));
  return ["The two commits have different packages (package-lock.json); each was rendered with its own."];
}
