/** What all rules of readiness have in common. Rules are pure: they judge a snapshot of objects. */

import { isOwnedBy, nameOf } from "../values/object.ts";
import type { JsonObject } from "../values/property.ts";

/** Objects at one moment. */
export interface Snapshot {
  /** The object as last seen. */
  readonly object: JsonObject;
  /** The answer to the request that created or changed it. */
  readonly applied: JsonObject;
  /** The object before the change; undefined after a create. */
  readonly previous: JsonObject | undefined;
  /** Objects of the kinds that the rule asked for, in the object's namespace, by kind. */
  readonly related: ReadonlyMap<string, readonly JsonObject[]>;
  /** Milliseconds since an object of the kind was last seen to change; undefined if none was seen. */
  readonly sinceChange: (kind: string, name?: string) => number | undefined;
  /** Milliseconds since the wait began. */
  readonly elapsed: number;
  /** True when the state is only read, so that there is nothing to wait for. */
  readonly reading: boolean;
}

/** A rule's judgement. */
export interface Readiness {
  readonly ready: boolean;
  /** Where things stand, for the engine's status column. */
  readonly progress?: string;
  /** Trouble that may pass. */
  readonly warnings?: readonly string[];
  /** What is missing, for the error when time is up. */
  readonly problems?: readonly string[];
  /** True if the object can't become ready any more. */
  readonly failed?: boolean;
  /** Judge again after this time even if nothing changes, in milliseconds. */
  readonly recheckAfter?: number;
  /** True if the object is good enough when time is up. */
  readonly acceptable?: boolean;
}

/** A kind of object that a rule looks at beside the object itself. */
export interface RelatedKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Readiness of a kind. */
export interface ReadinessRule {
  readonly related?: readonly RelatedKind[];
  /** Seconds to wait unless the program says otherwise. Default: 600. */
  readonly timeoutSeconds?: number;
  /** Whether a refresh judges too. */
  readonly onRead: boolean;
  judge(snapshot: Snapshot): Readiness;
}

export const pods: RelatedKind = { apiVersion: "v1", kind: "Pod" };

/** Related objects of a kind. */
export function relatedOf(snapshot: Snapshot, kind: string): readonly JsonObject[] {
  return snapshot.related.get(kind) ?? [];
}

/** Related objects of a kind that an owner controls. */
export function ownedBy(snapshot: Snapshot, kind: string, owner: JsonObject | undefined): JsonObject[] {
  return relatedOf(snapshot, kind).filter((object) => isOwnedBy(object, owner));
}

/** The related object of a kind with a name. */
export function relatedNamed(snapshot: Snapshot, kind: string, name: string): JsonObject | undefined {
  return relatedOf(snapshot, kind).find((object) => nameOf(object) === name);
}
