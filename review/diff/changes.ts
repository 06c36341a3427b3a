/** What would happen to each resource between two snapshots of an environment. */

import { parsePath } from "../../local/kubernetes-provider/values/path.ts";
import { at, compareText, entriesOf, equal, type Json, type JsonObject } from "../model/json.ts";
import { named } from "../model/documents.ts";
import { maskOf, type ResourceRecord, type Snapshot } from "../model/snapshot.ts";
import { optionChanges, type OptionChange } from "./options.ts";
import { diffValues, joinPath, type PropertyChange } from "./properties.ts";
import { replacementOf, withIgnoredChanges } from "./replacement.ts";

export type Operation = "create" | "update" | "replace" | "delete";

export interface ResourceChange {
  operation: Operation;
  /** The resource afterwards; before, where it is deleted. */
  resource: ResourceRecord;
  before: ResourceRecord | undefined;
  after: ResourceRecord | undefined;
  properties: PropertyChange[];
  /** Properties that force the replacement. */
  forcedBy: string[];
  /** True when it can't be told offline whether the change replaces the resource. */
  mayReplace: boolean;
  /** True when the old object is deleted before the new one exists. */
  deletesFirst: boolean;
  /** Kept in the cloud or cluster although it leaves the stack. */
  isRetained: boolean;
}

export interface Comparison {
  environment: string;
  base: Snapshot;
  head: Snapshot;
  changes: ResourceChange[];
  options: OptionChange[];
  /** Objects that are made anew under another URN and deleted under the old one: the same thing in the cluster or cloud. */
  twice: Pair[];
  /** Resources that are the same under another URN, thanks to an alias. */
  renamed: { from: string; to: ResourceRecord }[];
  /** Resources without a change. */
  unchanged: number;
  /** Pairs of the same resource. */
  pairs: Pair[];
}

/** The same resource before and after. */
export interface Pair {
  before: ResourceRecord;
  after: ResourceRecord;
}

/** What the engine decided about a resource, with the provider's own comparison. */
export interface Decision {
  operation: Operation | "same";
  forcedBy: string[];
  /** Paths that differ, where the provider tells them. */
  paths: string[];
  deletesFirst: boolean;
}

/**
 * Compares two snapshots of the same environment.
 *
 * @param decisions of the engine, by URN; without any, the tables here decide
 */
export function compareSnapshots(
  base: Snapshot,
  head: Snapshot,
  decisions?: ReadonlyMap<string, Decision>,
): Comparison {
  const { pairs, created, deleted } = matched(base.resources, head.resources);
  const providers = new Map(head.resources.map((resource) => [resource.urn, resource]));
  const now = new Map(pairs.map((pair) => [pair.before.urn, pair.after.urn]));
  const replaced = new Set<string>();
  const changes: ResourceChange[] = [];
  // Providers first: one that is replaced replaces everything that it made.
  const ordered = [...pairs].sort((a, b) => Number(isProvider(b.after)) - Number(isProvider(a.after)));
  for (const pair of ordered) {
    const change =
      decisions === undefined
        ? changeOf(pair, { providers, replaced, now })
        : decidedChange(pair, decisions.get(pair.after.urn));
    if (change === undefined) continue;
    if (change.operation === "replace") replaced.add(pair.after.urn);
    if (pair.after.custom) changes.push(change);
  }
  changes.push(
    ...created.filter(({ custom }) => custom).map((after) => lifecycle("create", undefined, after)),
    ...deleted.filter(({ custom }) => custom).map((before) => lifecycle("delete", before, undefined)),
  );
  const changed = urnsOf(changes);
  return {
    environment: head.environment,
    base,
    head,
    changes: changes.sort((a, b) => compareText(a.resource.urn, b.resource.urn)),
    options: pairs.flatMap((pair) => optionChanges(pair, now)),
    twice: sameObjects(deleted, created),
    renamed: pairs
      .filter(({ before, after }) => before.urn !== after.urn && after.custom)
      .map(({ before, after }) => ({ from: before.urn, to: after })),
    unchanged: pairs.filter(({ after }) => after.custom && !changed.has(after.urn)).length,
    pairs,
  };
}

