/** Reading and writing the parts that all Kubernetes objects have. */

import { COMPUTED, isObject, type Json, type JsonObject, pluck } from "./property.ts";

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

export function apiVersionOf(object: JsonObject): string {
  return text(object["apiVersion"]);
}

export function kindOf(object: JsonObject): string {
  return text(object["kind"]);
}

/** The name, or "" while there is none or while it isn't known. */
export function nameOf(object: JsonObject): string {
  return text(pluck(object, "metadata", "name"));
}

/** The namespace, or "" while there is none or while it isn't known. */
export function namespaceOf(object: JsonObject): string {
  return text(pluck(object, "metadata", "namespace"));
}

export function uidOf(object: JsonObject): string {
  return text(pluck(object, "metadata", "uid"));
}

export function resourceVersionOf(object: JsonObject): string {
  return text(pluck(object, "metadata", "resourceVersion"));
}

/** Counts changes of the specification; 0 where the kind has none. */
export function generationOf(object: JsonObject): number {
  const generation = pluck(object, "metadata", "generation");
  return typeof generation === "number" ? generation : 0;
}

/** The value of an annotation, or "". */
export function annotationOf(object: JsonObject, key: string): string {
  return text(pluck(object, "metadata", "annotations", key));
}

/** The metadata, added if the object has none; undefined if it is not known yet. */
export function metadataOf(object: JsonObject): JsonObject | undefined {
  const metadata = object["metadata"];
  if (metadata === COMPUTED) {
    return undefined;
  }
  if (isObject(metadata)) {
    return metadata;
  }
  const added: JsonObject = {};
  object["metadata"] = added;
  return added;
}

/** Sets or, for "", removes the name. Does nothing while the metadata aren't known. */
export function setName(object: JsonObject, name: string): void {
  setMetadata(object, "name", name);
}

/** Sets or, for "", removes the namespace. Does nothing while the metadata aren't known. */
export function setNamespace(object: JsonObject, namespace: string): void {
  setMetadata(object, "namespace", namespace);
}

function setMetadata(object: JsonObject, key: "name" | "namespace", value: string): void {
  if (value === "" && !isObject(object["metadata"])) {
    return;
  }
  const metadata = metadataOf(object);
  if (metadata === undefined) {
    return;
  }
  if (value === "") {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete metadata[key];
  } else {
    metadata[key] = value;
  }
}

/** Sets an annotation unless the metadata or all annotations are unknown. */
export function setAnnotation(object: JsonObject, key: string, value: string): void {
  const metadata = metadataOf(object);
  if (metadata === undefined || metadata["annotations"] === COMPUTED) {
    return;
  }
  const annotations = metadata["annotations"];
  if (isObject(annotations)) {
    annotations[key] = value;
  } else {
    metadata["annotations"] = { [key]: value };
  }
}

/** Name by which the engine knows an object: `namespace/name`, or `name` for an object of the cluster. */
export function idOf(object: JsonObject): string {
  const namespace = namespaceOf(object);
  return namespace === "" ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

/** Takes an id apart; the namespace is "" if the id has none. */
export function parseId(id: string): { namespace: string; name: string } {
  const [first = "", second] = id.split("/");
  return second === undefined ? { namespace: "", name: first } : { namespace: first, name: second };
}

/** True if one of the object's owner references is to the given owner. */
export function isOwnedBy(object: JsonObject, owner: JsonObject | undefined): boolean {
  const references = pluck(object, "metadata", "ownerReferences");
  const uid = owner === undefined ? "" : uidOf(owner);
  return (
    uid !== "" && Array.isArray(references) && references.some((reference) => pluck(reference, "uid") === uid)
  );
}

/** The condition of a type in `.status.conditions`. */
export function conditionOf(object: JsonObject, type: string): JsonObject | undefined {
  const conditions = pluck(object, "status", "conditions");
  if (!Array.isArray(conditions)) {
    return undefined;
  }
  return conditions.find((condition) => pluck(condition, "type") === type) as JsonObject | undefined;
}
