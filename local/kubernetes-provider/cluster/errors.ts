/** Errors of the API server and of the way to it. */

import type { GroupVersionKind } from "../kinds/group-version-kind.ts";

/** Answer of the API server to a request that failed. */
export interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly kind?: string;
    readonly name?: string;
    readonly causes?: readonly {
      readonly reason?: string;
      readonly field?: string;
      readonly message?: string;
    }[];
    readonly retryAfterSeconds?: number;
  };
}

/** The API server refused a request. The message is the server's own, with field, cause or conflicting manager. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status. */
  readonly code: number;
  readonly status: Status;

  constructor(code: number, status: Status) {
    super(status.message ?? `the API server answered with status ${String(code)}`);
    this.code = code;
    this.status = status;
  }
}

/** The API server didn't answer. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** The API server doesn't serve a kind. */
export class UnknownKindError extends Error {
  override readonly name = "UnknownKindError";

  constructor({ group, version, kind }: GroupVersionKind) {
    super(`no matches for kind "${kind}" in version "${group === "" ? version : `${group}/${version}`}"`);
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409 && error.status.reason === "AlreadyExists";
}

/** A conflict of field managers or of resource versions. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409 && error.status.reason === "Conflict";
}

export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.code === 403;
}

export function isInvalid(error: unknown): boolean {
  return error instanceof ApiError && error.code === 422;
}

/** The namespace of the object doesn't exist. */
export function isNamespaceNotFound(error: unknown): boolean {
  return isNotFound(error) && error instanceof ApiError && error.status.details?.kind === "namespaces";
}

/** An admission webhook of the cluster refuses dry runs. */
export function isDryRunRefused(error: unknown): boolean {
  return (
    error instanceof ApiError && error.code === 400 && error.message.includes("does not support dry run")
  );
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(messageOf).join("; ");
  }
  return error instanceof Error ? error.message : String(error);
}
