/** Values in Markdown: never interpreted, never too long. */

import { isObject, sorted, type Json } from "../model/json.ts";
import { maskOf } from "../model/snapshot.ts";

/** Longest value that is shown whole. */
const LIMIT = 160;
/** What is shown around the place where two long texts part. */
const CONTEXT = 40;

/** A code span: what is in it is neither markup nor a mention of somebody. */
export function code(text: string): string {
  const line = visible(text);
  if (line === "") return "``` ```";
  const runs = line.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(0, ...runs.map(({ length }) => length)) + 1);
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Text outside of code spans. */
export function plain(text: string): string {
  return (
    visible(text)
      .replaceAll(/[\\`*_{}[\]<>#|~$!]/g, "\\$&")
      // An entity would be read: &#64; is an @.
      .replaceAll("&", "&amp;")
      .replaceAll("@", "@\u200b")
  );
}

/** On one line, without characters that show as something else. */
function visible(text: string): string {
  return (
    text
      .replaceAll(/\r?\n/g, " ⏎ ")
      .replaceAll("\t", " ")
      // Control characters, and those that turn the direction of the text around them.
      .replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd")
  );
}

/** A value on one line. Secrets are named, never shown. */
export function display(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" ? value : JSON.stringify(sorted(withoutMasks(value)));
  return text === "" ? '""' : text;
}

function withoutMasks(value: Json): Json {
  const mask = maskOf(value);
  if (mask !== undefined) return secretName(mask.from);
  if (Array.isArray(value)) return value.map(withoutMasks);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutMasks(inner)]));
}

/** The keys that a secret is made of, without their fingerprints. */
export function secretName(from: readonly string[]): string {
  const keys = from.map((source) => source.split("@", 1)[0] ?? "");
  return keys.length === 0 ? "[secret]" : `[secret ${keys.join(" ")}]`;
}

/** A value as a code span, shortened in its middle. */
export function value(of: Json | undefined): string {
  return code(shortened(display(of)));
}

function shortened(text: string): string {
  if (text.length <= LIMIT) return text;
  const half = Math.floor((LIMIT - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** `before → after`; of long texts that are alike only the part that differs. */
export function arrow(before: Json | undefined, after: Json | undefined): string {
  const [old, now] = windows(display(before), display(after));
  return `${code(old)} → ${code(now)}`;
}

/** The two texts around their difference. */
export function windows(before: string, after: string): [string, string] {
  if (before.length <= LIMIT && after.length <= LIMIT) return [before, after];
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const cut = (text: string) => {
    const from = Math.max(0, start - CONTEXT);
    const to = Math.min(text.length, text.length - end + CONTEXT);
    const part = text.slice(from, to);
    return `${from > 0 ? "…" : ""}${shortened(part)}${to < text.length ? "…" : ""}`;
  };
  return [cut(before), cut(after)];
}

/** `1 alert`, `2 alerts`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${String(number)} ${number === 1 ? singular : plural}`;
}

/** `a, b and 3 more`. */
export function listed(items: readonly string[], most = 6): string {
  if (items.length <= most) return items.join(", ");
  return `${items.slice(0, most).join(", ")} and ${String(items.length - most)} more`;
}
