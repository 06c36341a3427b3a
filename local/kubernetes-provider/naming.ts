/** Names that the provider gives: to objects whose program gives none, and to field managers. */

import { createHash, randomBytes } from "node:crypto";

import { annotationOf, metadataOf, nameOf, setAnnotation, setName } from "./values/object.ts";
import { COMPUTED, type JsonObject, pluck } from "./values/property.ts";

const autonamed = "pulumi.com/autonamed";

/** What the engine says about names, from its `pulumi:autonaming` configuration. */
export interface Autonaming {
  /** `propose` and `enforce` give a name, `disable` forbids to make one up. */
  readonly mode: "propose" | "enforce" | "disable";
  /** The given name; "" for `disable`. */
  readonly proposedName: string;
}

/** Whether the object has a name, known or not. */
export function isNamed(object: JsonObject): boolean {
  return pluck(object, "metadata", "name") === COMPUTED || nameOf(object) !== "";
}

/** Whether the server is asked to make up the name. */
export function usesGenerateName(object: JsonObject): boolean {
  const prefix = pluck(object, "metadata", "generateName");
  return !isNamed(object) && (prefix === COMPUTED || (typeof prefix === "string" && prefix !== ""));
}

/** Whether the provider made up the name. */
export function isAutonamed(object: JsonObject): boolean {
  return annotationOf(object, autonamed) === "true";
}

/**
 * Gives an object without a name one: the engine's if it has one, else the resource's name and eight hexadecimal digits.
 *
 * @param seed random bytes of the engine, the same for the preview and the update of a resource; may be empty
 * @throws if the engine forbids made-up names
 */
export function assignName(
  object: JsonObject,
  resourceName: string,
  seed: Uint8Array,
  autonaming: Autonaming | undefined,
): void {
  if (isNamed(object) || usesGenerateName(object)) {
    return;
  }
  if (autonaming?.mode === "disable") {
    throw new Error("autonaming is disabled, resource requires the .metadata.name field to be set");
  }
  setName(object, autonaming?.proposedName ?? uniqueName(`${resourceName}-`, seed));
  if (metadataOf(object) !== undefined) {
    setAnnotation(object, autonamed, "true");
  }
}

/** Gives an object without a name the one that the provider made up for its earlier version. */
export function adoptName(object: JsonObject, earlier: JsonObject): void {
  if (!isNamed(object) && isAutonamed(earlier)) {
    setName(object, nameOf(earlier));
    setAnnotation(object, autonamed, "true");
  }
}

/** A prefix with eight hexadecimal digits, the same for the same seed. */
export function uniqueName(prefix: string, seed: Uint8Array): string {
  const digits =
    seed.length === 0
      ? randomBytes(4).toString("hex")
      : createHash("sha256").update(seed).digest("hex").slice(0, 8);
  return prefix + digits;
}

/**
 * Field manager of server-side apply: the one that the object's annotation asks for, the one that the state names, or a
 * new one. Every resource has its own, so that two resources over one object don't take each other's fields away.
 */
export function fieldManagerName(object: JsonObject, earlier: string | undefined): string {
  const wanted = annotationOf(object, "pulumi.com/patchFieldManager");
  return wanted === "" ? (earlier ?? uniqueName("pulumi-kubernetes-", new Uint8Array())) : wanted;
}
