/** Which kinds the API server serves, asked once and kept. */

import {
  formatApiVersion,
  type GroupVersionKind,
  isBuiltInNamespaced,
  kindOfObject,
} from "../kinds/group-version-kind.ts";
import { namespaceOf } from "../values/object.ts";
import { type JsonObject, objectsAt, pluck, textAt, textOf } from "../values/property.ts";
import type { ApiClient } from "./client.ts";
import { UnknownKindError } from "./errors.ts";

/** An address behind which nobody answers is to be noticed sooner than a slow request, in seconds. */
const timeoutSeconds = 15;

/** How a kind is served. */
export interface ServedKind {
  /** Name in paths, e.g. `deployments`. */
  readonly resource: string;
  readonly namespaced: boolean;
}

const aggregated =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
  "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

function keyOf(kind: GroupVersionKind): string {
  return `${formatApiVersion(kind)}/${kind.kind}`;
}

/** The kinds of one cluster. */
export class Discovery {
  readonly #client: ApiClient;
  #served: Promise<Map<string, ServedKind>> | undefined;
  readonly #definedScopes = new Map<string, boolean>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Fetches the kinds unless they are known; throws if the server can't be asked. */
  async load(): Promise<void> {
    await this.#kinds();
  }

  /** Forgets the kinds, so that they are asked for again. */
  reset(): void {
    this.#served = undefined;
  }

  /** Remembers a CustomResourceDefinition of the program, which tells the scope of its kind before the server can. */
  define(definition: JsonObject): void {
    const group = pluck(definition, "spec", "group");
    const kind = pluck(definition, "spec", "names", "kind");
    const scope = pluck(definition, "spec", "scope");
    if (typeof group === "string" && typeof kind === "string" && typeof scope === "string") {
      this.#definedScopes.set(`${group}/${kind}`, scope === "Namespaced");
    }
  }

  /** How the server serves a kind, as far as is known; undefined if it doesn't. */
  async find(kind: GroupVersionKind): Promise<ServedKind | undefined> {
    return (await this.#kinds()).get(keyOf(kind));
  }

  /**
   * How the server serves a kind; if it doesn't, its kinds are asked for once more.
   *
   * @throws {@link UnknownKindError}
   */
  async resolve(kind: GroupVersionKind): Promise<ServedKind> {
    const before = this.#served;
    let served = await this.find(kind);
    if (served === undefined) {
      if (this.#served === before) {
        this.reset();
      }
      served = await this.find(kind);
    }
    if (served === undefined) {
      throw new UnknownKindError(kind);
    }
    return served;
  }

  /** Whether objects of a kind live in a namespace; undefined if neither the program nor the server tells. */
  async isNamespaced(kind: GroupVersionKind): Promise<boolean | undefined> {
    const known = isBuiltInNamespaced(kind) ?? this.#definedScopes.get(`${kind.group}/${kind.kind}`);
    return known ?? (await this.find(kind))?.namespaced;
  }

  /**
   * Path of the collection that an object belongs to.
   *
   * @throws {@link UnknownKindError}
   */
  async collectionPath(object: JsonObject): Promise<string> {
    return this.pathOfKind(kindOfObject(object), namespaceOf(object));
  }

  /** Path of the collection of a kind in a namespace; `default` if the namespace is "". */
  async pathOfKind(kind: GroupVersionKind, namespace: string): Promise<string> {
    const served = await this.resolve(kind);
    const prefix = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
    const scope = served.namespaced ? `/namespaces/${namespace === "" ? "default" : namespace}` : "";
    return `${prefix}${scope}/${served.resource}`;
  }

  #kinds(): Promise<Map<string, ServedKind>> {
    if (this.#served === undefined) {
      const pending = this.#fetch();
      this.#served = pending;
      pending.catch(() => {
        if (this.#served === pending) {
          this.#served = undefined;
        }
      });
    }
    return this.#served;
  }

  async #fetch(): Promise<Map<string, ServedKind>> {
    const served = new Map<string, ServedKind>();
    const [core, groups] = await Promise.all(
      ["/api", "/apis"].map((path) =>
        this.#client.send({ method: "GET", path, accept: aggregated, timeoutSeconds }),
      ),
    );
    for (const list of [core, groups]) {
      if (list?.["kind"] === "APIGroupDiscoveryList") {
        addAggregated(served, list);
      } else {
        await this.#addPlain(served, list ?? {});
      }
    }
    return served;
  }

  /** Servers before 1.27 list the kinds of each group version on a page of its own. */
  async #addPlain(served: Map<string, ServedKind>, list: JsonObject): Promise<void> {
    const paths =
      list["kind"] === "APIVersions"
        ? (list["versions"] as string[]).map((version) => ({ path: `/api/${version}`, apiVersion: version }))
        : objectsAt(list, "groups").flatMap((group) =>
            objectsAt(group, "versions").map((version) => {
              const apiVersion = textOf(version["groupVersion"]);
              return { path: `/apis/${apiVersion}`, apiVersion };
            }),
          );
    await Promise.all(
      paths.map(async ({ path, apiVersion }) => {
        // An aggregated API that is down must not keep the others from being used.
        const page = await this.#client.send({ method: "GET", path }).catch(() => ({}));
        for (const resource of objectsAt(page, "resources")) {
          const name = textOf(resource["name"]);
          if (!name.includes("/")) {
            served.set(`${apiVersion}/${textOf(resource["kind"])}`, {
              resource: name,
              namespaced: resource["namespaced"] === true,
            });
          }
        }
      }),
    );
  }
}

function addAggregated(served: Map<string, ServedKind>, list: JsonObject): void {
  for (const group of objectsAt(list, "items")) {
    const groupName = textAt(group, "metadata", "name");
    for (const version of objectsAt(group, "versions")) {
      const versionName = textOf(version["version"]);
      const apiVersion = groupName === "" ? versionName : `${groupName}/${versionName}`;
      for (const resource of objectsAt(version, "resources")) {
        const kind = textAt(resource, "responseKind", "kind");
        if (kind !== "") {
          served.set(`${apiVersion}/${kind}`, {
            resource: textOf(resource["resource"]),
            namespaced: resource["scope"] === "Namespaced",
          });
        }
      }
    }
  }
}
