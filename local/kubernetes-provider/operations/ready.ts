/** Waiting after a create or an update. */

import { defaultTimeoutSeconds, skipsAwait, timeoutSeconds } from "../annotations.ts";
import { readinessRule } from "../await/rules.ts";
import { waitForRule } from "../await/wait-for.ts";
import { waitUntilReady } from "../await/wait.ts";
import { isCustomResourceDefinition, kindOfObject, parseApiVersion } from "../kinds/group-version-kind.ts";
import type { Session } from "../session.ts";
import { type JsonObject, objectsAt, textAt } from "../values/property.ts";

/** What was applied. */
export interface Applied {
  readonly urn: string;
  readonly inputs: JsonObject;
  /** The server's answer. */
  readonly object: JsonObject;
  /** The object before the update. */
  readonly previous: JsonObject | undefined;
  /** Seconds from the resource option `customTimeouts`, 0 if it isn't set. */
  readonly timeout: number;
}

/**
 * Waits until the object is ready, unless its annotation says not to, and returns it as it is then.
 *
 * @throws NotReadyError when time is up
 */
export async function awaitReady(session: Session, applied: Applied): Promise<JsonObject> {
  const { urn, inputs, object, previous, timeout } = applied;
  if (skipsAwait(inputs)) {
    session.host.status("info", urn, "Skipping await logic");
    return object;
  }
  const rule = waitForRule(object) ?? readinessRule(kindOfObject(object));
  if (rule === undefined) {
    return object;
  }
  const seconds = timeoutSeconds(inputs, timeout) ?? rule.timeoutSeconds ?? defaultTimeoutSeconds;
  const live = await waitUntilReady(session, {
    urn,
    rule,
    applied: object,
    previous,
    timeoutSeconds: seconds,
  });
  if (isCustomResourceDefinition(live)) {
    await awaitServed(session, live);
  }
  return live;
}

/** The server begins to serve a new kind a moment after it calls the definition established. */
async function awaitServed(session: Session, definition: JsonObject): Promise<void> {
  const { discovery } = session.connection;
  const group = textAt(definition, "spec", "group");
  const kind = textAt(definition, "spec", "names", "kind");
  const served = objectsAt(definition, "spec", "versions").filter((version) => version["served"] === true);
  const kinds = served.map((version) => parseApiVersion(`${group}/${textAt(version, "name")}`, kind));
  for (let attempt = 0; attempt < 50 && !session.signal.aborted; attempt++) {
    discovery.reset();
    const found = await Promise.all(kinds.map((kind) => discovery.find(kind)));
    if (found.every((entry) => entry !== undefined)) {
      return;
    }
    await session.pause(200);
  }
}
