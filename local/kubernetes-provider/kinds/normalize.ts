/**
 * Brings inputs into the one form that all inputs with the same meaning share, so that `cpu: 1000m` beside a live
 * `cpu: 1`, or `hostNetwork: false` beside nothing, is no difference. It does what a round trip through Kubernetes' Go
 * types does, because that is what the official provider compares.
 */

import { prune } from "../diff/prune.ts";
import {
  containsComputed,
  isObject,
  type Json,
  type JsonObject,
  pluck,
  removeAt,
} from "../values/property.ts";
import {
  formatKind,
  isBuiltInGroup,
  isCustomResourceDefinition,
  isSecret,
  kindOfObject,
} from "./group-version-kind.ts";
import { canonicalQuantity } from "./quantity.ts";
import { type FieldType, structType, typeOfKind } from "./types.ts";

/** Thrown within a conversion when a value doesn't fit its type; the object is then left as it is. */
class Mismatch extends Error {}

const readOnlyMetadata = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "uid",
];

/**
 * Normalises the inputs of an object; the argument may be changed. Inputs with unknowns and objects of custom kinds only
 * lose the metadata that the server writes.
 */
export function normalizeInputs(inputs: JsonObject): JsonObject {
  let normalized = inputs;
  if (isBuiltInGroup(kindOfObject(inputs).group) && !containsComputed(inputs)) {
    normalized = prune(convertObject(inputs), inputs);
  }
  for (const key of readOnlyMetadata) {
    removeAt(normalized, "metadata", key);
  }
  return normalized;
}

function convertObject(object: JsonObject): JsonObject {
  if (isCustomResourceDefinition(object)) {
    return convertDefinition(object);
  }
  if (isSecret(object)) {
    return convertSecret(object);
  }
  const type = typeOfKind(formatKind(kindOfObject(object)));
  if (type === undefined) {
    return object;
  }
  try {
    return convert(object, type) as JsonObject;
  } catch (error) {
    if (error instanceof Mismatch) {
      return object;
    }
    throw error;
  }
}

/** The server drops both of these fields. */
function convertDefinition(definition: JsonObject): JsonObject {
  if (pluck(definition, "spec", "preserveUnknownFields") === false) {
    removeAt(definition, "spec", "preserveUnknownFields");
  }
  removeAt(definition, "status");
  return definition;
}

/**
 * The server answers with `data` only: `stringData` goes into it. The inputs get the key too, so that it isn't pruned.
 */
function convertSecret(secret: JsonObject): JsonObject {
  const { stringData, data } = secret;
  const entries = isObject(stringData) ? Object.entries(stringData) : [];
  if (entries.length > 0 && entries.every(([, value]) => typeof value === "string")) {
    const merged: JsonObject = isObject(data) ? { ...data } : {};
    for (const [key, value] of entries) {
      merged[key] = Buffer.from(value as string, "utf8").toString("base64");
    }
    secret["data"] = merged;
    delete secret["stringData"];
  } else if (isObject(data)) {
    const trimmed: JsonObject = { ...data };
    for (const [key, value] of Object.entries(trimmed)) {
      if (typeof value === "string") {
        trimmed[key] = canonicalBase64(value) ?? value;
      }
    }
    secret["data"] = trimmed;
  }
  return secret;
}

/** Base64 without line breaks, or undefined if the text isn't valid base64. */
function canonicalBase64(text: string): string | undefined {
  const compact = text.replaceAll(/[\r\n]/g, "");
  const canonical = Buffer.from(compact, "base64").toString("base64");
  return canonical.replaceAll("=", "") === compact.replaceAll("=", "") && compact.length % 4 === 0
    ? canonical
    : undefined;
}

/** Converts a value and returns what Go would write; undefined stands for a nil pointer. */
function convert(value: Json, type: FieldType): Json {
  switch (type.tag) {
    case "any":
      return value;
    case "string":
      return expect(value ?? "", "string");
    case "boolean":
      return expect(value ?? false, "boolean");
    case "float":
      return expect(value ?? 0, "number");
    case "integer":
      return integer(value ?? 0);
    case "intOrString":
      return typeof value === "string" ? value : integer(value ?? 0);
    case "bytes":
      return bytes(value);
    case "quantity":
      return quantity(value);
    case "time":
    case "microTime":
      return time(value, type.tag === "microTime");
    case "pointer":
      return value === null ? null : convert(value, type.element);
    case "list":
      return value === null ? null : list(value).map((item) => convert(item, type.element));
    case "map":
      return value === null ? null : map(value, type.element);
    case "struct":
      return struct(value ?? {}, type.struct);
  }
}

function expect(value: Json, type: "string" | "boolean" | "number"): Json {
  if (typeof value !== type) {
    throw new Mismatch();
  }
  return value;
}

function integer(value: Json): Json {
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw new Mismatch();
  }
  return value;
}

function bytes(value: Json): Json {
  if (value === null) {
    return null;
  }
  if (Array.isArray(value) && value.length === 0) {
    return "";
  }
  const canonical = typeof value === "string" ? canonicalBase64(value) : undefined;
  if (canonical === undefined) {
    throw new Mismatch();
  }
  return canonical;
}

function quantity(value: Json): Json {
  const text = typeof value === "number" ? String(value) : value;
  const canonical =
    text === null ? "0" : typeof text === "string" ? canonicalQuantity(text.trim()) : undefined;
  if (canonical === undefined) {
    throw new Mismatch();
  }
  return canonical;
}

function time(value: Json, withMicroseconds: boolean): Json {
  if (value === null) {
    return null;
  }
  const match =
    typeof value === "string"
      ? /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value)
      : null;
  const instant = typeof value === "string" && match !== null ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(instant)) {
    throw new Mismatch();
  }
  const seconds = new Date(instant).toISOString().slice(0, 19);
  const fraction = (match?.[1] ?? ".").slice(1, 7).padEnd(6, "0");
  return withMicroseconds ? `${seconds}.${fraction}Z` : `${seconds}Z`;
}

function list(value: Json): Json[] {
  if (!Array.isArray(value)) {
    throw new Mismatch();
  }
  return value;
}

function map(value: Json, element: FieldType): JsonObject {
  if (!isObject(value)) {
    throw new Mismatch();
  }
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    result[key] = convert(child, element);
  }
  return result;
}

/**
 * Unknown fields are dropped, as are zero values of fields that aren't written when they are empty. Other fields, and
 * all structs, are written even if they are absent.
 */
function struct(value: Json, index: number): JsonObject {
  if (!isObject(value)) {
    throw new Mismatch();
  }
  const result: JsonObject = {};
  for (const [key, { type, omitEmpty }] of structType(index)) {
    const child = Object.hasOwn(value, key) ? value[key] : undefined;
    const converted = convert(child ?? null, type);
    if (!omitEmpty || !isEmpty(converted, type)) {
      result[key] = converted;
    }
  }
  return result;
}

function isEmpty(value: Json, type: FieldType): boolean {
  switch (type.tag) {
    case "pointer":
    case "any":
    case "time":
    case "microTime":
      return value === null;
    case "string":
      return value === "";
    case "boolean":
      return value === false;
    case "integer":
    case "float":
      return value === 0;
    case "bytes":
      return value === null || value === "";
    case "list":
      return value === null || (value as Json[]).length === 0;
    case "map":
      return value === null || Object.keys(value).length === 0;
    default:
      return false;
  }
}
