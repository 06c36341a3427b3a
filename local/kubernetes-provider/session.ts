/** What an operation works with: the provider's settings, the way to the cluster and to the engine. */

import { type ApiClient, delay } from "./cluster/client.ts";
import type { Discovery } from "./cluster/discovery.ts";
import { isNotFound } from "./cluster/errors.ts";
import type { Informers } from "./cluster/informer.ts";
import type { Mutability } from "./diff/force-new.ts";
import type { Host } from "./host.ts";
import { type GroupVersionKind, isBuiltInNamespaced } from "./kinds/group-version-kind.ts";
import type { JsonObject } from "./values/property.ts";

/** Arguments of the provider that steer operations. */
export interface Settings {
  readonly mutability: Mutability;
  /** Win conflicts with other field managers. */
  readonly enablePatchForce: boolean;
  /** Take over objects that exist already instead of failing. */
  readonly upsertExistingObjects: boolean;
  /** Drop objects from the state if the cluster can't be reached. */
  readonly deleteUnreachable: boolean;
  /** Leave objects alone if the cluster can't be reached. */
  readonly skipUpdateUnreachable: boolean;
  readonly suppressHelmHookWarnings: boolean;
}

/** A cluster that answered. */
export interface Connection {
  readonly client: ApiClient;
  readonly discovery: Discovery;
  readonly informers: Informers;
}

/** State of a configured provider. */
export class Session {
  readonly settings: Settings;
  readonly host: Host;
  /** Namespace of objects that name none; "" if it isn't known. */
  readonly namespace: string;
  /** Aborted when the engine cancels. */
  readonly signal: AbortSignal;
  readonly #connection: Connection | undefined;
  /** Why the cluster can't be reached; undefined if it can. */
  readonly unreachable: string | undefined;
  #warned = false;

  constructor(parts: {
    settings: Settings;
    host: Host;
    namespace: string;
    signal: AbortSignal;
    connection: Connection | undefined;
    unreachable: string | undefined;
  }) {
    this.settings = parts.settings;
    this.host = parts.host;
    this.namespace = parts.namespace;
    this.signal = parts.signal;
    this.#connection = parts.connection;
    this.unreachable = parts.unreachable;
  }

  /**
   * The cluster.
   *
   * @throws if it can't be reached, with the address and where it comes from
   */
  get connection(): Connection {
    if (this.#connection === undefined) {
      throw new Error(
        `configured Kubernetes cluster is unreachable: ${this.unreachable ?? "not configured"}`,
      );
    }
    return this.#connection;
  }

  /** Says once that previews are made without the cluster. */
  warnUnreachable(urn: string): void {
    if (this.unreachable !== undefined && !this.#warned) {
      this.#warned = true;
      this.host.log("warning", urn, `previewing without the cluster: ${this.unreachable}`);
    }
  }

  /** Whether the server serves a kind, as far as is known; false if the cluster can't be reached. */
  async serves(kind: GroupVersionKind): Promise<boolean> {
    return (await this.#connection?.discovery.find(kind)) !== undefined;
  }

  /** Whether objects of a kind live in a namespace; a kind of which nobody knows is taken for one that does. */
  async isNamespaced(kind: GroupVersionKind): Promise<boolean> {
    return isBuiltInNamespaced(kind) ?? (await this.#connection?.discovery.isNamespaced(kind)) ?? true;
  }

  /** An object by its path, or undefined if there is none. Goes on while the engine cancels. */
  async get(path: string): Promise<JsonObject | undefined> {
    try {
      return await this.connection.client.send({ method: "GET", path });
    } catch (error) {
      if (isNotFound(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /** Waits, at most until the engine cancels. */
  async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, this.signal).catch(() => undefined);
  }
}
