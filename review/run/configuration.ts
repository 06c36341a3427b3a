import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";

import { canonical, compareText, isObject, type Json, type JsonObject } from "../model/json.ts";
import { encryptedSetting, type StackFile } from "../model/snapshot.ts";
import { fingerprintOf, placeholderOf, type Placeholder } from "./masking.ts";

/** Namespace of the project's own keys. */
const NAMESPACE = "vllm-monitoring";
/** The engine's parser knows merge keys (`<<: *defaults`), which YAML 1.2 has no more. */
const YAML_AS_THE_ENGINE = { merge: true } as const;
/** Fields of the configuration that name a secret key end in this. */
const REFERENCE_SUFFIX = "FromSecret";

/** A configuration file as the engine would give it to the program, with placeholders for its secrets. */
export interface EngineConfiguration {
  /** Values by their whole key; structured ones are JSON with sorted keys, so that their order in the file is lost. */
  values: Record<string, string>;
  /** Keys of `values` that are secret. */
  secretKeys: string[];
  placeholders: Placeholder[];
  /** The file's values of the project's own namespace, without secrets. */
  settings: JsonObject;
  /** What else the file says. */
  stackFile?: StackFile;
}

/** Names of the environments of a working tree: those with a file `stacks/Pulumi.<environment>.yaml`. */
export function environmentsOf(root: string): string[] {
  const folder = join(root, "stacks");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((entry) => /^Pulumi\.([\w.-]+)\.ya?ml$/.exec(entry)?.[1])
    .filter((name) => name !== undefined)
    .sort(compareText);
}

export function configurationFile(root: string, environment: string): string {
  return join(root, "stacks", `Pulumi.${environment}.yaml`);
}

/** Reads an environment's file. @throws when it is no YAML mapping with a `config` mapping */
export function readConfiguration(root: string, environment: string): EngineConfiguration {
  const file = configurationFile(root, environment);
  const document = parseDocument(readFileSync(file, "utf8"), YAML_AS_THE_ENGINE);
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`stacks/Pulumi.${environment}.yaml: ${error.message}`);
  const content: unknown = document.toJS();
  const config = isObject(content) ? content["config"] : undefined;
  if (!isObject(config))
    throw new Error(`stacks/Pulumi.${environment}.yaml: config must be a mapping; add it`);
  return { ...engineConfiguration(config as JsonObject), stackFile: stackFileOf(content as JsonObject) };
}

/** What a file says besides the project's settings, without any secret. */
export function stackFileOf(content: JsonObject): StackFile {
  const { config, secretsprovider, encryptedkey, encryptionsalt, environment = [] } = content;
  const others = Object.entries(isObject(config) ? config : {})
    .filter(([key]) => key.includes(":") && !key.startsWith(`${NAMESPACE}:`))
    .map(([key, setting]) => [
      key,
      isEncrypted(setting) ? encryptedSetting(fingerprintOf(setting.secure)) : setting,
    ]);
  return {
    secretsProvider: typeof secretsprovider === "string" ? secretsprovider : "passphrase",
    key: fingerprintOf(canonical([encryptedkey ?? null, encryptionsalt ?? null])),
    imports: environment,
    others: Object.fromEntries(others) as Record<string, Json>,
    ...secretFields(isObject(config) ? settingsIn(config) : {}),
  };
}

/** The engine's view of the `config` mapping of a file. */
export function engineConfiguration(config: JsonObject): EngineConfiguration {
  const values: Record<string, string> = {};
  const secretKeys: string[] = [];
  const placeholders: Placeholder[] = [];
  const settings: JsonObject = {};
  const addSecret = (fullKey: string, ciphertext: string | undefined): void => {
    const placeholder = placeholderOf(fullKey.slice(fullKey.indexOf(":") + 1), ciphertext);
    placeholders.push(placeholder);
    values[fullKey] = placeholder.value;
    secretKeys.push(fullKey);
  };
  for (const [key, value] of Object.entries(config)) {
    const fullKey = key.includes(":") ? key : `${NAMESPACE}:${key}`;
    if (isEncrypted(value)) {
      addSecret(fullKey, value.secure);
      continue;
    }
    values[fullKey] = typeof value === "string" ? value : canonical(value);
    if (fullKey.startsWith(`${NAMESPACE}:`)) settings[fullKey.slice(NAMESPACE.length + 1)] = value;
  }
  for (const key of referencedSecrets(settings)) {
    const fullKey = `${NAMESPACE}:${key}`;
    if (values[fullKey] === undefined) addSecret(fullKey, undefined);
  }
  placeholders.sort((a, b) => compareText(a.key, b.key));
  return { values, secretKeys: secretKeys.sort(compareText), placeholders, settings };
}

/** The project's own settings of a file's `config`, by key without the namespace. */
function settingsIn(config: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => !key.includes(":") || key.startsWith(`${NAMESPACE}:`))
      .map(([key, value]) => [key.slice(key.indexOf(":") + 1), value]),
  );
}

/** Fields that can name a secret: which do, and where a value stands in its place. Elements of lists by their names. */
function secretFields(settings: JsonObject): Pick<StackFile, "fromSecret" | "inClear"> {
  const fromSecret: Record<string, string> = {};
  const values = new Set<string>();
  const walk = (value: Json, path: string): void => {
    if (Array.isArray(value))
      value.forEach((item, index) => {
        const name = isObject(item) && typeof item["name"] === "string" ? item["name"] : String(index);
        walk(item, `${path}[${name}]`);
      });
    else if (isObject(value))
      for (const [key, child] of Object.entries(value)) {
        const place = path === "" ? key : `${path}.${key}`;
        if (key.endsWith(REFERENCE_SUFFIX) && typeof child === "string")
          fromSecret[place.slice(0, -REFERENCE_SUFFIX.length)] = child;
        else {
          if (typeof child === "string") values.add(place);
          walk(child, place);
        }
      }
  };
  walk(settings, "");
  return { fromSecret, inClear: [...values].sort(compareText) };
}

/** Secret keys that fields ending in FromSecret name, sorted. */
function referencedSecrets(value: Json): string[] {
  const found = new Set<string>();
  const walk = (inner: Json): void => {
    if (Array.isArray(inner)) inner.forEach(walk);
    else if (isObject(inner))
      for (const [name, child] of Object.entries(inner)) {
        if (name.endsWith(REFERENCE_SUFFIX) && typeof child === "string") found.add(child);
        else walk(child);
      }
  };
  walk(value);
  return [...found].sort(compareText);
}

function isEncrypted(value: Json): value is { secure: string } {
  return isObject(value) && Object.keys(value).length === 1 && typeof value["secure"] === "string";
}
