/** Bookkeeping of who manages which field, `.metadata.managedFields`. */

import { resourceVersionOf } from "../values/object.ts";
import {
  cloneJson,
  isObject,
  type Json,
  type JsonObject,
  objectsAt,
  pluck,
  removeAt,
  textOf,
} from "../values/property.ts";
import { parsePath } from "../values/path.ts";

/** Field managers that a take-over ends: kubectl's, and those of objects made without server-side apply. */
const takenOver = [
  ["kubectl", "Apply"],
  ["kubectl", "Update"],
  ["before-first-apply", "Update"],
  ["pulumi-kubernetes", "Update"],
  ["pulumi-resource-kubernetes", "Update"],
] as const;

/** Field manager of a plain create; the first update hands its fields to the resource's own. */
export const creationManager = "pulumi-kubernetes";

function entriesOf(object: JsonObject): JsonObject[] {
  return objectsAt(object, "metadata", "managedFields");
}

/** Whether the object has no bookkeeping, so that all its fields count as foreign. */
export function lacksManagers(object: JsonObject): boolean {
  return entriesOf(object).length === 0;
}

/** Whether the provider manages fields of the object by requests other than server-side apply. */
export function isManagedByUpdates(object: JsonObject): boolean {
  return entriesOf(object).some(
    (entry) =>
      entry["operation"] === "Update" &&
      ["pulumi-kubernetes", "pulumi-resource-kubernetes"].includes(textOf(entry["manager"])),
  );
}

/**
 * A JSON patch that makes `manager` the server-side-apply owner of what kubectl and plain creates own, so that applying
 * can remove fields that the inputs no longer have. Undefined if there is nothing to take over.
 */
export function takeOverPatch(object: JsonObject, manager: string): JsonObject[] | undefined {
  const entries = entriesOf(object);
  const isOwn = (entry: JsonObject): boolean =>
    entry["manager"] === manager && entry["operation"] === "Apply";
  let own = entries.find(isOwn);
  let changed = false;
  const others: JsonObject[] = [];
  for (const entry of entries) {
    if (isOwn(entry)) {
      continue;
    }
    if (isTakenOver(entry)) {
      changed = true;
      own =
        own === undefined
          ? { ...entry, manager, operation: "Apply" }
          : { ...own, fieldsV1: mergeFields(own["fieldsV1"], entry["fieldsV1"]) };
    } else {
      others.push(entry);
    }
  }
  if (!changed || own === undefined) {
    return undefined;
  }
  return [
    { op: "replace", path: "/metadata/managedFields", value: [...others, own] },
    { op: "replace", path: "/metadata/resourceVersion", value: resourceVersionOf(object) },
  ];
}

function isTakenOver(entry: JsonObject): boolean {
  const subresource = entry["subresource"];
  return (
    (subresource === undefined || subresource === "") &&
    takenOver.some(
      ([prefix, operation]) =>
        textOf(entry["manager"]).startsWith(prefix) && entry["operation"] === operation,
    )
  );
}

function mergeFields(a: Json | undefined, b: Json | undefined): JsonObject {
  const merged: JsonObject = isObject(a) ? cloneJson(a) : {};
  for (const [key, value] of Object.entries(isObject(b) ? b : {})) {
    merged[key] = mergeFields(merged[key], value);
  }
  return merged;
}

/**
 * Changes inputs so that applying them leaves the ignored properties alone: a property that only others manage is left
 * out, any other is sent as it is on the server.
 */
export function keepIgnored(
  inputs: JsonObject,
  live: JsonObject,
  manager: string,
  ignoreChanges: readonly string[],
): void {
  for (const ignored of ignoreChanges) {
    const path = parsePath(ignored).map(String);
    const owned = (own: boolean): boolean =>
      entriesOf(live).some(
        (entry) =>
          (entry["manager"] === manager) === own &&
          pluck(entry["fieldsV1"], ...path.map((name) => `f:${name}`)) !== undefined,
      );
    if (owned(false) && !owned(true)) {
      removeAt(inputs, ...path);
      continue;
    }
    const value = pluck(live, ...path);
    if (value !== undefined) {
      setAt(inputs, path, cloneJson(value));
    }
  }
}

function setAt(object: JsonObject, path: readonly string[], value: Json): void {
  let parent = object;
  for (const name of path.slice(0, -1)) {
    const child = parent[name];
    if (isObject(child)) {
      parent = child;
    } else if (child === undefined) {
      const added: JsonObject = {};
      parent[name] = added;
      parent = added;
    } else {
      return;
    }
  }
  const last = path.at(-1);
  if (last !== undefined) {
    parent[last] = value;
  }
}
