/** JSON merge patches (RFC 7386) between an object as it lives and as it is wanted. */

import {
  COMPUTED,
  isObject,
  type Json,
  type JsonObject,
  type Plain,
  type PlainObject,
} from "../values/property.ts";

/**
 * An unknown takes part in the patch as an object of its own, which differs from whatever stands there now. This is
 * the official provider's serialisation of an unknown; the shape shows through in diffs of whole maps.
 */
function plain(value: Json): Plain {
  if (value === COMPUTED) {
    return { Element: { V: "" } };
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  return isObject(value) ? plainObject(value) : value;
}

function plainObject(value: JsonObject): PlainObject {
  const result: PlainObject = {};
  for (const [key, child] of Object.entries(value)) {
    result[key] = plain(child);
  }
  return result;
}

/** The patch that turns `from` into `to`: changed values, whole lists, and null for what is to go. */
export function createMergePatch(from: JsonObject, to: JsonObject): PlainObject {
  return difference(plainObject(from), plainObject(to));
}

function difference(from: PlainObject, to: PlainObject): PlainObject {
  const patch: PlainObject = {};
  for (const [key, wanted] of Object.entries(to)) {
    const present = Object.hasOwn(from, key) ? from[key] : undefined;
    if (isObject(present) && isObject(wanted)) {
      const nested = difference(present, wanted);
      if (Object.keys(nested).length > 0) {
        patch[key] = nested;
      }
    } else if (present === undefined || !deepEqual(present, wanted)) {
      patch[key] = wanted;
    }
  }
  for (const key of Object.keys(from)) {
    if (!Object.hasOwn(to, key)) {
      patch[key] = null;
    }
  }
  return patch;
}

/** Structural equality of JSON values. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) {
    return true;
  }
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]))
    );
  }
  return false;
}
