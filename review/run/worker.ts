/**
 * Runs the program of a working tree in a process of its own: each commit has its own modules, and the SDK's state is the
 * process's. The parent sends one request; resources come back in batches, so that no message holds a whole environment.
 */
import type { ResourceRecord, Snapshot } from "../model/snapshot.ts";
import { collectGarbage, tune } from "./tune.ts";

export interface WorkerRequest {
  root: string;
  environments: string[];
  maskKey: string | undefined;
}

export type WorkerMessage =
  | { kind: "resources"; resources: ResourceRecord[] }
  | { kind: "snapshot"; snapshot: Snapshot }
  | { kind: "failure"; environment: string; message: string }
  | { kind: "done" };

const BATCH = 500;

if (process.send !== undefined) {
  tune();
  process.once("message", (request) => {
    void work(request as WorkerRequest);
  });
}

async function work({ root, environments, maskKey }: WorkerRequest): Promise<void> {
  const { runEnvironment } = await import("./run.ts");
  for (const environment of environments) {
    try {
      const { resources, ...rest } = await runEnvironment({ root, environment, maskKey });
      for (let start = 0; start < resources.length; start += BATCH)
        await tell({ kind: "resources", resources: resources.slice(start, start + BATCH) });
      await tell({ kind: "snapshot", snapshot: { ...rest, resources: [] } });
      collectGarbage();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      // The copy of a commit is nowhere that anybody could look.
      await tell({ kind: "failure", environment, message: text.replaceAll(`${root}/`, "") });
    }
  }
  await tell({ kind: "done" });
  process.disconnect();
}

function tell(message: WorkerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error: Error | null) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}
