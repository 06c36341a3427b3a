/** Waiting until an object is gone. */

import type { Session } from "../session.ts";
import { kindOf, nameOf, uidOf } from "../values/object.ts";
import { type JsonObject, objectsAt, pluck, textAt, textOf } from "../values/property.ts";
import { NotReadyError } from "./not-ready.ts";

/** Longest pause between two looks at the object, in milliseconds. */
const longestPauseMs = 1000;

/** What {@link waitUntilGone} waits for. */
export interface GoneRequest {
  readonly urn: string;
  /** Path of the object. */
  readonly path: string;
  /** The object as last known. */
  readonly last: JsonObject;
  readonly timeoutSeconds: number;
}

/**
 * Waits until an object is gone; one with the same name but another identity is its successor.
 *
 * @throws {@link NotReadyError} when time is up or the wait is cancelled; it names the finalizers that hold the object
 */
export async function waitUntilGone(session: Session, request: GoneRequest): Promise<void> {
  const deadline = Date.now() + request.timeoutSeconds * 1000;
  const uid = uidOf(request.last);
  for (let pause = 50; ; pause = Math.min(longestPauseMs, pause * 1.5)) {
    const object = await session.get(request.path);
    if (object === undefined || (uid !== "" && uidOf(object) !== uid)) {
      session.host.status("info", request.urn, "");
      return;
    }
    if (session.signal.aborted) {
      throw stillThere(`Resource operation was cancelled for "${nameOf(object)}"`, object);
    }
    if (Date.now() > deadline) {
      throw stillThere(`timed out waiting for '${nameOf(object)}' to be deleted`, object);
    }
    if (pause > longestPauseMs / 2) {
      const message = `Waiting for ${kindOf(object)} to be deleted${finalizersOf(object)}`;
      session.host.status("info", request.urn, message);
    }
    await session.pause(pause);
  }
}

function finalizersOf(object: JsonObject): string {
  const finalizers = pluck(object, "metadata", "finalizers");
  const names = Array.isArray(finalizers) ? finalizers.map(textOf) : [];
  return names.length === 0 ? "" : ` (finalizers: ${names.join(", ")})`;
}

/** Namespaces say in their conditions what they still hold. */
function stillThere(message: string, object: JsonObject): NotReadyError {
  const finalizers = finalizersOf(object);
  const problems = objectsAt(object, "status", "conditions")
    .filter((condition) => condition["status"] === "True" && textAt(condition, "message") !== "")
    .map((condition) => `[${textAt(condition, "reason")}] ${textAt(condition, "message")}`);
  if (finalizers !== "") {
    problems.unshift(`finalizers might be preventing deletion${finalizers}`);
  }
  return new NotReadyError(message, object, problems);
}
