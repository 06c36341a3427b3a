import type { ModelSettings } from "../config/model.ts";
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

/** Hub tokens and passwords of Ray's Redis, one Secret for each namespace that needs one, sorted. */
export function fleetSecrets(settings: Settings): FleetSecret[] {
  const all = settings.fleet.models.flatMap((model) =>
    secretKeysOf(model).map((configKey) => ({
      namespace: model.namespace ?? settings.fleet.namespace,
      configKey,
      name: secretName(configKey),
    })),
  );
  const unique = new Map(all.map((secret) => [`${secret.namespace}/${secret.name}`, secret]));
  return [...unique.keys()].sort().flatMap((key) => unique.get(key) ?? []);
}

function secretKeysOf({ source, engine }: ModelSettings): string[] {
  const token = source.kind === "hub" ? source.tokenFromSecret : undefined;
  const password = engine.kind === "ray" ? engine.redis?.passwordFromSecret : undefined;
  return [token, password].filter((key) => key !== undefined);
}