function isProvider({ type }: ResourceRecord): boolean {
  return type.startsWith("pulumi:providers:");
}

/** Which resource is which: by URN, then by the aliases that the new one has. */
function matched(before: readonly ResourceRecord[], after: readonly ResourceRecord[]) {
  const left = new Map(before.map((resource) => [resource.urn, resource]));
  const own = new Set(after.map(({ urn }) => urn));
  const pairs: Pair[] = [];
  const created: ResourceRecord[] = [];
  for (const resource of after) {
    const urn = [resource.urn, ...resource.aliases.filter((alias) => !own.has(alias))].find((candidate) =>
      left.has(candidate),
    );
    const old = urn === undefined ? undefined : left.get(urn);
    if (old === undefined) {
      created.push(resource);
      continue;
    }
    left.delete(old.urn);
    pairs.push({ before: old, after: resource });
  }
  return { pairs, created, deleted: [...left.values()] };
}

/** Pairs of a deleted and a created resource that are one object to the cluster or the cloud. */
function sameObjects(deleted: readonly ResourceRecord[], created: readonly ResourceRecord[]): Pair[] {
  const wanted = new Map(
    created.flatMap((after) => {
      const identity = objectIdentity(after);
      return identity === undefined ? [] : [[identity, after] as const];
    }),
  );
  return deleted.flatMap((before) => {
    const after = wanted.get(objectIdentity(before) ?? "");
    return after === undefined ? [] : [{ before, after }];
  });
}

/** What makes an object the one that it is; undefined where only its creation tells. */
function objectIdentity({ type, custom, inputs }: ResourceRecord): string | undefined {
  if (!custom) return undefined;
  const name = at(inputs, "metadata", "name") ?? inputs["bucket"] ?? inputs["name"];
  if (typeof name !== "string") return undefined;
  return JSON.stringify([type, at(inputs, "metadata", "namespace") ?? "", name]);
}

interface Surroundings {
  /** Resources of the head by URN. */
  providers: ReadonlyMap<string, ResourceRecord>;
  /** URNs of what is replaced, so far. */
  replaced: ReadonlySet<string>;
  /** URN of today by the URN of before. */
  now: ReadonlyMap<string, string>;
}

/**
 * Whether the engine replaces a resource for its provider: when that is replaced, and when it is another one. Default providers
 * have no URN here, and all count as the same one (pulumi pkg/resource/deploy, providerChanged).
 */
function losesProvider({ before, after }: Pair, { replaced, now }: Surroundings): boolean {
  if (isProvider(after)) return false;
  if (after.provider !== undefined && replaced.has(after.provider)) return true;
  const former = before.provider === undefined ? undefined : (now.get(before.provider) ?? before.provider);
  return former !== after.provider;
}

function changeOf(pair: Pair, surroundings: Surroundings): ResourceChange | undefined {
  const { before, after } = pair;
  const { providers } = surroundings;
  const inputs = withIgnoredChanges(before.inputs, after);
  const effective: ResourceRecord = inputs === after.inputs ? after : { ...after, inputs };
  const isSame = equal(before.inputs, inputs);
  const lostProvider = after.custom && losesProvider(pair, surroundings);
  if (isSame && !lostProvider) return undefined;
  const provider = after.provider === undefined ? undefined : providers.get(after.provider);
  const { forcedBy, isKnown } = replacementOf(before, effective, provider);
  const reasons = lostProvider ? [...forcedBy, "provider"] : forcedBy;
  return {
    operation: reasons.length > 0 ? "replace" : "update",
    resource: effective,
    before,
    after: effective,
    properties: diffValues(before.inputs, inputs),
    forcedBy: reasons,
    mayReplace: !isKnown,
    // For another provider alone the engine makes the new one first, whatever its name.
    deletesFirst:
      reasons.length > 0 &&
      (after.deleteBeforeReplace || (forcedBy.length > 0 && keepsName(before.inputs, inputs))),
    isRetained: before.retainOnDelete,
  };
}

