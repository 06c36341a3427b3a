/**
 * Runs a Pulumi program in-process without an engine and records what it registers, the way the engine
 * would see it: whole-chain URNs, duplicate URNs refused, secrets at the leaf where they were put.
 *
 * The SDK keeps the mock monitor in process-global state: runs go one after another, never at the same time.
 */
import * as pulumi from "@pulumi/pulumi";
import type resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import { decode, type WireValue } from "./decode.ts";
import { spareTraces } from "./spare-traces.ts";

export { at, UNKNOWN } from "./decode.ts";

export interface MockOptions {
  /** Project name. Default `vllm-monitoring`. */
  project?: string;
  /** Stack name. Default `test`. */
  stack?: string;
  /** Run as a preview: ids and whatever `outputs` leaves out of a provider's own outputs stay unknown. */
  preview?: boolean;
  /** Stack configuration, keys with their namespace (`vllm-monitoring:fleet`). */
  config?: Record<string, string>;
  /** Keys of `config` that hold secrets. */
  secretKeys?: string[];
  /** What a provider would add to (or change in) a resource's outputs; inputs come back by themselves. */
  outputs?: (type: string, name: string, inputs: Record<string, unknown>) => object;
  /** Answers provider functions; without it any call is an error that names the token. */
  call?: (token: string, inputs: Record<string, unknown>) => Record<string, unknown>;
}

/** One resource as the engine was asked to register it. */
export interface RegisteredResource {
  urn: string;
  type: string;
  name: string;
  parentUrn: string | undefined;
  /** False for components. */
  custom: boolean;
  /** Inputs with secrets unwrapped; unknown values are {@link UNKNOWN}. */
  inputs: Record<string, unknown>;
  /** Paths in `inputs` that were secret. */
  secretPaths: string[];
  /** URNs, or `{name, type, parentUrn, …}` specs of the aliases. */
  aliases: (string | object)[];
  /** `urn::id` of the explicit provider, undefined with the default one. */
  provider: string | undefined;
  /** What `registerOutputs` recorded; undefined until (or unless) it was called. */
  outputs: Record<string, unknown> | undefined;
  /** Paths in `outputs` that were secret. */
  secretOutputPaths: string[];
  /** URNs this resource depends on, through options or inputs. */
  dependencies: string[];
  protect: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  deleteBeforeReplace: boolean;
  retainOnDelete: boolean;
  /** True when the resource was read (`.get`, StackReference), not registered. */
  isRead: boolean;
}

export interface MockRun<T = unknown> {
  /** In order of registration. */
  resources: RegisteredResource[];
  /** What the program returned; outputs inside stay outputs (see {@link valueOf}). */
  result: T;
  /** The only resource of that type (whole token, or the part after the last colon) and name; throws otherwise. */
  find(type: string, name?: string): RegisteredResource;
  /** All resources of that type. */
  all(type: string): RegisteredResource[];
  /** Direct children of the resource with that name. */
  childrenOf(name: string): RegisteredResource[];
}

/** Waits for an output's value, secret or not. Use it inside the program or after the run. */
export function valueOf<T>(input: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve, reject) => {
    const settled = pulumi.output(input) as unknown as { promise(): Promise<pulumi.Unwrap<T>> };
    settled.promise().then(resolve, reject);
  });
}

interface ResourceMonitor {
  registerResource(request: resourceProto.RegisterResourceRequest, reply: Reply): void;
  readResource(request: resourceProto.ReadResourceRequest, reply: Reply): void;
  registerResourceOutputs(request: resourceProto.RegisterResourceOutputsRequest, reply: Reply): void;
}
/** The part of a protobuf Struct, and of the register and read responses, that the SDK looks at. */
interface Struct {
  toJavaScript(): object;
}
interface Response {
  getUrn(): string;
  getId(): string;
  getObject(): Struct;
  getProperties(): Struct;
  getPropertydependenciesMap(): undefined;
  getResult(): number;
  getUnknown(): boolean;
}
type Reply = (error: unknown, response?: unknown) => void;

let isRunning = false;

/**
 * Runs `program` to its end, including everything it registers asynchronously.
 *
 * @throws what the program throws, the first failure in a promise that nobody awaited, or an error that lists
 * the URNs registered twice.
 */
