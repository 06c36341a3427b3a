/** The small part of kubectl's JSONPath that force-new properties are written in. */

import { isObject } from "../values/property.ts";

/** Names of properties; {@link EACH} stands for every element of a list. */
export type ForceNewPath = readonly string[];

const EACH = "[*]";

/** Parses a path such as `.spec.containers[*].image`. */
export function parseForceNewPath(path: string): ForceNewPath {
  return path
    .replaceAll(EACH, `.${EACH}`)
    .split(".")
    .filter((part) => part !== "");
}

/**
 * Whether a path leads to something in a patch.
 *
 * A property that is missing, or whose parent is null or no object, is not found, hence no match. A path that goes on
 * below an empty or absent list does match: kubectl's evaluation finds nothing to complain about. The official
 * provider relies on it, e.g. to replace a Pod whose containers are removed.
 */
export function pathMatches(path: ForceNewPath, patch: unknown): boolean {
  let current: unknown[] = [patch];
  for (const part of path) {
    if (current.length === 0) {
      return true;
    }
    if (part === EACH) {
      const present = current.filter((value) => value !== null);
      if (!present.every((value) => Array.isArray(value))) {
        return true;
      }
      current = present.flat();
    } else {
      current = current.flatMap((value) =>
        isObject(value) && Object.hasOwn(value, part) ? [value[part]] : [],
      );
      if (current.length === 0) {
        return false;
      }
    }
  }
  return true;
}
