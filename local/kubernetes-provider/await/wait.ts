/** Waiting until an object is ready, fed by watches. */

import type { Session } from "../session.ts";
import { NotReadyError } from "./not-ready.ts";
import {
  isBuiltInGroup,
  isBuiltInNamespaced,
  kindOfObject,
  parseApiVersion,
} from "../kinds/group-version-kind.ts";
import { isOwnedBy, nameOf, namespaceOf, resourceVersionOf, uidOf } from "../values/object.ts";
import { type JsonObject, pluck, textAt, textOf } from "../values/property.ts";
import type { Readiness, ReadinessRule, Snapshot } from "./readiness.ts";

/** What {@link waitUntilReady} waits for. */
export interface WaitRequest {
  readonly urn: string;
  readonly rule: ReadinessRule;
  /** The answer to the request that created or changed the object. */
  readonly applied: JsonObject;
  /** The object before the change. */
  readonly previous: JsonObject | undefined;
  readonly timeoutSeconds: number;
}

/**
 * Waits until an object is ready and returns it as it is then. Progress goes to the engine.
 *
 * @throws {@link NotReadyError} when time is up, when the wait is cancelled, or when the object can't become ready any
 * more; its problems name conditions, pods' reasons and warning events
 */
export async function waitUntilReady(session: Session, request: WaitRequest): Promise<JsonObject> {
  const wait = new Wait(session, request);
  return wait.run();
}

