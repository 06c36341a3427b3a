/**
 * Property values as the Pulumi engine sends them: plain JSON plus secrets and values that a preview doesn't know yet.
 */

/** Stands for a value that is known only after an update. */
export const COMPUTED: unique symbol = Symbol("computed");

/** A value that the engine keeps encrypted in the state and masks in its output. */
export class Secret {
  readonly value: PropertyValue;

  constructor(value: PropertyValue) {
    this.value = value;
  }
}

/** A value that may hold secrets and unknowns at any depth. */
export type PropertyValue =
  null | boolean | number | string | typeof COMPUTED | Secret | PropertyValue[] | PropertyMap;

/** Properties of a resource by name. */
export interface PropertyMap {
  [key: string]: PropertyValue;
}

/** JSON with unknowns, the form in which Kubernetes objects are handled; secrets are gone. */
export type Json = null | boolean | number | string | typeof COMPUTED | Json[] | JsonObject;

/** A Kubernetes object or a part of one. */
export interface JsonObject {
  [key: string]: Json;
}

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** One for each type that a value may have once it is known. */
const unknownMarkers: ReadonlySet<string> = new Set([
  unknownString,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** JSON without unknowns. */
export type Plain = null | boolean | number | string | Plain[] | PlainObject;

/** An object without unknowns. */
export interface PlainObject {
  [key: string]: Plain;
}

/** True for a JSON object, false for null, lists and everything that stands for a single value. */
export function isObject(value: Plain | undefined): value is PlainObject;
export function isObject(value: Json | undefined): value is JsonObject;
export function isObject(value: PropertyValue | undefined): value is PropertyMap;
export function isObject(value: unknown): value is Record<string, unknown>;
export function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}

/** Reads properties from the plain form of the engine's protocol. */
export function decodeProperties(wire: Record<string, unknown>): PropertyMap {
  const decoded: PropertyMap = {};
  for (const [key, value] of Object.entries(wire)) {
    decoded[key] = decodeValue(value);
  }
  return decoded;
}

function decodeValue(wire: unknown): PropertyValue {
  if (wire === null || wire === undefined) {
    return null;
  }
  if (typeof wire === "string") {
    return unknownMarkers.has(wire) ? COMPUTED : wire;
  }
  if (Array.isArray(wire)) {
    return wire.map(decodeValue);
  }
  if (typeof wire === "object") {
    const record = wire as Record<string, unknown>;
    return record[signatureKey] === secretSignature
      ? new Secret(decodeValue(record["value"]))
      : decodeProperties(record);
  }
  return wire as boolean | number;
}

/** Writes properties in the plain form of the engine's protocol. */
export function encodeProperties(properties: PropertyMap): Record<string, unknown> {
  const encoded: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(properties)) {
    encoded[key] = encodeValue(value);
  }
  return encoded;
}

function encodeValue(value: PropertyValue): unknown {
  if (value === COMPUTED) {
    return unknownString;
  }
  if (value instanceof Secret) {
    return { [signatureKey]: secretSignature, value: encodeValue(value.value) };
  }
  if (Array.isArray(value)) {
    return value.map(encodeValue);
  }
  return isObject(value) ? encodeProperties(value) : value;
}

/** The same value without the marks of secrets. */
export function withoutSecrets(value: PropertyValue): Json {
  if (value instanceof Secret) {
    return withoutSecrets(value.value);
  }
  if (Array.isArray(value)) {
    return value.map(withoutSecrets);
  }
  if (isObject(value)) {
    const plain: JsonObject = {};
    for (const [key, child] of Object.entries(value)) {
      plain[key] = withoutSecrets(child);
    }
    return plain;
  }
  return value;
}

/** Whether a secret stands anywhere in the value. */
export function containsSecret(value: PropertyValue): boolean {
  if (value instanceof Secret) {
    return true;
  }
  if (Array.isArray(value)) {
    return value.some(containsSecret);
  }
  return isObject(value) && Object.values(value).some(containsSecret);
}

/** Whether an unknown stands anywhere in the value. */
export function containsComputed(value: Json): boolean {
  if (value === COMPUTED) {
    return true;
  }
  if (Array.isArray(value)) {
    return value.some(containsComputed);
  }
  return isObject(value) && Object.values(value).some(containsComputed);
}

/** A deep copy. */
export function cloneJson<T extends Json>(value: T): T {
  if (Array.isArray(value)) {
    return value.map(cloneJson) as T;
  }
  if (isObject(value)) {
    const copy: JsonObject = {};
    for (const [key, child] of Object.entries(value)) {
      copy[key] = cloneJson(child);
    }
    return copy as T;
  }
  return value;
}

/** The value at a path of property names, or undefined where the path ends early. */
export function pluck(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const key of path) {
    if (!isObject(current)) {
      return undefined;
    }
    current = current[key];
  }
  return current;
}

/** A string, number or boolean as text; "" for anything else. */
export function textOf(value: Json | undefined): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
}

/** {@link textOf} the value at a path of property names. */
export function textAt(value: Json | undefined, ...path: readonly string[]): string {
  return textOf(pluck(value, ...path));
}

/** The objects of the list at a path of property names; none if there is no list. */
export function objectsAt(value: Json | undefined, ...path: readonly string[]): JsonObject[] {
  const list = pluck(value, ...path);
  return Array.isArray(list) ? list.filter((item): item is JsonObject => isObject(item)) : [];
}

/** Removes the property at a path of property names, if it is there. */
export function removeAt(object: JsonObject, ...path: readonly string[]): void {
  const parent = pluck(object, ...path.slice(0, -1));
  const last = path.at(-1);
  if (last !== undefined && isObject(parent)) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete parent[last];
  }
}