/** A change as the engine will make it. */
function decidedChange({ before, after }: Pair, decision: Decision | undefined): ResourceChange | undefined {
  if (decision === undefined || decision.operation === "same") return undefined;
  const properties = diffValues(before.inputs, after.inputs);
  // Secrets look alike on both sides, and what changed outside of the program isn't in the inputs: only the path tells.
  const told = decision.paths.filter(
    (path) => !properties.some((property) => property.path === path || path.startsWith(property.path)),
  );
  const all = [...properties, ...told.map((path) => untoldChange(path, before, after))];
  if (all.length === 0) all.push(unseenChange(after));
  return {
    operation: decision.operation,
    resource: after,
    before,
    after,
    properties: all.sort((a, b) => compareText(a.path, b.path)),
    forcedBy: decision.operation === "replace" ? decision.forcedBy : [],
    mayReplace: false,
    deletesFirst: decision.deletesFirst,
    isRetained: before.retainOnDelete,
  };
}

function untoldChange(path: string, before: ResourceRecord, after: ResourceRecord): PropertyChange {
  const isSecret = [before, after].some(({ inputs }) => isBelowMask(inputs, parsePath(path)));
  return { path, kind: isSecret ? "secret" : "untold" };
}

/** Where neither side shows a difference, a secret is different; else something that isn't in the program. */
function unseenChange({ inputs }: ResourceRecord): PropertyChange {
  const masked = maskPaths(inputs);
  return masked.length === 0 ? { path: "", kind: "untold" } : { path: masked.join(" or "), kind: "secret" };
}

/** Paths of all masks, sorted. */
function maskPaths(value: Json, path = ""): string[] {
  if (maskOf(value) !== undefined) return [path];
  return entriesOf(value).flatMap(([key, inner]) => maskPaths(inner, joinPath(path, key)));
}

function isBelowMask(inputs: JsonObject, path: readonly (string | number)[]): boolean {
  return path.some((_, index) => maskOf(at(inputs, ...path.slice(0, index + 1))) !== undefined);
}

/** Two objects of one name can't be there at the same time, so the old one goes first. */
function keepsName(before: JsonObject, after: JsonObject): boolean {
  const identity = ({ metadata }: JsonObject) =>
    typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)
      ? [metadata["name"], metadata["namespace"]]
      : [];
  const [old, now] = [identity(before), identity(after)];
  return old[0] !== undefined && old[0] === now[0] && old[1] === now[1];
}

function lifecycle(
  operation: "create" | "delete",
  before: ResourceRecord | undefined,
  after: ResourceRecord | undefined,
): ResourceChange {
  const resource = (after ?? before) as ResourceRecord;
  return {
    operation,
    resource,
    before,
    after,
    properties: [],
    forcedBy: [],
    mayReplace: false,
    deletesFirst: false,
    isRetained: before?.retainOnDelete ?? false,
  };
}

/** URNs of the resources to which something happens; without an operation, of all that change. */
export function urnsOf(changes: readonly ResourceChange[], operation?: Operation): Set<string> {
  return new Set(
    changes
      .filter((change) => operation === undefined || change.operation === operation)
      .map(({ resource }) => resource.urn),
  );
}

/** Both URNs of every object that is there twice for a while. */
export function urnsOfTwice({ twice }: Comparison): Set<string> {
  return new Set(twice.flatMap(({ before, after }) => [before.urn, after.urn]));
}

/** A snapshot with nothing in it: what an environment is compared with that is new, or gone. */
export function emptySnapshot(environment: string): Snapshot {
  return { environment, resources: [], secrets: {}, nodeGroups: [], warnings: [], leaks: [] };
}

/** `VllmDeployment llama-8b`, by the components above the resource; the empty text for the stack itself. */
export function componentOf(resource: ResourceRecord, byUrn: ReadonlyMap<string, ResourceRecord>): string {
  const chain: string[] = [];
  let urn = resource.parent;
  while (urn !== undefined) {
    const parent = byUrn.get(urn);
    if (parent === undefined || parent.type === "pulumi:pulumi:Stack") break;
    chain.unshift(named(parent));
    urn = parent.parent;
  }
  return chain.join(" / ");
}
