import { Provider } from "../../../local/kubernetes-provider/provider.ts";
import { check } from "../../../local/kubernetes-provider/operations/check.ts";
import { create, type CreateResult } from "../../../local/kubernetes-provider/operations/create.ts";
import { remove } from "../../../local/kubernetes-provider/operations/delete.ts";
import { diff, type DiffResult } from "../../../local/kubernetes-provider/operations/diff.ts";
import { read, type ReadResult } from "../../../local/kubernetes-provider/operations/read.ts";
import { update } from "../../../local/kubernetes-provider/operations/update.ts";
import type { Arguments } from "../../../local/kubernetes-provider/operations/configure.ts";
import {
  formatApiVersion,
  parseApiVersion,
} from "../../../local/kubernetes-provider/kinds/group-version-kind.ts";
import type { Session } from "../../../local/kubernetes-provider/session.ts";
import type { PropertyMap } from "../../../local/kubernetes-provider/values/property.ts";
import { startApiServer, type ApiServer, type ApiServerOptions } from "../../support/api-server.ts";

/** A resource of a test: what the engine keeps of it between operations. */
export interface Resource {
  readonly urn: string;
  id: string;
  inputs: PropertyMap;
  state: PropertyMap;
}

/** Drives the provider's operations against a real API server as the engine would. */
export class Harness {
  readonly server: ApiServer;
  readonly messages: string[] = [];
  readonly #providers: Provider[] = [];

  private constructor(server: ApiServer) {
    this.server = server;
  }

  static async start(options?: ApiServerOptions): Promise<Harness> {
    return new Harness(await startApiServer(options));
  }

  async stop(): Promise<void> {
    for (const provider of this.#providers) {
      provider.close();
    }
    await this.server.stop();
  }

  /** A configured provider. */
  async provider(args: Arguments = {}): Promise<Provider> {
    const record = (_severity: string, _urn: string, message: string): void => {
      this.messages.push(message);
    };
    const provider = new Provider({ log: record, status: record });
    await provider.configure({ kubeconfig: this.server.kubeconfigPath, ...args });
    this.#providers.push(provider);
    return provider;
  }
}

/** URN of a resource of the kind of an object. */
export function urnOf(object: PropertyMap, name = "resource", suffix = ""): string {
  const kind = parseApiVersion(object["apiVersion"] as string, object["kind"] as string);
  const apiVersion = kind.group === "" ? `core/${kind.version}` : formatApiVersion(kind);
  return `urn:pulumi:test::test::kubernetes:${apiVersion}:${kind.kind}${suffix}::${name}`;
}

export async function checked(
  session: Session,
  news: PropertyMap,
  olds: PropertyMap = {},
): Promise<PropertyMap> {
  const rest = { randomSeed: new Uint8Array(), autonaming: undefined };
  return check(session, { urn: urnOf(news), news, olds, ...rest });
}

export async function createResource(session: Session, news: PropertyMap, timeout = 0): Promise<Resource> {
  const inputs = await checked(session, news);
  const urn = urnOf(news);
  const { id, state } = await create(session, { urn, properties: inputs, timeout, preview: false });
  return { urn, id, inputs, state };
}

export async function previewCreate(session: Session, news: PropertyMap): Promise<CreateResult> {
  const properties = await checked(session, news);
  return create(session, { urn: urnOf(news), properties, timeout: 0, preview: true });
}

export async function diffResource(
  session: Session,
  resource: Resource,
  news: PropertyMap,
  ignoreChanges: readonly string[] = [],
): Promise<DiffResult> {
  const inputs = await checked(session, news, resource.inputs);
  return diff(session, { urn: resource.urn, olds: resource.state, news: inputs, ignoreChanges });
}

export async function updateResource(
  session: Session,
  resource: Resource,
  news: PropertyMap,
  options: {
    readonly ignoreChanges?: readonly string[];
    readonly preview?: boolean;
    readonly timeout?: number;
  } = {},
): Promise<Resource> {
  const inputs = await checked(session, news, resource.inputs);
  const state = await update(session, {
    urn: resource.urn,
    olds: resource.state,
    news: inputs,
    timeout: options.timeout ?? 0,
    ignoreChanges: options.ignoreChanges ?? [],
    preview: options.preview ?? false,
  });
  return { ...resource, inputs, state };
}

export async function readResource(session: Session, resource: Resource): Promise<ReadResult | undefined> {
  const { urn, id, state, inputs } = resource;
  return read(session, { urn, id, properties: state, inputs });
}

export async function removeResource(session: Session, resource: Resource, timeout = 0): Promise<void> {
  await remove(session, { urn: resource.urn, id: resource.id, properties: resource.state, timeout });
}
