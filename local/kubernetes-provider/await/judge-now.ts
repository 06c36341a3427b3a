/** Judging an object as it is, without waiting. */

import { parseApiVersion } from "../kinds/group-version-kind.ts";
import type { Session } from "../session.ts";
import { nameOf, namespaceOf } from "../values/object.ts";
import { type JsonObject, objectsAt } from "../values/property.ts";
import { NotReadyError } from "./not-ready.ts";
import type { ReadinessRule } from "./readiness.ts";

/**
 * Judges an object as it is now, for a refresh.
 *
 * @throws {@link NotReadyError} if it isn't ready
 */
export async function requireReady(session: Session, rule: ReadinessRule, object: JsonObject): Promise<void> {
  const { client, discovery } = session.connection;
  const related = new Map<string, JsonObject[]>();
  for (const { apiVersion, kind } of rule.related ?? []) {
    const path = await discovery.pathOfKind(parseApiVersion(apiVersion, kind), namespaceOf(object));
    // What can't be listed is treated as absent: it is not the object's own state.
    const list = await client
      .send({ method: "GET", path, signal: session.signal })
      .catch((): JsonObject => ({}));
    related.set(kind, objectsAt(list, "items"));
  }
  const readiness = rule.judge({
    object,
    applied: object,
    previous: undefined,
    related,
    sinceChange: () => undefined,
    elapsed: 0,
    reading: true,
  });
  if (!readiness.ready) {
    const message = `Resource '${nameOf(object)}' was created but failed to initialize`;
    throw new NotReadyError(message, object, readiness.problems ?? []);
  }
}
