/** What replaces a resource instead of changing it: the provider's tables, and the options of the resource. */

import { detailedDiff, replaceKeys } from "../../local/kubernetes-provider/diff/detailed-diff.ts";
import { forceNewPaths, type Mutability } from "../../local/kubernetes-provider/diff/force-new.ts";
import { createMergePatch } from "../../local/kubernetes-provider/diff/merge-patch.ts";
import { parseToken } from "../../local/kubernetes-provider/kinds/group-version-kind.ts";
import { parsePath } from "../../local/kubernetes-provider/values/path.ts";
import { at, equal, scalarOf, without, type JsonObject } from "../model/json.ts";
import { isKubernetes } from "../model/documents.ts";
import type { ResourceRecord } from "../model/snapshot.ts";
import { awsReplacementPaths } from "./aws-replacement.ts";

export interface Replacement {
  /** Properties that force it, in the order of their names; empty when the resource is changed in place. */
  forcedBy: string[];
  /** False when nothing is known about the type: the change may replace it. */
  isKnown: boolean;
}

/** What the resource's provider allows. */
export function mutabilityOf(provider: ResourceRecord | undefined): Mutability {
  const isSet = (key: string) => scalarOf(at(provider?.inputs, key)) === "true";
  return { configMaps: isSet("enableConfigMapMutable"), secrets: isSet("enableSecretMutable") };
}

/** Decides for a resource that is there before and after. */
export function replacementOf(
  before: ResourceRecord,
  after: ResourceRecord,
  provider: ResourceRecord | undefined,
): Replacement {
  const changed = topLevelChanges(before, after);
  const byOption = after.replaceOnChanges.filter((path) =>
    path === "*" ? changed.length > 0 : isChanged(before.inputs, after.inputs, path),
  );
  const byProvider = providerReplacement(before, after, provider);
  return {
    forcedBy: [...new Set([...byProvider.forcedBy, ...byOption])].sort(),
    isKnown: byProvider.isKnown || changed.length === 0,
  };
}

function providerReplacement(
  before: ResourceRecord,
  after: ResourceRecord,
  provider: ResourceRecord | undefined,
): Replacement {
  if (isKubernetes(after)) {
    const [old, wanted] = [identified(before), identified(after)];
    const forceNew = forceNewPaths(parseToken(after.type), wanted, mutabilityOf(provider));
    const diff = detailedDiff(createMergePatch(old, wanted), old, wanted, forceNew);
    return { forcedBy: replaceKeys(diff), isKnown: true };
  }
  if (after.type === "pulumi:providers:kubernetes") return providerIdentity(before, after);
  if (after.type.startsWith("pulumi:providers:")) return { forcedBy: [], isKnown: true };
  const paths = awsReplacementPaths(after.type);
  if (paths === undefined) return { forcedBy: [], isKnown: false };
  return { forcedBy: paths.filter((path) => isChanged(before.inputs, after.inputs, path)), isKnown: true };
}

/** The provider stands for a cluster: another identity is another cluster, and everything in the old one goes. */
function providerIdentity(before: ResourceRecord, after: ResourceRecord): Replacement {
  const [old, wanted] = [before.inputs["clusterIdentifier"], after.inputs["clusterIdentifier"]];
  if (old !== undefined && wanted !== undefined)
    return { forcedBy: equal(old, wanted) ? [] : ["clusterIdentifier"], isKnown: true };
  // Without an identity it depends on what the kubeconfig points to, and that is a secret.
  return { forcedBy: [], isKnown: !isChanged(before.inputs, after.inputs, "kubeconfig") };
}

/** An object without a namespace is one of the namespace `default`. */
function identified(record: ResourceRecord): JsonObject {
  const metadata = record.inputs["metadata"];
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return record.inputs;
  return { ...record.inputs, metadata: { ...metadata, namespace: metadata["namespace"] ?? "default" } };
}

function topLevelChanges(before: ResourceRecord, after: ResourceRecord): string[] {
  const keys = new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)]);
  return [...keys].filter((key) => !equal(before.inputs[key], after.inputs[key]));
}

function isChanged(before: JsonObject, after: JsonObject, path: string): boolean {
  const keys = parsePath(path).filter((segment) => segment !== "*");
  return !equal(at(before, ...keys), at(after, ...keys));
}

/** The inputs that count: those under `ignoreChanges` stay as they were. */
export function withIgnoredChanges(before: JsonObject, after: ResourceRecord): JsonObject {
  let inputs = after.inputs;
  for (const path of after.ignoreChanges) inputs = copied(inputs, before, parsePath(path)) as JsonObject;
  return inputs;
}

type Inner = JsonObject[string] | undefined;

/** `target` with what `source` has at the path. A wildcard ignores everything below it. */
function copied(target: Inner, source: Inner, path: readonly (string | number)[]): Inner {
  const [key, ...rest] = path;
  if (key === undefined || key === "*") return source;
  if (Array.isArray(target) && typeof key === "number") {
    const inner = copied(target[key], at(source, key), rest);
    return inner === undefined ? target : target.with(key, inner);
  }
  if (typeof target !== "object" || target === null || Array.isArray(target)) return target;
  const inner = copied(target[String(key)], at(source, String(key)), rest);
  const others = without(target, String(key));
  return inner === undefined ? others : { ...others, [String(key)]: inner };
}