class Wait {
  readonly #session: Session;
  readonly #request: WaitRequest;
  readonly #started = Date.now();
  readonly #related = new Map<string, Map<string, JsonObject>>();
  readonly #changed = new Map<string, number>();
  readonly #events = new Map<string, string>();
  readonly #shown = new Set<string>();
  readonly #subscriptions: (() => void)[] = [];
  #object: JsonObject;
  #progress = "";
  #recheck: NodeJS.Timeout | undefined;
  #resolve: (object: JsonObject) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(session: Session, request: WaitRequest) {
    this.#session = session;
    this.#request = request;
    this.#object = request.applied;
  }

  async run(): Promise<JsonObject> {
    const first = this.#request.rule.judge(this.#snapshot());
    if (first.ready) {
      return this.#object;
    }
    const { signal } = this.#session;
    const onCancel = (): void => {
      this.#giveUp(`Resource operation was cancelled for "${nameOf(this.#object)}"`);
    };
    const deadline = setTimeout(() => {
      this.#giveUp(`'${nameOf(this.#object)}' timed out waiting to be Ready`);
    }, this.#request.timeoutSeconds * 1000);
    try {
      return await new Promise<JsonObject>((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
        signal.addEventListener("abort", onCancel, { once: true });
        if (signal.aborted) {
          onCancel();
        }
        this.#subscribe().catch(reject);
      });
    } finally {
      clearTimeout(deadline);
      clearTimeout(this.#recheck);
      signal.removeEventListener("abort", onCancel);
      for (const unsubscribe of this.#subscriptions) {
        unsubscribe();
      }
      this.#session.host.status("info", this.#request.urn, "");
    }
  }

  async #subscribe(): Promise<void> {
    const { discovery, informers } = this.#session.connection;
    const { applied, rule } = this.#request;
    const kind = kindOfObject(applied);
    const namespace = namespaceOf(applied);
    // Many objects of a built-in kind are awaited at once: they share a watch. Others get one of their own.
    const shared = isBuiltInGroup(kind.group) && isBuiltInNamespaced(kind) === true;
    const ownPath = await discovery.pathOfKind(kind, namespace);
    const own = shared ? undefined : `metadata.name=${nameOf(applied)}`;
    this.#subscriptions.push(
      informers.subscribe(ownPath, own, ({ object, deleted }) => {
        this.#onObject(object, deleted);
      }),
    );
    for (const { apiVersion, kind: relatedKind } of rule.related ?? []) {
      const path = await discovery.pathOfKind(parseApiVersion(apiVersion, relatedKind), namespace);
      this.#subscriptions.push(
        informers.subscribe(path, undefined, ({ object, deleted }) => {
          this.#onRelated(relatedKind, object, deleted);
        }),
      );
    }
    const eventsPath = `/api/v1/namespaces/${namespace === "" ? "default" : namespace}/events`;
    this.#subscriptions.push(
      informers.subscribe(eventsPath, undefined, ({ object, deleted }) => {
        this.#onEvent(object, deleted);
      }),
    );
  }

  #onObject(object: JsonObject, deleted: boolean): void {
    if (uidOf(object) !== uidOf(this.#request.applied) || isOlder(object, this.#request.applied)) {
      return;
    }
    this.#object = object;
    if (deleted) {
      this.#giveUp(`'${nameOf(object)}' was deleted while it was waited for`);
    } else {
      this.#judge();
    }
  }

  #onRelated(kind: string, object: JsonObject, deleted: boolean): void {
    let objects = this.#related.get(kind);
    if (objects === undefined) {
      objects = new Map();
      this.#related.set(kind, objects);
    }
    if (deleted) {
      objects.delete(nameOf(object));
    } else {
      objects.set(nameOf(object), object);
    }
    const now = Date.now();
    this.#changed.set(kind, now);
    this.#changed.set(`${kind}/${nameOf(object)}`, now);
    this.#judge();
  }

  /** Collects warnings about the object and about what it owns, directly or through a ReplicaSet. */
  #onEvent(event: JsonObject, deleted: boolean): void {
    const uid = pluck(event, "involvedObject", "uid");
    if (deleted || event["type"] !== "Warning" || typeof uid !== "string" || !this.#ownedUids().has(uid)) {
      return;
    }
    const about = `${textAt(event, "involvedObject", "kind")} ${textAt(event, "involvedObject", "name")}`;
    const message = `${textOf(event["reason"])}: ${textOf(event["message"])}`;
    this.#events.set(`${about}: ${textOf(event["reason"])}`, `[${about}] ${message}`);
    this.#show("warning", message);
  }

  #ownedUids(): Set<string> {
    const owners = [this.#object];
    for (let index = 0; index < owners.length; index++) {
      for (const objects of this.#related.values()) {
        for (const object of objects.values()) {
          if (isOwnedBy(object, owners[index]) && !owners.includes(object)) {
            owners.push(object);
          }
        }
      }
    }
    return new Set(owners.map(uidOf));
  }

  #judge(): void {
    const readiness = this.#request.rule.judge(this.#snapshot());
    this.#report(readiness);
    if (readiness.ready) {
      this.#resolve(this.#object);
    } else if (readiness.failed === true) {
      const message = `Resource '${nameOf(this.#object)}' was created but failed to initialize`;
      this.#reject(new NotReadyError(message, this.#object, this.#problems(readiness)));
    } else if (readiness.recheckAfter !== undefined) {
      clearTimeout(this.#recheck);
      this.#recheck = setTimeout(() => {
        this.#judge();
      }, readiness.recheckAfter + 10);
    }
  }

  #giveUp(message: string): void {
    const readiness = this.#request.rule.judge(this.#snapshot());
    if (readiness.ready || readiness.acceptable === true) {
      this.#resolve(this.#object);
    } else {
      this.#reject(new NotReadyError(message, this.#object, this.#problems(readiness)));
    }
  }

  #problems(readiness: Readiness): string[] {
    return [...new Set([...(readiness.problems ?? []), ...this.#events.values()])];
  }

  #report(readiness: Readiness): void {
    for (const warning of readiness.warnings ?? []) {
      this.#show("warning", warning);
    }
    const progress = readiness.progress ?? "";
    if (progress !== "" && progress !== this.#progress) {
      this.#progress = progress;
      this.#session.host.status("info", this.#request.urn, progress);
    }
  }

  #show(severity: "warning", message: string): void {
    if (!this.#shown.has(message)) {
      this.#shown.add(message);
      this.#session.host.status(severity, this.#request.urn, message);
    }
  }

  #snapshot(): Snapshot {
    const now = Date.now();
    return {
      object: this.#object,
      applied: this.#request.applied,
      previous: this.#request.previous,
      related: new Map([...this.#related].map(([kind, objects]) => [kind, [...objects.values()]])),
      sinceChange: (kind, name) => {
        const changed = this.#changed.get(name === undefined ? kind : `${kind}/${name}`);
        return changed === undefined ? undefined : now - changed;
      },
      elapsed: now - this.#started,
      reading: false,
    };
  }
}

/** A watch may still report what the object was before the change that is waited for. */
function isOlder(object: JsonObject, than: JsonObject): boolean {
  const [a, b] = [resourceVersionOf(object), resourceVersionOf(than)];
  return /^\d+$/.test(a) && /^\d+$/.test(b) && BigInt(a) < BigInt(b);
}
