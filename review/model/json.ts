/** JSON values, compared and ordered in ways that don't depend on the order of keys. */

export type Json = null | boolean | number | string | Json[] | JsonObject;

export interface JsonObject {
  [key: string]: Json;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object that JSON can hold; everything else is an empty one. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A text, number or truth value as text; everything else is the empty one. */
export function scalarOf(value: Json | undefined): string {
  return typeof value === "object" || value === undefined ? "" : String(value);
}

/** The object without some of its keys. */
export function without(object: JsonObject, ...keys: string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** The value at the end of the keys; undefined where nothing is. */
export function at(value: Json | undefined, ...keys: (string | number)[]): Json | undefined {
  let inner = value;
  for (const key of keys) {
    if (typeof key === "number") inner = Array.isArray(inner) ? inner[key] : undefined;
    else inner = isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined;
  }
  return inner;
}

/** Code points, the same on every machine, which a locale's order is not. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The value with the keys of all its objects in order. */
export function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort(compareText)
      .map((key) => [key, sorted(value[key] as Json)]),
  );
}

/** A text that is the same for equal values. */
export function canonical(value: Json): string {
  return JSON.stringify(sorted(value));
}

export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a))
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index] as Json))
    );
  if (!isObject(a) || !isObject(b) || Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key] as Json, b[key] as Json))
  );
}

/** Entries of an object in the order of their keys. */
export function entriesOf(value: Json | undefined): [string, Json][] {
  return Object.entries(objectOf(value)).sort(([a], [b]) => compareText(a, b));
}
