/** Differences of values as people describe them: list elements by name, documents in texts by their fields. */

import { parseJson } from "../model/documents.ts";
import {
  canonical,
  compareText,
  equal,
  isObject,
  scalarOf,
  type Json,
  type JsonObject,
} from "../model/json.ts";
import { maskOf } from "../model/snapshot.ts";

/** `untold`: the provider says that it differs, but not in what. */
export type PropertyChangeKind = "added" | "removed" | "changed" | "reordered" | "secret" | "untold";

export interface PropertyChange {
  /** As in `spec.template.spec.containers[vllm].image`. */
  path: string;
  kind: PropertyChangeKind;
  before?: Json;
  after?: Json;
}

/** Every difference of two values, in the order of their paths. */
export function diffValues(before: Json | undefined, after: Json | undefined, path = ""): PropertyChange[] {
  const changes: PropertyChange[] = [];
  compare(before, after, path, changes);
  return changes.sort((a, b) => compareText(a.path, b.path));
}

function compare(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  changes: PropertyChange[],
): void {
  if (before === after) return;
  if (isSecretValue(before) || isSecretValue(after)) {
    if (!equal(before, after)) changes.push(secretChange(path, before, after));
    return;
  }
  if (before === undefined || after === undefined) {
    if (before === undefined && after !== undefined) changes.push({ path, kind: "added", after });
    if (after === undefined && before !== undefined) changes.push({ path, kind: "removed", before });
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    compareLists(before, after, path, changes);
    return;
  }
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      compare(before[key], after[key], joinPath(path, key), changes);
    return;
  }
  if (typeof before === "string" && typeof after === "string") {
    const [oldDocument, newDocument] = [parseJson(before), parseJson(after)];
    if (oldDocument !== undefined && newDocument !== undefined) {
      const count = changes.length;
      compare(oldDocument, newDocument, path, changes);
      // The same document, written in another way.
      if (changes.length === count) changes.push({ path, kind: "reordered" });
      return;
    }
  }
  changes.push({ path, kind: "changed", before, after });
}

/** A secret came, went or became another; with what the value is made of when that is told. */
function secretChange(path: string, before: Json | undefined, after: Json | undefined): PropertyChange {
  const known = (value: Json | undefined) => value === undefined || isSecretValue(value);
  return {
    path,
    kind: "secret",
    // What was in clear before may be the secret that is masked now: neither side is shown.
    ...(known(before) && before !== undefined ? { before } : {}),
    ...(known(after) && after !== undefined ? { after } : {}),
  };
}

function isSecretValue(value: Json | undefined): boolean {
  return maskOf(value) !== undefined;
}

function compareLists(before: Json[], after: Json[], path: string, changes: PropertyChange[]): void {
  if (equal(before, after)) return;
  const key = identityKey(before, after);
  if (key !== undefined) {
    compareByIdentity(before as JsonObject[], after as JsonObject[], key, path, changes);
    return;
  }
  if (isFlags(before) && isFlags(after)) {
    const count = changes.length;
    compare(flagsOf(before), flagsOf(after), path, changes);
    if (changes.length > count) return;
  }
  const [removed, added] = [without(before, after), without(after, before)];
  if (removed.length === 0 && added.length === 0) {
    changes.push({ path, kind: "reordered" });
    return;
  }
  // One element that became another one of the same shape is compared in depth.
  const [from] = removed;
  const [to] = added;
  if (removed.length === 1 && added.length === 1 && before.length === after.length && from !== undefined) {
    compare(from, to, `${path}[${String(before.findIndex((item) => equal(item, from)))}]`, changes);
    return;
  }
  for (const value of removed) changes.push({ path: `${path}[]`, kind: "removed", before: value });
  for (const value of added) changes.push({ path: `${path}[]`, kind: "added", after: value });
}

function compareByIdentity(
  before: JsonObject[],
  after: JsonObject[],
  key: string,
  path: string,
  changes: PropertyChange[],
): void {
  const index = (list: JsonObject[]) => new Map(list.map((item) => [scalarOf(item[key]), item]));
  const [old, now] = [index(before), index(after)];
  const count = changes.length;
  for (const name of new Set([...old.keys(), ...now.keys()]))
    compare(old.get(name), now.get(name), `${path}[${name}]`, changes);
  if (changes.length === count) changes.push({ path, kind: "reordered" });
}

/** Properties by which elements of a list are known, the best one first. */
const identities = ["name", "key", "mountPath", "alert", "record", "id", "sid", "Sid", "uid", "ip"];

/** The property that every element of both lists has, each with another value. */
function identityKey(before: readonly Json[], after: readonly Json[]): string | undefined {
  return identities.find((key) => [before, after].every((list) => isUnique(list, key)));
}

function isUnique(list: readonly Json[], key: string): boolean {
  const values = list.map((item) => (isObject(item) ? item[key] : undefined));
  return (
    values.every((value) => typeof value === "string" || typeof value === "number") &&
    new Set(values).size === values.length
  );
}

/** Elements of `list` that `other` lacks, counting repeated ones. */
function without(list: readonly Json[], other: readonly Json[]): Json[] {
  const counts = new Map<string, number>();
  for (const item of other) {
    const text = canonical(item);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return list.filter((item) => {
    const text = canonical(item);
    const count = counts.get(text) ?? 0;
    if (count > 0) counts.set(text, count - 1);
    return count === 0;
  });
}

function isFlags(list: readonly Json[]): list is string[] {
  return list.every((item) => typeof item === "string") && list.some((item) => /^--?[a-z]/.test(item));
}

/** Arguments of a command by flag: what follows a flag is its value; what stands before the first is the command's. */
function flagsOf(list: readonly string[]): JsonObject {
  const flags: Record<string, string[]> = {};
  let current: string[] = (flags[""] = []);
  for (const item of list) {
    const [, name, value] = /^(--?[A-Za-z][\w.-]*)(?:=(.*))?$/s.exec(item) ?? [];
    if (name === undefined) current.push(item);
    else {
      current = flags[name] ??= [];
      if (value !== undefined) current.push(value);
    }
  }
  return Object.fromEntries(
    Object.entries(flags)
      .filter(([name, values]) => name !== "" || values.length > 0)
      .map(([name, values]) => [name, values.join(" ")]),
  );
}

export function joinPath(path: string, key: string): string {
  const name = /^[\w$-]+$/.test(key) ? key : `[${JSON.stringify(key)}]`;
  return path === "" || name.startsWith("[") ? `${path}${name}` : `${path}.${name}`;
}
