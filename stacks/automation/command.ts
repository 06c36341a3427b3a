import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UpdateError } from "./errors.ts";

/**
 * The first minor version of the CLI to which the Automation API gives a socket for the engine's events. With an older one
 * both go through a file in the directory for temporary files, and among the events are debug messages of the SDK with
 * the properties of resources, secrets in clear: a process that is killed would leave them there.
 */
export const FIRST_TO_STREAM_EVENTS = "3.206.0";

/**
 * The CLI as the Automation API wants it: by the root of an installation. A link gives any executable that layout.
 *
 * @throws UpdateError when the CLI would write the engine's events into a file
 */
export async function pulumiCommandAt(cliPath: string, workDirectory: string): Promise<PulumiCommand> {
  const link = join(workDirectory, "cli", "bin", "pulumi");
  mkdirSync(dirname(link), { recursive: true });
  const target = resolve(cliPath);
  let current: string | undefined;
  try {
    current = readlinkSync(link);
  } catch {
    // Not there yet.
  }
  if (current !== target) {
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
  const command = await PulumiCommand.get({ root: join(workDirectory, "cli") });
  const version = command.version?.version ?? "";
  if (!streamsEvents(version))
    throw new UpdateError(
      `starting ${cliPath}`,
      [
        `the Pulumi CLI is version ${version || "unknown"}; expected ${FIRST_TO_STREAM_EVENTS} or newer, because older ones write secrets ` +
          "into a temporary file; install a newer one, or remove it from PATH so that the pinned one is built",
      ],
      { created: 0, updated: 0, replaced: 0, deleted: 0, same: 0 },
    );
  return command;
}

/** Whether a version of the CLI, `3.259.0`, sends the engine's events over a socket. */
export function streamsEvents(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = FIRST_TO_STREAM_EVENTS.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
