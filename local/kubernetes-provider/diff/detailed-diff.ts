/** From a merge patch to the property diffs that the engine shows and acts on. */

import {
  COMPUTED,
  isObject,
  type Json,
  type JsonObject,
  type Plain,
  type PlainObject,
} from "../values/property.ts";
import { formatPath, type PathSegment } from "../values/path.ts";
import { type ForceNewPath, pathMatches } from "./force-new-path.ts";

/** What happens to a property; the suffix says that it replaces the object. */
export type DiffKind = "add" | "delete" | "update" | "add-replace" | "delete-replace" | "update-replace";

/** Diff of one property. */
export interface PropertyDiff {
  readonly kind: DiffKind;
  /** True if the diff is between old and new inputs, false if it is between old state and new inputs. */
  readonly inputDiff: boolean;
}

/** Diffs by property path. */
export type DetailedDiff = Map<string, PropertyDiff>;

interface Context {
  readonly forceNew: readonly ForceNewPath[];
  readonly diff: DetailedDiff;
}

/** An object's field: undefined if it has none, as opposed to null. */
function field(value: Json | Plain | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** A list's element: null beyond its end. */
function element(value: Json | undefined, index: number): Json {
  return Array.isArray(value) ? (value[index] ?? null) : null;
}

/**
 * Converts a merge patch.
 *
 * @param patch from the live object, pruned to its inputs, to the new inputs
 * @param old the pruned live object
 * @param inputs the new inputs
 * @param forceNew paths whose change replaces the object
 */
export function detailedDiff(
  patch: PlainObject,
  old: JsonObject,
  inputs: JsonObject,
  forceNew: readonly ForceNewPath[],
): DetailedDiff {
  const context: Context = { forceNew, diff: new Map() };
  addObject(context, [], patch, old, inputs, false);
  return context.diff;
}

function addObject(
  context: Context,
  path: readonly PathSegment[],
  patch: PlainObject,
  old: JsonObject,
  input: Json | undefined,
  inList: boolean,
): void {
  for (const [key, value] of Object.entries(patch)) {
    addValue(context, [...path, key], value, field(old, key), field(input, key), inList);
  }
  if (!inList) {
    return;
  }
  // A merge patch holds lists as a whole, so what is gone from their elements isn't in it as null.
  for (const [key, value] of Object.entries(old)) {
    if (!Object.hasOwn(patch, key)) {
      addValue(context, [...path, key], null, value, field(input, key), inList);
    }
  }
}

function addList(
  context: Context,
  path: readonly PathSegment[],
  patch: readonly Plain[],
  old: readonly Json[],
  input: Json | undefined,
): void {
  for (let index = 0; index < Math.max(patch.length, old.length); index++) {
    const value = index < patch.length ? (patch[index] as Plain) : null;
    const before = index < old.length ? (old[index] as Json) : undefined;
    addValue(context, [...path, index], value, before, element(input, index), true);
  }
}

/**
 * Adds the diff of one value.
 *
 * @param value null if it is to be removed
 * @param old undefined if there was none; as the old object is pruned to its old inputs, there was an old input for
 * whatever it holds
 * @param input undefined if the new inputs have none
 */
function addValue(
  context: Context,
  path: readonly PathSegment[],
  value: Plain,
  old: Json | undefined,
  input: Json | undefined,
  inList: boolean,
): void {
  if (input === undefined && (value !== null || old === undefined)) {
    return;
  }
  let kind: "add" | "delete" | "update";
  let inputDiff = false;
  if (value === null) {
    if (input === COMPUTED) {
      kind = old === undefined ? "add" : "update";
    } else {
      kind = "delete";
      inputDiff = true;
    }
  } else if (old === undefined) {
    kind = "add";
  } else if (isObject(value) && isObject(old)) {
    addObject(context, path, value, old, input, inList);
    return;
  } else if (Array.isArray(value) && Array.isArray(old)) {
    addList(context, path, value, old, input);
    return;
  } else if (value === old) {
    return;
  } else {
    kind = "update";
  }
  const slice = sliceOf(path, value);
  const replaces = context.forceNew.some((forced) => pathMatches(forced, slice));
  context.diff.set(formatPath(path), { kind: replaces ? `${kind}-replace` : kind, inputDiff });
}

/** The value alone in an object of its shape, lists shortened to the one element. */
function sliceOf(path: readonly PathSegment[], value: Plain): Plain {
  let slice = value;
  for (const segment of path.toReversed()) {
    slice = typeof segment === "number" ? [slice] : { [segment]: slice };
  }
  return slice;
}

/** Keys of a detailed diff that replace the object. Losing all metadata loses its identity. */
export function replaceKeys(diff: DetailedDiff): string[] {
  return [...diff]
    .filter(([key, { kind }]) => kind.endsWith("-replace") || (kind === "delete" && key === "metadata"))
    .map(([key]) => key);
}
