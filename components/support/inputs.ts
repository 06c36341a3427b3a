/**
 * Component arguments may be plain values, promises or outputs at any depth. These helpers keep plain values
 * plain, so that they can be checked before anything is registered and a secret or unknown leaf hides only itself.
 */
import * as pulumi from "@pulumi/pulumi";

/** Thrown on reading a value that is not known yet in a {@link knownView}. */
export class PendingInput extends Error {
  constructor(path: string) {
    super(`${path} is not known yet`);
  }
}

/** True for a promise or an output: its value may come later, or be secret. */
export function isPending(value: unknown): value is Promise<unknown> | pulumi.Output<unknown> {
  return value instanceof Promise || pulumi.Output.isInstance(value);
}

/** Applies `transform` at once to a plain value, later to a pending one. */
export function lift<T, U>(
  input: pulumi.Input<T>,
  transform: (value: T) => pulumi.Input<U>,
): pulumi.Input<U> {
  if (!isPending(input)) return transform(input);
  const later = pulumi.output(input) as unknown as pulumi.Output<T>;
  return later.apply(transform) as unknown as pulumi.Output<U>;
}

/** {@link lift} for an argument that may be left out; undefined stays undefined. */
export function liftOptional<T, U>(
  input: pulumi.Input<T> | undefined,
  transform: (value: T) => pulumi.Input<U>,
): pulumi.Input<U> | undefined {
  return input === undefined ? undefined : lift(input, transform);
}

/** Joins lists; the result is plain when every list is, though elements may still be pending. */
export function concat<T>(...lists: pulumi.Input<pulumi.Input<T>[]>[]): pulumi.Input<pulumi.Input<T>[]> {
  if (lists.every((list) => !isPending(list))) return (lists as pulumi.Input<T>[][]).flat();
  return (pulumi.all(lists) as unknown as pulumi.Output<T[][]>).apply((all) => all.flat());
}

/** Merges maps, later ones win; the result is plain when every map is. */
export function merge<T>(
  ...maps: (pulumi.Input<Record<string, pulumi.Input<T>>> | undefined)[]
): pulumi.Input<Record<string, pulumi.Input<T>>> {
  const given = maps.filter((map) => map !== undefined);
  if (given.every((map) => !isPending(map))) return Object.assign({}, ...given) as Record<string, T>;
  const all = pulumi.all(given) as unknown as pulumi.Output<Record<string, T>[]>;
  return all.apply((resolved) => Object.assign({}, ...resolved) as Record<string, T>);
}

/**
 * A deep view of `args` in which plain values read as they are and pending ones throw {@link PendingInput}.
 */
export function knownView<T>(args: T): pulumi.Unwrap<T> {
  return viewOf(args, "") as pulumi.Unwrap<T>;
}

/** What `read` returns, or undefined when it reads a pending value of a {@link knownView}. */
export function ifKnown<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PendingInput) return undefined;
    throw error;
  }
}

function viewOf(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  const view: object = Array.isArray(value) ? [] : {};
  for (const [key, inner] of Object.entries(value)) {
    const innerPath = childPath(path, key, Array.isArray(value));
    if (isPending(inner)) {
      Object.defineProperty(view, key, {
        enumerable: true,
        get: () => {
          throw new PendingInput(innerPath);
        },
      });
    } else {
      Object.defineProperty(view, key, { enumerable: true, value: viewOf(inner, innerPath) });
    }
  }
  return view;
}

/** Values of `args` once all are known, and the paths of those that were secret. */
export interface Settled<T> {
  value: T;
  secretPaths: string[];
}

/** Resolves every pending value of `args`. The result is not secret: never log more of it than non-secret paths. */
export function settle<T>(args: T): pulumi.Output<Settled<pulumi.Unwrap<T>>> {
  const pending = pendingLeaves(args, "");
  const secrecy = pending.map(({ path, leaf }) =>
    pulumi.isSecret(pulumi.output(leaf)).then((secret) => (secret ? path : undefined)),
  );
  const value = pulumi.unsecret(pulumi.output(args));
  return value.apply(async (resolved) => ({
    value: resolved,
    secretPaths: (await Promise.all(secrecy)).filter((path) => path !== undefined),
  }));
}

/** True when some value at any depth is pending. */
export function hasPending(args: unknown): boolean {
  return pendingLeaves(args, "").length > 0;
}

interface PendingLeaf {
  path: string;
  leaf: unknown;
}

function pendingLeaves(value: unknown, path: string): PendingLeaf[] {
  if (isPending(value)) return [{ path, leaf: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    pendingLeaves(inner, childPath(path, key, Array.isArray(value))),
  );
}

function childPath(path: string, key: string, isIndex: boolean): string {
  if (isIndex) return `${path}[${key}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
