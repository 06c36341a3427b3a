/** Server-side apply of manifests to a test's API server, with the paths that its own discovery gives. */
import { setTimeout as sleep } from "node:timers/promises";

import type { ApiServer } from "./api-server.ts";
import type { Manifest } from "./manifests.ts";

/** Sends manifests to one API server. */
export class Applier {
  readonly #server: ApiServer;
  readonly #resources = new Map<string, ApiResource[]>();

  constructor(server: ApiServer) {
    this.#server = server;
  }

  /** Applies a manifest. With `dryRun` nothing is kept, but schema, defaults and admission are the real ones. */
  async apply(manifest: object, options: { dryRun?: boolean } = {}): Promise<Manifest> {
    const object = manifest as Manifest;
    const query = new URLSearchParams({ fieldManager: "test", force: "true", fieldValidation: "Strict" });
    if (options.dryRun === true) query.set("dryRun", "All");
    const target = `${await this.path(object)}?${query.toString()}`;
    try {
      const answer = await this.#server.request("PATCH", target, object, "application/apply-patch+yaml");
      return answer as Manifest;
    } catch (error) {
      throw new Error(`${object.kind} ${object.metadata.name}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** Applies CRDs and waits until the API server serves them. */
  async applyCrds(crds: object[]): Promise<void> {
    for (const crd of crds) await this.apply(crd);
    for (const crd of crds as Manifest[]) {
      const path = await this.path(crd);
      await eventually(async () => {
        const { status } = await this.#server.request("GET", path);
        const conditions = (status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
        if (!conditions.some(({ type, status }) => type === "Established" && status === "True")) {
          throw new Error(`${crd.metadata.name} is not established`);
        }
      });
    }
    this.#resources.clear();
  }

  /** Path of an object in the API. */
  async path({ apiVersion, kind, metadata }: Manifest): Promise<string> {
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const resource = await this.#resource(base, kind);
    const scope = resource.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
    return `${base}${scope}/${resource.name}/${metadata.name}`;
  }

  async #resource(base: string, kind: string): Promise<ApiResource> {
    let known = this.#resources.get(base);
    if (known === undefined) {
      const list = (await this.#server.request("GET", base)) as unknown as { resources: ApiResource[] };
      known = list.resources.filter(({ name }) => !name.includes("/"));
      this.#resources.set(base, known);
    }
    const resource = known.find((candidate) => candidate.kind === kind);
    if (resource === undefined) throw new Error(`${base} serves no kind ${kind}`);
    return resource;
  }
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

interface Condition {
  type: string;
  status: string;
}

/** Tries until it does not throw; throws the last error after the deadline (in milliseconds). */
export async function eventually<T>(attempt: () => Promise<T>, deadline = 30_000): Promise<T> {
  const end = Date.now() + deadline;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(100);
    }
  }
}
