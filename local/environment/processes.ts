import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What is to run. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** What identifies a process that was started: a pid alone may have been given to another process since. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat). */
  readonly startTicks: string;
  /** Hash of command, arguments and environment, to tell whether a running process is still the wanted one. */
  readonly fingerprint: string;
}

/** Folders that a supervisor keeps its records and logs in. */
export interface SupervisorDirectories {
  readonly processes: string;
  readonly logs: string;
}

/** Size above which a log is put aside (as `.old`) when its process starts anew: 16 MiB. */
const maximumLogBytes = 16 * 1024 * 1024;

/** Start time of a process in clock ticks, or undefined when it does not run (or is a zombie). */
export function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    // The second field is the name in parentheses and may hold spaces: count from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Whether the very process that was recorded still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startTicks(identity.pid) === identity.startTicks;
}

function fingerprintOf(spec: ProcessSpec): string {
  return createHash("sha256")
    .update(JSON.stringify([spec.command, spec.args, spec.env ?? {}, spec.cwd ?? ""]))
    .digest("hex");
}

/** Sends a signal to a recorded process; a process that is gone is no error. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) {
    return;
  }
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}

/**
 * Ends a process: SIGTERM, and SIGKILL when it is still there after the grace period.
 *
 * @param graceMs milliseconds to wait before SIGKILL
 */
export async function terminate(identity: ProcessIdentity, graceMs: number): Promise<void> {
  signal(identity, "SIGTERM");
  const deadline = Date.now() + graceMs;
  while (isAlive(identity)) {
    if (Date.now() > deadline) {
      signal(identity, "SIGKILL");
    }
    await sleep(25);
  }
}

/** Opens a log for appending, after putting an oversized one aside. */
export function openLog(file: string): number {
  mkdirSync(path.dirname(file), { recursive: true });
  if (existsSync(file) && statSync(file).size > maximumLogBytes) {
    renameSync(file, `${file}.old`);
  }
  return openSync(file, "a", 0o600);
}

/** Starts, finds again and ends the processes of one environment, each by its recorded identity. */
export class Supervisor {
  private readonly directories: SupervisorDirectories;

  constructor(directories: SupervisorDirectories) {
    this.directories = directories;
  }

  /** Log file of a process. */
  logFile(name: string): string {
    return path.join(this.directories.logs, `${name}.log`);
  }

  private recordFile(name: string): string {
    return path.join(this.directories.processes, `${name}.json`);
  }

  /** The recorded identity of a process, running or not. */
  recorded(name: string): ProcessIdentity | undefined {
    try {
      return JSON.parse(readFileSync(this.recordFile(name), "utf8")) as ProcessIdentity;
    } catch {
      return undefined;
    }
  }

  /** Names of all processes that were started and not stopped since. */
  names(): string[] {
    if (!existsSync(this.directories.processes)) {
      return [];
    }
    return readdirSync(this.directories.processes)
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length));
  }

  /** Whether a process runs; with a specification, whether it runs as specified. */
  isRunning(name: string, spec?: ProcessSpec): boolean {
    const identity = this.recorded(name);
    return (
      identity !== undefined &&
      isAlive(identity) &&
      (spec === undefined || identity.fingerprint === fingerprintOf(spec))
    );
  }

  /**
   * Makes a process run as specified: leaves it alone when it does, restarts it when its command changed.
   *
   * @returns whether it was started now
   */
  async ensure(spec: ProcessSpec): Promise<boolean> {
    if (this.isRunning(spec.name, spec)) {
      return false;
    }
    await this.stop(spec.name);
    mkdirSync(this.directories.processes, { recursive: true });
    const log = openLog(this.logFile(spec.name));
    // Detached, in a session of its own: it outlives the command that started it, and Ctrl-C there does not reach it.
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env },
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    const pid = await new Promise<number>((resolve, reject) => {
      child.on("error", (error) => {
        reject(new Error(`${spec.name} could not be started: ${error.message}`));
      });
      child.on("spawn", () => {
        resolve(child.pid ?? 0);
      });
    });
    child.unref();
    const identity: ProcessIdentity = {
      pid,
      startTicks: startTicks(pid) ?? "",
      fingerprint: fingerprintOf(spec),
    };
    writeFileSync(this.recordFile(spec.name), JSON.stringify(identity));
    return true;
  }

  /**
   * Ends a process that this environment started.
   *
   * @param graceMs milliseconds before it is killed; default 10 s
   * @returns whether it ran
   */
  async stop(name: string, graceMs = 10_000): Promise<boolean> {
    const identity = this.recorded(name);
    if (identity === undefined) {
      return false;
    }
    const ran = isAlive(identity);
    await terminate(identity, graceMs);
    rmSync(this.recordFile(name), { force: true });
    return ran;
  }

  /** Last lines of a process's log, for error messages. */
  logTail(name: string, lines: number): string {
    try {
      return readFileSync(this.logFile(name), "utf8").trimEnd().split("\n").slice(-lines).join("\n");
    } catch {
      return "";
    }
  }
}
