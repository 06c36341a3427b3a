import type { Settings } from "../config/settings.ts";

/** Name of the Kubernetes Secret made from a secret configuration key: `huggingFaceToken` is `hugging-face-token`. */
export function secretName(configKey: string): string {
  return configKey
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

/** A Secret that models of a namespace read. */
export interface FleetSecret {
  namespace: string;
  /** Configuration key that holds the value. */
  configKey: string;
  /** Name of the Secret. */
  name: string;
}

/** Hub tokens, one Secret for each namespace that needs one, sorted. */
export function fleetSecrets(settings: Settings): FleetSecret[] {
  const all = settings.fleet.models.flatMap(({ source, namespace = settings.fleet.namespace }) =>
    source.kind === "hub" && source.tokenFromSecret !== undefined
      ? [{ namespace, configKey: source.tokenFromSecret, name: secretName(source.tokenFromSecret) }]
      : [],
  );
  const unique = new Map(all.map((secret) => [`${secret.namespace}/${secret.name}`, secret]));
  return [...unique.keys()].sort().flatMap((key) => unique.get(key) ?? []);
}
