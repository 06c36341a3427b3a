/** Container images, wherever a resource names one. */

import type { Comparison } from "../diff/changes.ts";
import { named } from "../model/documents.ts";
import { compareText, isObject, type Json } from "../model/json.ts";

export interface ImageChange {
  /** Empty for a container that is new. */
  before: string;
  after: string;
  /** `Deployment llama-8b-server`, sorted. */
  users: string[];
  /** What to look at; empty for nothing special. */
  concern: string;
}

/** Images that became others, one entry for each pair. */
export function diffImages({ changes }: Comparison): ImageChange[] {
  const found = new Map<string, ImageChange>();
  for (const { before, after, resource } of changes) {
    if (after === undefined) continue;
    const old = before === undefined ? new Map<string, string>() : imagesOf(before.inputs);
    const now = imagesOf(after.inputs);
    for (const [path, image] of now) {
      const previous = old.get(path);
      if (previous === image) continue;
      const key = `${previous ?? ""} ${image}`;
      const change = found.get(key) ?? {
        before: previous ?? "",
        after: image,
        users: [],
        concern: previous === undefined ? newConcern(image) : concernOf(previous, image),
      };
      change.users.push(named(resource));
      found.set(key, change);
    }
  }
  return [...found.entries()]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, change]) => ({ ...change, users: [...new Set(change.users)].sort(compareText) }));
}

/** Images by path; elements of lists by their name, so that a container that moves is the same. */
export function imagesOf(value: Json, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  if (Array.isArray(value))
    value.forEach((item, index) => {
      const name = isObject(item) && typeof item["name"] === "string" ? item["name"] : String(index);
      for (const [key, image] of imagesOf(item, `${path}[${name}]`)) found.set(key, image);
    });
  else if (isObject(value))
    for (const [key, inner] of Object.entries(value)) {
      // CRDs describe fields of that name.
      if (key === "openAPIV3Schema") continue;
      if (key === "image" && typeof inner === "string") found.set(`${path}.${key}`, inner);
      else for (const [at, image] of imagesOf(inner, `${path}.${key}`)) found.set(at, image);
    }
  return found;
}

interface Reference {
  repository: string;
  tag: string;
  digest: string;
}

export function parseImage(image: string): Reference {
  const [name = "", digest = ""] = image.split("@", 2);
  const [, repository = name, tag = ""] = /^(.*?)(?::([\w][\w.-]*))?$/.exec(name) ?? [];
  return { repository, tag, digest };
}

/** The reference with the first digits of its digest, which are enough to see that it is another one. */
export function shortImage(image: string): string {
  return image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, "$1…");
}

function newConcern(image: string): string {
  const { tag, digest } = parseImage(image);
  if (digest !== "") return "";
  return tag === "" || tag === "latest"
    ? "a new container with a tag that moves"
    : "a new container, not pinned by digest";
}

function concernOf(before: string, after: string): string {
  const [old, now] = [parseImage(before), parseImage(after)];
  if (old.digest !== "" && now.digest === "") return "no longer pinned by digest";
  if (old.repository !== now.repository) return "from another repository";
  if (old.tag === now.tag && old.digest !== now.digest) return "the same tag with another content";
  const order = compareVersions(now.tag, old.tag);
  if (order < 0) return "an older version";
  if (now.tag === "latest" || (now.tag === "" && now.digest === "")) return "a tag that moves";
  return "";
}

/** By the numbers in them; 0 where one has none. */
function compareVersions(a: string, b: string): number {
  const numbers = (tag: string) =>
    (/^v?(\d+(?:\.\d+)*)/.exec(tag)?.[1] ?? "").split(".").filter(Boolean).map(Number);
  const [first, second] = [numbers(a), numbers(b)];
  if (first.length === 0 || second.length === 0) return 0;
  for (let index = 0; index < Math.max(first.length, second.length); index += 1) {
    const difference = (first[index] ?? 0) - (second[index] ?? 0);
    if (difference !== 0) return difference;
  }
  // What comes before a release: 0.33.0rc1, 0.33.0-beta.2.
  const isEarly = (tag: string) => /^v?\d+(?:\.\d+)*[-.]?(?:alpha|beta|rc|dev|pre|[ab])(?![a-z])/.test(tag);
  return Number(isEarly(b)) - Number(isEarly(a));
}