export async function runWithMocks<T>(
  program: () => T | Promise<T>,
  options: MockOptions = {},
): Promise<MockRun<T>> {
  if (isRunning)
    throw new Error("runWithMocks: a run is in progress; await it before the next (global state).");
  isRunning = true;
  const recorder = new Recorder(options);
  const unhandled: unknown[] = [];
  // The SDK reports a failed registration as an unhandled rejection. Here it fails this run, and only this run.
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (reason) => unhandled.push(reason));
  const restore = spareTraces();
  try {
    pulumi.runtime.setAllConfig(options.config ?? {}, options.secretKeys ?? []);
    await recorder.install();
    const outcome = await settle(program);
    await drain(recorder);
    if ("error" in outcome) throw outcome.error;
    if (unhandled.length > 0) throw unhandled[0];
    recorder.assertUniqueUrns();
    return new FinishedRun(recorder.resources, outcome.value);
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
    pulumi.runtime.setAllConfig({}, []);
    restore();
    isRunning = false;
  }
}

async function settle<T>(program: () => T | Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await program() };
  } catch (error) {
    return { error };
  }
}

/** Waits until the SDK has no call under way and a turn of the event loop brings no new one. */
async function drain(recorder: Recorder): Promise<void> {
  let seen = -1;
  while (seen !== recorder.activity) {
    seen = recorder.activity;
    await pulumi.runtime.disconnect();
    // Rejections are reported after the microtasks of a turn; a second turn lets work they started begin.
    await nextTurn();
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

class Recorder {
  readonly resources: RegisteredResource[] = [];
  activity = 0;
  readonly #byUrn = new Map<string, RegisteredResource>();
  readonly #duplicates = new Set<string>();
  readonly #options: MockOptions;
  readonly #project: string;
  readonly #stack: string;

  constructor(options: MockOptions) {
    this.#options = options;
    this.#project = options.project ?? "vllm-monitoring";
    this.#stack = options.stack ?? "test";
  }

  async install(): Promise<void> {
    await pulumi.runtime.setMocks(
      {
        newResource: () => {
          throw new Error("the recorder answers registrations itself");
        },
        call: ({ token, inputs }) => {
          this.activity += 1;
          if (this.#options.call) return this.#options.call(token, inputs as Record<string, unknown>);
          throw new Error(`no answer for the provider function ${token}: give options.call`);
        },
      },
      this.#project,
      this.#stack,
      this.#options.preview ?? false,
    );
    const monitor = pulumi.runtime.getMonitor() as unknown as ResourceMonitor;
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

  assertUniqueUrns(): void {
    if (this.#duplicates.size === 0) return;
    throw new Error(
      `Duplicate resource URN: ${[...this.#duplicates].sort().join(", ")}; names must be unique.`,
    );
  }

  #register(request: resourceProto.RegisterResourceRequest): Response {
    const wire = fromStruct(request.getObject());
    const resource = this.#record(request, wire, {
      custom: request.getCustom(),
      isRead: false,
      aliases: [...request.getAliasurnsList(), ...request.getAliasesList().map(describeAlias)],
      protect: request.getProtect() ?? false,
      ignoreChanges: request.getIgnorechangesList(),
      replaceOnChanges: request.getReplaceonchangesList(),
      deleteBeforeReplace: request.getDeletebeforereplace(),
      retainOnDelete: request.getRetainondelete() ?? false,
    });
    const id = resource.custom && !this.#options.preview ? providerId(resource) : "";
    return this.#respond(resource, id, wire);
  }

  #read(request: resourceProto.ReadResourceRequest): Response {
    const wire = fromStruct(request.getProperties());
    const resource = this.#record(request, wire, { custom: true, isRead: true });
    return this.#respond(resource, request.getId(), wire);
  }

  #recordOutputs(request: resourceProto.RegisterResourceOutputsRequest): object {
    this.activity += 1;
    const resource = this.#byUrn.get(request.getUrn());
    if (!resource) throw new Error(`registerOutputs for the unknown resource ${request.getUrn()}`);
    const { value, secretPaths } = decode(fromStruct(request.getOutputs()));
    resource.outputs = value as Record<string, unknown>;
    resource.secretOutputPaths = secretPaths;
    return {};
  }

  #record(
    request: resourceProto.RegisterResourceRequest | resourceProto.ReadResourceRequest,
    wire: Record<string, WireValue>,
    rest: Partial<RegisteredResource> & Pick<RegisteredResource, "custom" | "isRead">,
  ): RegisteredResource {
    this.activity += 1;
    const { value, secretPaths } = decode(wire);
    const resource: RegisteredResource = {
      urn: this.#urn(request.getParent(), request.getType(), request.getName()),
      type: request.getType(),
      name: request.getName(),
      parentUrn: request.getParent() || undefined,
      inputs: value as Record<string, unknown>,
      secretPaths,
      aliases: [],
      provider: request.getProvider() || undefined,
      outputs: undefined,
      secretOutputPaths: [],
      dependencies: request.getDependenciesList(),
      protect: false,
      ignoreChanges: [],
      replaceOnChanges: [],
      deleteBeforeReplace: false,
      retainOnDelete: false,
      ...rest,
    };
    if (this.#byUrn.has(resource.urn)) this.#duplicates.add(resource.urn);
    this.#byUrn.set(resource.urn, resource);
    this.resources.push(resource);
    return resource;
  }

  /** As the engine builds it: the types of all ancestors but the stack, joined with `$`. */
  #urn(parent: string, type: string, name: string): string {
    const parentType = parent === "" ? "" : (parent.split("::")[2] ?? "");
    const prefix = parentType === "" || parentType === "pulumi:pulumi:Stack" ? "" : `${parentType}$`;
    return `urn:pulumi:${this.#stack}::${this.#project}::${prefix}${type}::${name}`;
  }

  /** The provider's answer: the inputs come back (still secret where they were), with what the caller adds. */
  #respond(resource: RegisteredResource, id: string, wire: Record<string, WireValue>): Response {
    const added = this.#options.outputs?.(resource.type, resource.name, resource.inputs) ?? {};
    const state: Struct = { toJavaScript: () => ({ ...wire, ...added }) };
    return {
      getUrn: () => resource.urn,
      getId: () => id,
      getObject: () => state,
      getProperties: () => state,
      getPropertydependenciesMap: () => undefined,
      getResult: () => 0,
      getUnknown: () => false,
    };
  }
}

