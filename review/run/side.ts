/** One of the two sides of a comparison: a working tree, run in a process of its own. */

import { fork } from "node:child_process";
import { join } from "node:path";

import type { ResourceRecord, Snapshot } from "../model/snapshot.ts";
import type { WorkerMessage, WorkerRequest } from "./worker.ts";

/** An environment of a side, or why it has none. */
export type Rendered = { snapshot: Snapshot } | { failure: string };

/** Runs the program of a working tree for the environments. */
export async function renderSide(request: WorkerRequest): Promise<Map<string, Rendered>> {
  const rendered = new Map<string, Rendered>();
  const child = fork(join(import.meta.dirname, "worker.ts"), [], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let resources: ResourceRecord[] = [];
  let errors = "";
  const end = { isDone: false };
  child.stderr?.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString("utf8")).slice(-4000);
  });
  child.on("message", (message: WorkerMessage) => {
    switch (message.kind) {
      case "resources":
        resources.push(...message.resources);
        break;
      case "snapshot":
        rendered.set(message.snapshot.environment, { snapshot: { ...message.snapshot, resources } });
        resources = [];
        break;
      case "failure":
        rendered.set(message.environment, { failure: message.message });
        resources = [];
        break;
      case "done":
        end.isDone = true;
    }
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
    child.send(request, (error) => {
      if (error !== null) reject(error);
    });
  });
  if (!end.isDone)
    throw new Error(
      `the program of ${request.root} ended early (exit code ${String(code)}):\n${errors.trim()}`,
    );
  return rendered;
}
