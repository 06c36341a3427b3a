import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes a home for the CLI in which it keeps no debug logs. It writes every property of every resource into them, which
 * takes half of its processor time in an update (the CRDs are large); a file in the directory's place turns that off.
 */
export function makeHome(directory: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, "logs"),
    "A file, so that the CLI keeps no debug logs here. Delete it to get them.\n",
  );
}