class FinishedRun<T> implements MockRun<T> {
  readonly resources: RegisteredResource[];
  readonly result: T;

  constructor(resources: RegisteredResource[], result: T) {
    this.resources = resources;
    this.result = result;
  }

  find(type: string, name?: string): RegisteredResource {
    const found = this.all(type).filter((resource) => name === undefined || resource.name === name);
    const [only] = found;
    if (found.length === 1 && only) return only;
    const wanted = name === undefined ? type : `${type} "${name}"`;
    const there = this.resources.map((resource) => `${resource.type} "${resource.name}"`).join("\n  ");
    throw new Error(`expected exactly one ${wanted}, found ${String(found.length)}. Registered:\n  ${there}`);
  }

  all(type: string): RegisteredResource[] {
    return this.resources.filter((resource) => resource.type === type || resource.type.endsWith(`:${type}`));
  }

  childrenOf(name: string): RegisteredResource[] {
    const parents = new Set(this.resources.filter((parent) => parent.name === name).map(({ urn }) => urn));
    if (parents.size === 0) throw new Error(`no resource is named "${name}"`);
    return this.resources.filter(({ parentUrn }) => parentUrn !== undefined && parents.has(parentUrn));
  }
}

function answer(reply: Reply, produce: () => unknown): void {
  let response: unknown;
  try {
    response = produce();
  } catch (error) {
    reply(error);
    return;
  }
  reply(null, response);
}

/** Kubernetes ids are `namespace/name`; anything else gets a stable id from its name. */
function providerId(resource: RegisteredResource): string {
  const metadata = resource.inputs["metadata"] as { name?: string; namespace?: string } | undefined;
  if (metadata?.name === undefined) return `${resource.name}-id`;
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

function describeAlias(alias: ReturnType<resourceProto.RegisterResourceRequest["getAliasesList"]>[number]) {
  return alias.hasSpec() ? (alias.getSpec()?.toObject() ?? {}) : alias.getUrn();
}

function fromStruct(struct: Struct | undefined): Record<string, WireValue> {
  return (struct?.toJavaScript() ?? {}) as Record<string, WireValue>;
}
