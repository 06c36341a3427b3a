import type * as pulumi from "@pulumi/pulumi";
import type resourceProto from "@pulumi/pulumi/proto/resource_pb.js";

import { at } from "../model/json.ts";
import type { ResourceRecord } from "../model/snapshot.ts";
import { aliasUrns, urnOf, type AliasSpec } from "./aliases.ts";
import type { Masking, WireValue } from "./masking.ts";
import { computedOutputs } from "./computed-outputs.ts";

/** The SDK that the program uses; another copy than this file's own when the program is that of another commit. */
export type Sdk = typeof pulumi;

/** The part of a protobuf Struct, and of the register and read responses, that the SDK looks at. */
interface Struct {
  toJavaScript(): object;
}
type Reply = (error: unknown, response?: unknown) => void;
interface ResourceMonitor {
  registerResource(request: resourceProto.RegisterResourceRequest, reply: Reply): void;
  readResource(request: resourceProto.ReadResourceRequest, reply: Reply): void;
  registerResourceOutputs(request: resourceProto.RegisterResourceOutputsRequest, reply: Reply): void;
}

/**
 * Stands in for the engine: answers registrations at once, with the inputs as outputs, and keeps what was asked for.
 *
 * The program runs as in a preview: what a provider would add to the outputs is unknown, but for names and addresses,
 * which get placeholders, so that documents which hold them can be read.
 */
export class Monitor {
  readonly resources: ResourceRecord[] = [];
  /** Calls so far; a drain is over when it stays the same. */
  activity = 0;
  readonly #sdk: Sdk;
  readonly #masking: Masking;
  readonly #project: string;
  readonly #stack: string;
  readonly #byUrn = new Map<string, ResourceRecord>();
  readonly #duplicates = new Set<string>();

  constructor(sdk: Sdk, masking: Masking, project: string, stack: string) {
    this.#sdk = sdk;
    this.#masking = masking;
    this.#project = project;
    this.#stack = stack;
  }

  async install(): Promise<void> {
    const { runtime } = this.#sdk;
    await runtime.setMocks(
      {
        newResource: () => {
          throw new Error("registrations are answered elsewhere");
        },
        call: ({ token }) => {
          throw new Error(
            `the program asks the provider function ${token}, which nobody answers without credentials; ` +
              "give what it looks up by configuration, or compute it",
          );
        },
      },
      this.#project,
      this.#stack,
      true,
    );
    const monitor = runtime.getMonitor() as unknown as ResourceMonitor;
    monitor.registerResource = (request, reply) => {
      answer(reply, () => this.#register(request));
    };
    monitor.readResource = (request, reply) => {
      answer(reply, () => this.#read(request));
    };
    monitor.registerResourceOutputs = (request, reply) => {
      answer(reply, () => this.#recordOutputs(request));
    };
  }

  /** @throws when two resources have the same URN, which the engine would refuse */
  assertUniqueUrns(): void {
    if (this.#duplicates.size === 0) return;
    throw new Error(
      `Duplicate resource URN: ${[...this.#duplicates].sort().join(", ")}; give each resource a name of its own`,
    );
  }

  #register(request: resourceProto.RegisterResourceRequest): object {
    const wire = fromStruct(request.getObject());
    const record = this.#record(request, wire);
    record.custom = request.getCustom();
    record.provider = request.getProvider().split("::").slice(0, 4).join("::") || undefined;
    record.dependencies = request.getDependenciesList().toSorted();
    record.aliases = this.#aliases(record, request);
    record.protect = request.getProtect() ?? false;
    record.retainOnDelete = request.getRetainondelete() ?? false;
    record.deleteBeforeReplace = request.getDeletebeforereplace();
    record.ignoreChanges = request.getIgnorechangesList();
    record.replaceOnChanges = request.getReplaceonchangesList();
    return this.#respond(record, wire);
  }

  /** A resource that is only looked up. It belongs to somebody else, so it is no part of what is compared. */
  #read(request: resourceProto.ReadResourceRequest): object {
    this.activity += 1;
    const parent = request.getParent() || undefined;
    const urn = this.#urn(parent, request.getType(), request.getName());
    return response(urn, request.getId(), fromStruct(request.getProperties()));
  }

  #recordOutputs(request: resourceProto.RegisterResourceOutputsRequest): object {
    this.activity += 1;
    const record = this.#byUrn.get(request.getUrn());
    if (record === undefined) return {};
    record.outputs = this.#masking.properties(record.urn, fromStruct(request.getOutputs()), "outputs");
    return {};
  }

  #record(request: resourceProto.RegisterResourceRequest, wire: Record<string, WireValue>): ResourceRecord {
    this.activity += 1;
    const parent = request.getParent() || undefined;
    const urn = this.#urn(parent, request.getType(), request.getName());
    const record: ResourceRecord = {
      urn,
      type: request.getType(),
      name: request.getName(),
      parent,
      custom: true,
      inputs: this.#masking.properties(urn, wire),
      outputs: undefined,
      provider: undefined,
      dependencies: [],
      aliases: [],
      protect: false,
      retainOnDelete: false,
      deleteBeforeReplace: false,
      ignoreChanges: [],
      replaceOnChanges: [],
    };
    if (this.#byUrn.has(urn)) this.#duplicates.add(urn);
    this.#byUrn.set(urn, record);
    this.resources.push(record);
    return record;
  }

  #aliases(record: ResourceRecord, request: resourceProto.RegisterResourceRequest): string[] {
    const specs: AliasSpec[] = [
      ...request.getAliasurnsList(),
      ...request.getAliasesList().map((alias) => {
        const spec = alias.getSpec();
        if (spec === undefined) return alias.getUrn();
        const { name, type, stack, project, parenturn, noparent } = spec.toObject();
        // Neither field of the parent set means the present one.
        const parent = noparent ? "" : parenturn === "" ? undefined : parenturn;
        return { name, type, stack, project, parent };
      }),
    ];
    const identity = { ...this.#place, parent: record.parent, type: record.type, name: record.name };
    const parentAliases = record.parent === undefined ? [] : (this.#byUrn.get(record.parent)?.aliases ?? []);
    return aliasUrns(identity, specs, parentAliases);
  }

  get #place() {
    return { stack: this.#stack, project: this.#project };
  }

  #urn(parent: string | undefined, type: string, name: string): string {
    return urnOf({ ...this.#place, parent, type, name });
  }

  /** The inputs come back, still secret where they were. */
  #respond(record: ResourceRecord, wire: Record<string, WireValue>): object {
    const metadata = at(record.inputs, "metadata");
    const name = at(metadata, "name");
    const namespace = at(metadata, "namespace");
    const id = !record.custom
      ? ""
      : typeof name === "string"
        ? typeof namespace === "string"
          ? `${namespace}/${name}`
          : name
        : "";
    return response(record.urn, id, { ...computedOutputs(record.type, record.name, record.inputs), ...wire });
  }
}

function response(urn: string, id: string, wire: object): object {
  const state: Struct = { toJavaScript: () => wire };
  return {
    getUrn: () => urn,
    getId: () => id,
    getObject: () => state,
    getProperties: () => state,
    getPropertydependenciesMap: () => undefined,
    getResult: () => 0,
    getUnknown: () => false,
  };
}

function answer(reply: Reply, produce: () => unknown): void {
  let result: unknown;
  try {
    result = produce();
  } catch (error) {
    reply(error);
    return;
  }
  reply(null, result);
}

function fromStruct(struct: Struct | undefined): Record<string, WireValue> {
  return (struct?.toJavaScript() ?? {}) as Record<string, WireValue>;
}
