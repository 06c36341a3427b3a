import type { ModelSettings } from "../config/model.ts";
import type { Settings } from "../config/settings.ts";

/** Name of the Kubernetes Secret made from a secret configuration key: `huggingFaceToken` is `hugging-face-token`. */
export function secretName(configKey: string): string {
  return configKey
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

/** A Secret that the stack makes beside a component. */
export interface StackSecret {
  name: string;
  /** Values by key: as they are, or the name of the secret configuration key that holds them. */
  entries: Record<string, { value: string } | { configKey: string }>;
}

/** A Secret with one key, which is not needed where the configuration names no value for it. */
export function givenStackSecret(
  { name, key }: { name: string; key: string },
  configKey: string | undefined,
): StackSecret[] {
  return configKey === undefined ? [] : [{ name, entries: { [key]: { configKey } } }];
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
  const origin = source.kind === "claim" ? source.fill : source;
  const token = origin?.kind === "hub" ? origin.tokenFromSecret : undefined;
  const password = engine.kind === "ray" ? engine.redis?.passwordFromSecret : undefined;
  return [token, password].filter((key) => key !== undefined);
}
