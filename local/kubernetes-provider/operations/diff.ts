/** Diff: what an update would do to a resource. Needs the cluster for nothing but the scope of custom kinds. */

import { replacesUnready } from "../annotations.ts";
import { readinessRule } from "../await/rules.ts";
import { type DetailedDiff, detailedDiff, replaceKeys } from "../diff/detailed-diff.ts";
import { forceNewPaths, identityPaths } from "../diff/force-new.ts";
import { createMergePatch } from "../diff/merge-patch.ts";
import { prune } from "../diff/prune.ts";
import { formatApiVersion, isPatchResource, kindOfObject } from "../kinds/group-version-kind.ts";
import { normalizeInputs } from "../kinds/normalize.ts";
import { isAutonamed, isNamed } from "../naming.ts";
import type { Session } from "../session.ts";
import { parseCheckpoint, toKubernetesObject } from "../values/checkpoint.ts";
import { apiVersionOf, kindOf, nameOf, namespaceOf, setName, setNamespace } from "../values/object.ts";
import { parsePath, pathContains } from "../values/path.ts";
import { COMPUTED, type JsonObject, pluck, type PropertyMap, removeAt } from "../values/property.ts";

/** A request of the engine. */
export interface DiffRequest {
  readonly urn: string;
  /** State of the resource. */
  readonly olds: PropertyMap;
  /** Checked inputs. */
  readonly news: PropertyMap;
  /** Property paths whose changes don't count. */
  readonly ignoreChanges: readonly string[];
}

/** The answer. */
export interface DiffResult {
  readonly changed: boolean;
  /** Property paths that replace the object. */
  readonly replaces: readonly string[];
  /** Whether the old object has to go before the new one can be made. */
  readonly deleteBeforeReplace: boolean;
  readonly detailedDiff: DetailedDiff;
}

/** Compares the state of a resource, reduced to what its inputs set, with new inputs. */
export async function diff(session: Session, request: DiffRequest): Promise<DiffResult> {
  const { live, inputs: oldInputs } = parseCheckpoint(request.olds);
  const inputs = normalizeInputs(toKubernetesObject(request.news));
  const old = prune(live, normalizeInputs(oldInputs));
  const kind = kindOfObject(inputs);

  if (await session.isNamespaced(kind)) {
    setNamespace(old, namespaceOf(old) || "default");
    if (pluck(inputs, "metadata", "namespace") !== COMPUTED) {
      setNamespace(inputs, namespaceOf(inputs) || "default");
    }
  } else {
    setNamespace(old, "");
    setNamespace(inputs, "");
  }
  if (apiVersionOf(old) === "" && kindOf(old) === "") {
    old["apiVersion"] = formatApiVersion(kind);
    old["kind"] = kind.kind;
  }
  removeAt(old, "metadata", "resourceVersion");
  // A name that the server or the provider had made up may be written into the program without an effect.
  if (nameOf(inputs) !== "") {
    setName(old, nameOf(live));
  }

  const forceNew = isPatchResource(request.urn, kind.kind)
    ? identityPaths()
    : forceNewPaths(kind, inputs, session.settings.mutability);
  const details = detailedDiff(createMergePatch(old, inputs), old, inputs, forceNew);
  dropIgnored(details, request.ignoreChanges);
  const replaces = replaceKeys(details);
  if (replacesUnready(inputs) && (await isUnreadyJob(session, request.urn, inputs, live))) {
    replaces.push('.metadata.annotations["pulumi.com/replaceUnready"]');
  }
  return {
    changed: details.size > 0 || replaces.length > 0,
    replaces,
    deleteBeforeReplace:
      replaces.length > 0 &&
      isNamed(inputs) &&
      !isAutonamed(inputs) &&
      nameOf(inputs) === nameOf(live) &&
      namespaceOf(inputs) === namespaceOf(live),
    detailedDiff: details,
  };
}

function dropIgnored(details: DetailedDiff, ignoreChanges: readonly string[]): void {
  const ignored = ignoreChanges.map(parsePath);
  if (ignored.length === 0) {
    return;
  }
  for (const key of [...details.keys()]) {
    const path = parsePath(key);
    if (ignored.some((prefix) => pathContains(prefix, path))) {
      details.delete(key);
    }
  }
}

/** Errors of the look at the Job are ignored: the annotation is a convenience. */
async function isUnreadyJob(
  session: Session,
  urn: string,
  inputs: JsonObject,
  live: JsonObject,
): Promise<boolean> {
  if (session.unreachable !== undefined) {
    session.host.log("warning", urn, "Cluster is unreachable, skipping replaceUnready check");
    return false;
  }
  const rule = readinessRule(kindOfObject(inputs));
  if (kindOf(inputs) !== "Job" || rule === undefined) {
    session.host.log("warning", urn, "replaceUnready annotation is not supported for this resource");
    return false;
  }
  try {
    const path = `${await session.connection.discovery.collectionPath(live)}/${nameOf(live)}`;
    const object = await session.get(path);
    const context = {
      previous: undefined,
      related: new Map(),
      sinceChange: () => undefined,
      elapsed: 0,
      reading: true,
    };
    return object !== undefined && !rule.judge({ ...context, object, applied: object }).ready;
  } catch {
    return false;
  }
}
