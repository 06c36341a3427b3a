import { readFileSync, readdirSync } from "node:fs";

import type { LocalEnvironment } from "../local/environment/environment.ts";
import { layout } from "../local/environment/environment.ts";
import { Supervisor } from "../local/environment/processes.ts";
import { removePlatform, testPlatform } from "../test/support/platform.ts";
import type { Measurement } from "./report.ts";

/** Resident memory of a process in MiB; 0 when it is gone. */
function residentMebibytes(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
    return Number(line?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Memory of everything that an environment runs, pods included. */
function memoryOf(environment: LocalEnvironment): { readonly total: number; readonly processes: number } {
  const files = layout(environment);
  const supervisor = new Supervisor({ processes: files.processes, logs: files.logs });
  const pids = supervisor.names().map((name) => supervisor.recorded(name)?.pid ?? 0);
  for (const file of readdirSync(files.pods, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".process.json")) {
      pids.push((JSON.parse(readFileSync(`${files.pods}/${file}`, "utf8")) as { pid: number }).pid);
    }
  }
  return { total: pids.reduce((sum, pid) => sum + residentMebibytes(pid), 0), processes: pids.length };
}

/** `make up` on built tools, from nothing and once more, and what the running platform takes. */
export async function platformUp(): Promise<Measurement[]> {
  const platform = testPlatform("bench", 2);
  const files = `node local/cli/main.ts up`;
  try {
    await platform.run(["down"]);
    removePlatform(platform);
    const first = await platform.run(["up"]);
    if (first.code !== 0) {
      throw new Error(first.output);
    }
    const second = await platform.run(["up"]);
    if (!second.output.includes("pulumi up: 0 changes")) {
      throw new Error(second.output);
    }
    const memory = memoryOf(platform.environment);
    return [
      {
        what: "first `make up`, tools built, until everything is healthy",
        value: first.milliseconds / 1000,
        unit: "s",
        limit: 60,
        details: files,
      },
      {
        what: "second `make up`: 0 changes",
        value: second.milliseconds / 1000,
        unit: "s",
        limit: 15,
        details: files,
      },
      {
        what: "memory of the running platform",
        value: memory.total,
        unit: "MiB",
        details: `${String(memory.processes)} processes, resident`,
      },
    ];
  } finally {
    await platform.run(["down"]);
    removePlatform(platform);
  }
}
