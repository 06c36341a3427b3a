/** The annotations by which a program steers the provider, and the ones that it may not set. */

import { annotationOf } from "./values/object.ts";
import { isObject, type JsonObject, pluck } from "./values/property.ts";

/** Seconds that waiting takes at most unless the program says otherwise. */
export const defaultTimeoutSeconds = 600;

/** Whether the provider is not to wait until the object is ready. */
export function skipsAwait(object: JsonObject): boolean {
  return annotationOf(object, "pulumi.com/skipAwait") === "true";
}

/** Whether conflicts with other field managers are to be won. */
export function forcesPatch(object: JsonObject): boolean {
  return annotationOf(object, "pulumi.com/patchForce") === "true";
}

/** Whether an object that isn't ready is to be replaced. */
export function replacesUnready(object: JsonObject): boolean {
  return annotationOf(object, "pulumi.com/replaceUnready") === "true";
}

/** What the server does with dependents of a deleted object. */
export type PropagationPolicy = "Foreground" | "Background" | "Orphan";

/** How dependents are deleted; in the foreground by default. */
export function propagationPolicy(object: JsonObject): PropagationPolicy {
  switch (annotationOf(object, "pulumi.com/deletionPropagationPolicy").toLowerCase()) {
    case "background":
      return "Background";
    case "orphan":
      return "Orphan";
    default:
      return "Foreground";
  }
}

/**
 * Seconds to wait, from the resource option `customTimeouts` or the annotation `pulumi.com/timeoutSeconds`.
 *
 * @param fromOptions 0 if the option isn't set
 */
export function timeoutSeconds(object: JsonObject, fromOptions: number): number | undefined {
  if (fromOptions !== 0) {
    return fromOptions;
  }
  const text = annotationOf(object, "pulumi.com/timeoutSeconds");
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Annotations that are the provider's own. */
export function internalAnnotations(object: JsonObject): string[] {
  return annotationKeys(object).filter((key) => key.startsWith("pulumi.com/autonamed"));
}

/** Whether the object has Helm hooks, which nothing runs here. */
export function hasHelmHook(object: JsonObject): boolean {
  return annotationKeys(object).some(
    (key) => key.startsWith("helm.sh/hook") && annotationOf(object, key).includes("test"),
  );
}

function annotationKeys(object: JsonObject): string[] {
  const annotations = pluck(object, "metadata", "annotations");
  return isObject(annotations) ? Object.keys(annotations) : [];
}
