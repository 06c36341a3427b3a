/** The error of a wait that came to no good end. */

import type { JsonObject } from "../values/property.ts";

/** An object that exists but didn't become ready. */
export class NotReadyError extends Error {
  override readonly name = "NotReadyError";
  /** The object as last seen. */
  readonly object: JsonObject;
  /** What is missing, one line each. */
  readonly problems: readonly string[];

  constructor(message: string, object: JsonObject, problems: readonly string[]) {
    super(message);
    this.object = object;
    this.problems = problems;
  }
}
