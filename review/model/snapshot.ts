import type { Json, JsonObject } from "./json.ts";

/** Everything that one environment consists of, as the engine would be asked to make it; secrets are masked. */
export interface Snapshot {
  environment: string;
  resources: ResourceRecord[];
  /** Secrets of the configuration, by key. */
  secrets: Record<string, SecretState>;
  /** Node groups of the configuration, as they are written there. */
  nodeGroups: JsonObject[];
  /** What the program warned of. */
  warnings: string[];
  /** Places where a secret stands that are not marked as secret, as `urn path`. */
  leaks: SecretLeak[];
  /** What else the environment's file says; undefined of a snapshot that was not made from one. */
  stackFile?: StackFile;
}

/** An environment's file, without the project's own settings. */
export interface StackFile {
  /** What encrypts its secrets: a URL, or `passphrase`. */
  secretsProvider: string;
  /** Fingerprint of the salt or of the encrypted key. */
  key: string;
  /** Environments of Pulumi ESC that are imported. */
  imports: Json;
  /** Settings of other namespaces by their whole key; encrypted ones as fingerprints. */
  others: Record<string, Json>;
  /** Fields of the project's settings that name a secret, by their path without the ending: `receivers[slack].url`. */
  fromSecret: Record<string, string>;
  /** Paths of the settings that are texts in clear. */
  inClear: string[];
}

export interface SecretState {
  /** Fingerprint of the ciphertext; undefined when no value is set. */
  fingerprint: string | undefined;
}

const ENCRYPTED = "[encrypted ";

/** What stands for an encrypted setting of {@link StackFile.others}. */
export const encryptedSetting = (fingerprint: string): string => `${ENCRYPTED}${fingerprint}]`;

/** Whether that is what a setting is. */
export const isEncryptedSetting = (setting: Json): boolean =>
  typeof setting === "string" && setting.startsWith(ENCRYPTED);

/** A secret outside of what the engine knows to be secret: it would be stored and shown in clear. */
export interface SecretLeak {
  urn: string;
  path: string;
  key: string;
}

/** A resource as it was registered. */
export interface ResourceRecord {
  urn: string;
  type: string;
  name: string;
  parent: string | undefined;
  /** False for components. */
  custom: boolean;
  inputs: JsonObject;
  /** What a component registered as its outputs. */
  outputs: JsonObject | undefined;
  /** URN of the explicit provider. */
  provider: string | undefined;
  dependencies: string[];
  /** Former URNs. */
  aliases: string[];
  protect: boolean;
  retainOnDelete: boolean;
  deleteBeforeReplace: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
}

/** What stands for a value that only a deployment tells. */
export const UNKNOWN = "<known after deployment>";

/** Marks a mask; no property can have this name, since it holds a control character. */
const MASK = "\u0000secret";

/** What stands for a secret: which one it is, and what tells two values apart. Never anything of the value. */
export interface Mask {
  /** Configuration keys that the value was made of, each with the fingerprint of its ciphertext. */
  from: string[];
  /** Keyed digest of the value; undefined when there is no key, or the value isn't known. */
  digest: string | undefined;
}

export function maskOf(value: Json | undefined): Mask | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return value[MASK] as unknown as Mask | undefined;
}

export function makeMask(mask: Mask): Json {
  const { from, digest } = mask;
  return { [MASK]: { from, ...(digest === undefined ? {} : { digest }) } };
}

/** A mask as people read it. */
export function maskText({ from, digest }: Mask): string {
  const parts = [...from, ...(digest === undefined ? [] : [`#${digest}`])];
  return parts.length === 0 ? "[secret]" : `[secret ${parts.join(" ")}]`;
}

/** The value with masks as text, for people and for files. */
export function readable(value: Json): Json {
  const mask = maskOf(value);
  if (mask !== undefined) return maskText(mask);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readable(inner)]));
}
