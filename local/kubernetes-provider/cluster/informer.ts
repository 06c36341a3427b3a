/** Collections of the API server, listed once and then watched; one connection serves everyone who waits on them. */

import { nameOf, namespaceOf, resourceVersionOf } from "../values/object.ts";
import { type JsonObject, objectsAt, pluck, textOf } from "../values/property.ts";
import { type ApiClient, delay, type WatchEvent } from "./client.ts";
import { ApiError } from "./errors.ts";

/** A change of one object. Objects that are there at the start are reported as changes too. */
export interface Change {
  readonly deleted: boolean;
  readonly object: JsonObject;
}

/** Receives the changes of a collection. */
export type Subscriber = (change: Change) => void;

/** How long a collection is still watched after the last subscriber left, in milliseconds. */
const lingerMs = 2000;

/** The watched collections of one cluster. */
export class Informers {
  readonly #client: ApiClient;
  readonly #informers = new Map<string, Informer>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /**
   * Reports the changes of a collection until the returned function is called.
   *
   * @param path of the collection, e.g. `/api/v1/namespaces/default/pods`
   * @param fieldSelector narrows the collection, e.g. to one name
   */
  subscribe(path: string, fieldSelector: string | undefined, subscriber: Subscriber): () => void {
    const key = `${path}?${fieldSelector ?? ""}`;
    let informer = this.#informers.get(key);
    if (informer === undefined) {
      informer = new Informer(this.#client, path, fieldSelector, () => this.#informers.delete(key));
      this.#informers.set(key, informer);
    }
    return informer.add(subscriber);
  }

  /** Ends all watches. */
  close(): void {
    for (const informer of this.#informers.values()) {
      informer.stop();
    }
    this.#informers.clear();
  }
}

class Informer {
  readonly #client: ApiClient;
  readonly #path: string;
  readonly #fieldSelector: string | undefined;
  readonly #onStop: () => void;
  readonly #abort = new AbortController();
  readonly #subscribers = new Set<Subscriber>();
  readonly #objects = new Map<string, JsonObject>();
  #lingering: NodeJS.Timeout | undefined;

  constructor(client: ApiClient, path: string, fieldSelector: string | undefined, onStop: () => void) {
    this.#client = client;
    this.#path = path;
    this.#fieldSelector = fieldSelector;
    this.#onStop = onStop;
    void this.#run();
  }

  add(subscriber: Subscriber): () => void {
    clearTimeout(this.#lingering);
    this.#subscribers.add(subscriber);
    const known = [...this.#objects.values()];
    queueMicrotask(() => {
      for (const object of known) {
        if (this.#subscribers.has(subscriber)) {
          subscriber({ deleted: false, object });
        }
      }
    });
    return () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) {
        this.#lingering = setTimeout(() => {
          this.stop();
        }, lingerMs);
        this.#lingering.unref();
      }
    };
  }

  stop(): void {
    clearTimeout(this.#lingering);
    this.#abort.abort();
    this.#onStop();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    let failures = 0;
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      try {
        await this.#watch(await this.#list(), signal);
        failures = 0;
      } catch (error) {
        if (stopped()) {
          return;
        }
        // 410: the version to go on from is too old, so the list is read anew at once.
        failures = error instanceof ApiError && error.code === 410 ? 0 : failures + 1;
        await delay(Math.min(5000, 100 * 2 ** Math.min(failures, 6)), signal).catch(() => undefined);
      }
    }
  }

  async #list(): Promise<string> {
    const query = { fieldSelector: this.#fieldSelector };
    const list = await this.#client.send({
      method: "GET",
      path: this.#path,
      query,
      signal: this.#abort.signal,
    });
    const items = objectsAt(list, "items");
    // The items of a list don't say what they are.
    const kind = textOf(list["kind"]).replace(/List$/, "");
    const apiVersion = textOf(list["apiVersion"]);
    const gone = new Set(this.#objects.keys());
    for (const item of items) {
      const object = { apiVersion, kind, ...item };
      gone.delete(keyOf(object));
      this.#update({ deleted: false, object });
    }
    for (const key of gone) {
      const object = this.#objects.get(key);
      if (object !== undefined) {
        this.#update({ deleted: true, object });
      }
    }
    return resourceVersionOf(list);
  }

  async #watch(from: string, signal: AbortSignal): Promise<void> {
    let resourceVersion = from;
    while (!signal.aborted) {
      const query = {
        resourceVersion,
        fieldSelector: this.#fieldSelector,
        allowWatchBookmarks: "true",
        timeoutSeconds: "290",
      };
      await this.#client.watch(this.#path, query, signal, (event: WatchEvent) => {
        if (event.type === "ERROR") {
          throw new ApiError(Number(pluck(event.object, "code") ?? 500), event.object);
        }
        resourceVersion = resourceVersionOf(event.object) || resourceVersion;
        if (event.type !== "BOOKMARK") {
          this.#update({ deleted: event.type === "DELETED", object: event.object });
        }
      });
    }
  }

  #update(change: Change): void {
    const key = keyOf(change.object);
    const known = this.#objects.get(key);
    if (change.deleted) {
      this.#objects.delete(key);
    } else if (known !== undefined && resourceVersionOf(known) === resourceVersionOf(change.object)) {
      return;
    } else {
      this.#objects.set(key, change.object);
    }
    for (const subscriber of [...this.#subscribers]) {
      subscriber(change);
    }
  }
}

function keyOf(object: JsonObject): string {
  return `${namespaceOf(object)}/${nameOf(object)}`;
}
