import { PromqlError } from "./error.ts";

/** A string literal; Go's escapes are JSON's. @throws PromqlError for text that isn't valid Unicode. */
export function quote(text: string): string {
  if (/\p{Surrogate}/u.test(text)) {
    throw new PromqlError(`${JSON.stringify(text)} is no valid Unicode text; PromQL strings must be`);
  }
  return JSON.stringify(text);
}

/** Text that a regular expression of RE2 matches literally. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Label names of Prometheus' classic syntax, except `__name__`. */
export function isLabelName(text: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text) && text !== "__name__";
}
