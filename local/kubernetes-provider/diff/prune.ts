/** Reducing a live object to the fields that its inputs set, before the two are compared. */

import { cloneJson, isObject, type Json, type JsonObject } from "../values/property.ts";

/**
 * The parts of `source` for which `shape` has a counterpart. Lists are matched by position. Where the types differ the
 * whole value of `source` is kept, so that the difference shows.
 */
export function prune(source: JsonObject, shape: JsonObject): JsonObject {
  const pruned: JsonObject = {};
  for (const [key, value] of Object.entries(source)) {
    const wanted = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (wanted !== undefined) {
      pruned[key] = pruneValue(value, wanted);
    }
  }
  return pruned;
}

function pruneValue(value: Json, shape: Json): Json {
  if (isObject(value) && isObject(shape)) {
    return prune(value, shape);
  }
  if (Array.isArray(value) && Array.isArray(shape)) {
    return pruneList(value, shape);
  }
  return value;
}

function typeName(value: Json | undefined): string {
  if (value === null) {
    return "null";
  }
  return Array.isArray(value) ? "list" : typeof value;
}

function pruneList(source: Json[], shape: Json[]): Json[] {
  if (source.length === 0 || shape.length === 0) {
    return [];
  }
  if (typeName(source[0]) !== typeName(shape[0])) {
    return cloneJson(source);
  }
  return source.slice(0, shape.length).map((value, index) => pruneValue(value, shape[index] as Json));
}
