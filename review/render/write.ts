import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { FileTree } from "./tree.ts";

/** A file that every render has: by it a directory is known to be one. */
const MARKER = "graph.yaml";

/**
 * Writes a render into a directory of its own. What an earlier render left there goes.
 *
 * @throws when the directory holds something else
 */
export function writeTree(directory: string, files: FileTree): void {
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    if (!existsSync(join(directory, MARKER)))
      throw new Error(
        `--out: ${directory} holds files that are no render, which would be deleted; name another directory`,
      );
    rmSync(directory, { recursive: true });
  }
  for (const [path, content] of files) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
