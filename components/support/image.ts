/** Container image references, as constructors and policies look at them. */
import type { Report } from "./validation.ts";

/** Parts of `[registry/]repository[:tag][@sha256:digest]`. */
export interface ImageParts {
  repository: string;
  tag: string | undefined;
  digest: string | undefined;
}

export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** The parts of a reference; undefined when it is none. */
export function imageParts(image: string): ImageParts | undefined {
  const [named = "", digest, ...rest] = image.split("@");
  if (rest.length > 0 || (digest !== undefined && !isDigest(digest))) return undefined;
  if (!/^[\w.:/-]+$/.test(named) || /^[:/-]|[:/]$/.test(named)) return undefined;
  // A colon before the last slash belongs to the registry's port.
  const [, repository = named, tag] = /^(.*?)(?::([\w][\w.-]{0,127}))?$/.exec(named) ?? [];
  return tag?.includes("/") === true
    ? { repository: named, tag: undefined, digest }
    : { repository, tag, digest };
}

/** Why what runs under the reference may change by itself; undefined: it names a version. */
export function floatingImage(image: string): string | undefined {
  const parts = imageParts(image);
  if (parts === undefined) return "is no image reference";
  if (parts.digest !== undefined) return undefined;
  if (parts.tag === undefined) return "names no version";
  return parts.tag === "latest" ? "has the tag latest" : undefined;
}

/** A finding unless `image` is undefined or names a version. */
export function requireVersion(report: Report, path: string, image: string | undefined): void {
  const reason = image === undefined ? undefined : floatingImage(image);
  if (reason === undefined) return;
  report(path, image, reason, "write repository:tag with a version, or repository@sha256:…");
}
