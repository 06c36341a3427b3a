import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { ConfigurationError, type RawConfiguration } from "./parse.ts";
import { NAMESPACE, settingsKeys } from "./settings.ts";

const PREFIX = `${NAMESPACE}:`;

/** Keys whose value is a plain string; all others of the schema are JSON on the wire. */
const plainKeys: readonly string[] = ["environment"];

/**
 * The configuration as the engine gave it to the running program. Values of secret keys stay out; ask
 * {@link configSecret} for them.
 */
export function configurationOfEngine(): RawConfiguration {
  const values: Record<string, unknown> = {};
  const secretKeys = new Set<string>();
  for (const [fullKey, value] of Object.entries(pulumi.runtime.allConfig())) {
    if (!fullKey.startsWith(PREFIX)) continue;
    const key = fullKey.slice(PREFIX.length);
    if (isConfigSecret(fullKey)) secretKeys.add(key);
    else values[key] = decode(key, value);
  }
  return { values, secretKeys, stack: pulumi.getStack() };
}

/** The value of a secret configuration key; the engine never shows it. */
export function configSecret(key: string): pulumi.Output<string> {
  return new pulumi.Config(NAMESPACE).requireSecret(key);
}

/** The SDK knows which keys are secret but leaves the question out of its typings. */
function isConfigSecret(fullKey: string): boolean {
  const { isConfigSecret: ask } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
  return ask(fullKey);
}

function isStructured(key: string): boolean {
  return (settingsKeys as readonly string[]).includes(key);
}

function decode(key: string, value: string): unknown {
  if (!isStructured(key) || plainKeys.includes(key)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/**
 * The configuration in the text of a `Pulumi.<environment>.yaml`. Encrypted values are known by their key only.
 *
 * @param fileName for the error
 * @throws ConfigurationError when the text is no YAML mapping with a `config` mapping
 */
export function configurationOfText(text: string, fileName: string, stack?: string): RawConfiguration {
  const content = parseYaml(text, fileName);
  const config = isMapping(content) ? content["config"] : undefined;
  if (!isMapping(config))
    throw fileError(
      fileName,
      "no mapping under the key config",
      `config: with keys that start with ${PREFIX}`,
      "add it",
    );
  const values: Record<string, unknown> = {};
  const secretKeys = new Set<string>();
  for (const [fullKey, value] of Object.entries(config)) {
    // Other namespaces (aws:region) belong to their providers; a bare key gets the project's namespace from Pulumi.
    if (!fullKey.startsWith(PREFIX) && fullKey.includes(":")) continue;
    const key = fullKey.startsWith(PREFIX) ? fullKey.slice(PREFIX.length) : fullKey;
    if (isEncrypted(value)) secretKeys.add(key);
    else values[key] = value;
  }
  return { values, secretKeys, ...(stack === undefined ? {} : { stack }) };
}

function parseYaml(text: string, fileName: string): unknown {
  const document = parseDocument(text, { prettyErrors: true, merge: true });
  try {
    const [syntaxError] = document.errors;
    if (syntaxError !== undefined) throw syntaxError;
    // Finds aliases without an anchor, which the syntax allows.
    return document.toJS() as unknown;
  } catch (error) {
    const [firstLine = ""] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
    throw fileError(fileName, firstLine, "valid YAML", "correct the syntax");
  }
}

/** The configuration in a `Pulumi.<environment>.yaml`; see {@link configurationOfText}. */
export function configurationOfFile(path: string, stack?: string): RawConfiguration {
  return configurationOfText(readFileSync(path, "utf8"), path, stack);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEncrypted(value: unknown): boolean {
  return isMapping(value) && Object.keys(value).length === 1 && typeof value["secure"] === "string";
}

function fileError(fileName: string, got: string, expected: string, remedy: string): ConfigurationError {
  return new ConfigurationError([{ path: "config", got, expected, remedy }], fileName);
}
