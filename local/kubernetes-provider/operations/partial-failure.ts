/** Failures after which a resource exists nevertheless, so that its state has to be kept. */

import { NotReadyError } from "../await/not-ready.ts";
import { messageOf } from "../cluster/errors.ts";
import type { PropertyMap } from "../values/property.ts";

/** A resource that exists but isn't as it should be. */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";
  readonly id: string;
  /** State of the resource. */
  readonly state: PropertyMap;
  /** Inputs to be kept; undefined keeps those of the request. */
  readonly inputs: PropertyMap | undefined;
  /** What is wrong, one line each, the message first. */
  readonly reasons: readonly string[];

  constructor(parts: {
    id: string;
    message: string;
    cause: unknown;
    state: PropertyMap;
    inputs?: PropertyMap;
  }) {
    super(parts.message, { cause: parts.cause });
    this.id = parts.id;
    this.state = parts.state;
    this.inputs = parts.inputs;
    this.reasons = [parts.message, ...(parts.cause instanceof NotReadyError ? parts.cause.problems : [])];
  }
}

/** An operation's error with what was being done; what kind of error it is is kept as its cause. */
export function failed(what: string, cause: unknown): Error {
  return new Error(`${what}: ${messageOf(cause)}`, { cause });
}
