import { existsSync, rmSync } from "node:fs";

import * as automation from "../../stacks/automation.ts";
import { stopEmbedded, supervisorOf } from "../embedded.ts";
import { localEnvironment } from "../environment/environment.ts";
import { engineProgress, prepare, resultLine } from "./up.ts";
import { engineOptions, openSession } from "./session.ts";

type Progress = (line: string) => void;

/** `make down`: ends what `make up` started; objects, data and the engine's state stay. */
export async function down(name: string, progress: Progress): Promise<void> {
  const stopped = await stopEmbedded(localEnvironment({ name }), progress);
  progress(stopped.length === 0 ? "nothing was running" : "all stopped; `make up` goes on where this ended");
}

/** `make destroy`: deletes the environment's objects and, when it is the embedded one, everything of it. */
export async function destroy(name: string, progress: Progress): Promise<void> {
  const session = openSession(name);
  const { environment } = session;
  if (!session.isEmbedded) {
    await prepare(session, progress);
    const result = await automation.destroy(
      engineOptions(session, { onProgress: engineProgress(progress), onMessage: progress }),
    );
    progress(resultLine("pulumi destroy", result));
    return;
  }
  if (!existsSync(environment.directory)) {
    progress("there is nothing to destroy");
    return;
  }
  if (supervisorOf(environment).isRunning("kube-apiserver")) {
    const result = await automation.destroy(
      engineOptions(session, { onProgress: engineProgress(progress), onMessage: progress }),
    );
    progress(resultLine("pulumi destroy", result));
  }
  await stopEmbedded(environment, progress);
  rmSync(environment.directory, { recursive: true, force: true });
  progress("destroyed: no process and no state is left");
}
