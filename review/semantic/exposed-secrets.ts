/** Secrets that the engine keeps as such and the cluster does not: whoever may read the object reads them. */

import { isKubernetes, kindOf, named } from "../model/documents.ts";
import { entriesOf, type Json } from "../model/json.ts";
import { maskOf, type Snapshot } from "../model/snapshot.ts";
import { joinPath } from "../diff/properties.ts";

export interface ExposedSecret {
  resource: string;
  path: string;
}

/** Where in an object everybody who may read it finds a secret. Credentials of a Secret, and of custom resources, are theirs. */
const OPEN =
  /^metadata\.(labels|annotations)|\.(labels|annotations)[.[]|\.env\[[^\]]*\]\.value$|\.(args|command)\b/;

/** Those that a side has and the other one had not. */
export function diffExposedSecrets(base: Snapshot, head: Snapshot): ExposedSecret[] {
  const known = new Set(exposedIn(base).map(({ resource, path }) => `${resource} ${path}`));
  return exposedIn(head).filter(({ resource, path }) => !known.has(`${resource} ${path}`));
}

function exposedIn({ resources }: Snapshot): ExposedSecret[] {
  return resources
    .filter((resource) => resource.custom && isKubernetes(resource) && kindOf(resource) !== "Secret")
    .flatMap((resource) => {
      const isOpen = kindOf(resource) === "ConfigMap" ? () => true : (path: string) => OPEN.test(path);
      return maskPaths(resource.inputs, "")
        .filter(isOpen)
        .map((path) => ({ resource: named(resource), path }));
    });
}

function maskPaths(value: Json, path: string): string[] {
  if (maskOf(value) !== undefined) return [path];
  if (Array.isArray(value))
    return value.flatMap((item, index) => maskPaths(item, `${path}[${String(index)}]`));
  return entriesOf(value).flatMap(([key, inner]) => maskPaths(inner, joinPath(path, key)));
}
