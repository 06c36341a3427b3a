import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A lock of a file backend: one update of a stack, at work or dead. */
export interface StackLock {
  file: string;
  pid: number;
  host: string;
  user: string;
  /** When it was taken, as an ISO 8601 time. */
  since: string;
  /** True when the process that took it is gone, so that the lock means nothing. */
  isStale: boolean;
}

/** Directory of a file backend, or undefined for others. */
export function fileBackendDirectory(backendUrl: string): string | undefined {
  if (!backendUrl.startsWith("file://")) return undefined;
  const path = backendUrl.split("?", 1)[0] ?? backendUrl;
  return path.startsWith("file:///") ? fileURLToPath(path) : undefined;
}

/**
 * Locks of a stack in a file backend. Other backends have none that can be read here.
 *
 * Layout: `.pulumi/locks/organization/<project>/<stack>/<id>.json` (pulumi pkg/backend/diy/lock.go).
 */
export function stackLocks(backendUrl: string, project: string, stack: string): StackLock[] {
  const directory = fileBackendDirectory(backendUrl);
  if (directory === undefined) return [];
  const locks = join(directory, ".pulumi", "locks", "organization", project, stack);
  if (!existsSync(locks)) return [];
  return readdirSync(locks)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => readLock(join(locks, name)));
}

function readLock(file: string): StackLock[] {
  let content: { pid?: number; hostname?: string; username?: string; timestamp?: string };
  try {
    content = JSON.parse(readFileSync(file, "utf8")) as typeof content;
  } catch {
    // Half written by a process that was killed, or just removed by its owner.
    return existsSync(file) ? [{ file, pid: 0, host: "", user: "", since: "", isStale: true }] : [];
  }
  const { pid = 0, hostname: host = "", username: user = "", timestamp: since = "" } = content;
  // Of a process on another machine nothing can be known: its lock counts.
  return [{ file, pid, host, user, since, isStale: host === hostname() && !isPulumiAlive(pid) }];
}

function isPulumiAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    // The number may have gone to another program since.
    return readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").includes("pulumi");
  } catch {
    return true;
  }
}
