/** Which secrets changed. Never what they are. */

import type { Comparison } from "../diff/changes.ts";
import { named } from "../model/documents.ts";
import { diffExposedSecrets, type ExposedSecret } from "./exposed-secrets.ts";
import { compareText } from "../model/json.ts";
import { maskOf, type SecretLeak } from "../model/snapshot.ts";

export interface SecretKeyChange {
  key: string;
  /** `set anew`: another ciphertext, and so, as a rule, another value. */
  kind: "added" | "removed" | "set" | "set anew" | "unset";
  /** False when the configuration file has no value: it must come from elsewhere before a deployment. */
  hasValue: boolean;
}

/** A secret property that changed for another reason than a secret of the configuration. */
export interface SecretPropertyChange {
  resource: string;
  path: string;
}

export interface SecretsDifference {
  keys: SecretKeyChange[];
  properties: SecretPropertyChange[];
  /** Secrets that stand in clear now and did not before. */
  leaks: SecretLeak[];
  /** Secrets that are in clear for whoever may read the object in the cluster, and were not before. */
  exposed: ExposedSecret[];
}

export function diffSecrets({ base, head, changes }: Comparison): SecretsDifference {
  const names = new Set([...Object.keys(base.secrets), ...Object.keys(head.secrets)]);
  const keys = [...names].sort(compareText).flatMap((key): SecretKeyChange[] => {
    const [before, after] = [base.secrets[key], head.secrets[key]];
    const hasValue = after?.fingerprint !== undefined;
    if (before === undefined) return [{ key, kind: "added", hasValue }];
    if (after === undefined) return [{ key, kind: "removed", hasValue }];
    if (before.fingerprint === after.fingerprint) return [];
    const kind = !hasValue ? "unset" : before.fingerprint === undefined ? "set" : "set anew";
    return [{ key, kind, hasValue }];
  });
  const told = new Set(keys.map(({ key }) => key));
  const properties = changes.flatMap(({ resource, properties: all }) =>
    all
      .filter(({ kind, path, before, after }) => {
        // Who gets which alerts tells this document; the credentials of its receivers are in another Secret.
        if (kind !== "secret" || /\["alertmanager\.ya?ml"\]$/.test(path)) return false;
        const sources = [before, after].flatMap((value) => maskOf(value)?.from ?? []);
        return !sources.some((source) => told.has(source.split("@", 1)[0] ?? ""));
      })
      .map(({ path }) => ({ resource: named(resource), path })),
  );
  const known = new Set(base.leaks.map(({ urn, path, key }) => `${urn} ${path} ${key}`));
  return {
    keys,
    properties: properties.sort((a, b) => compareText(`${a.resource} ${a.path}`, `${b.resource} ${b.path}`)),
    exposed: diffExposedSecrets(base, head),
    leaks: head.leaks.filter(({ urn, path, key }) => !known.has(`${urn} ${path} ${key}`)),
  };
}
