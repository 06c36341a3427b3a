import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isCollection, parseDocument, stringify, type Document } from "yaml";
import { ConfigurationError } from "../config/parse.ts";
import { parsePath, suggestion } from "../config/problems.ts";
import { NAMESPACE, settingsKeys } from "../config/settings.ts";

/** A value of the configuration, by its path without namespace: `receivers[0].endpoint`. */
export type ConfigurationOverrides = Readonly<Record<string, string | number | boolean | object>>;

/** What Pulumi itself writes into a stack's configuration file and must find there again. */
const pulumiKeys = ["encryptionsalt", "encryptedkey", "secretsprovider"];

/**
 * Makes the directory that the CLI works in: a copy of the environment's configuration beside a small Pulumi.yaml.
 *
 * `pulumi stack init` writes a salt into the configuration file, which would leave changes in the git tree; here it
 * writes into the copy. The copy is fresh each time, and only the salt survives.
 *
 * @returns path of the copied configuration
 * @throws ConfigurationError when the environment has no file or an override names an unknown key
 */
export function prepareWorkDirectory(
  directory: string,
  root: string,
  environment: string,
  overrides: ConfigurationOverrides = {},
): string {
  const name = `Pulumi.${environment}.yaml`;
  const document = readDocument(join(root, "stacks", name), environment);
  applyOverrides(document, overrides);
  const copy = join(directory, name);
  if (existsSync(copy)) keepPulumiKeys(document, parseDocument(readFileSync(copy, "utf8")));
  mkdirSync(directory, { recursive: true });
  // An inline program is its own language host; of the project the CLI needs name and runtime only.
  const project = parseDocument(readFileSync(join(root, "Pulumi.yaml"), "utf8")).toJS() as Record<
    string,
    unknown
  >;
  const { name: projectName, description } = project;
  writeFileSync(
    join(directory, "Pulumi.yaml"),
    stringify({ name: projectName, description, runtime: "nodejs" }),
  );
  writeFileSync(copy, document.toString(), { mode: 0o600 });
  return copy;
}

function readDocument(path: string, environment: string): Document {
  if (!existsSync(path))
    throw new ConfigurationError(
      [
        {
          path: "environment",
          got: JSON.stringify(environment),
          expected: `an environment that has a file stacks/Pulumi.<environment>.yaml`,
          remedy: "correct the name, or copy the nearest of these files",
        },
      ],
      "the command",
    );
  return parseDocument(readFileSync(path, "utf8"));
}

function applyOverrides(document: Document, overrides: ConfigurationOverrides): void {
  for (const [path, value] of Object.entries(overrides)) {
    const [key = "", ...rest] = parsePath(path);
    if (!(settingsKeys as readonly string[]).includes(String(key))) {
      const near = suggestion(String(key), settingsKeys);
      throw new ConfigurationError(
        [
          {
            path,
            got: "an override of an unknown key",
            expected: `a path that starts with one of ${settingsKeys.join(", ")}`,
            remedy: near === undefined ? "correct the path" : `did you mean ${near}?`,
          },
        ],
        "overrides",
      );
    }
    const steps = ["config", `${NAMESPACE}:${String(key)}`, ...rest];
    // setIn makes missing mappings, but refuses to go through a scalar; the schema then says what is wrong with it.
    const parent = rest.length > 0 ? document.getIn(steps.slice(0, -1)) : undefined;
    if (parent === undefined || parent === null || isCollection(parent))
      document.setIn(steps, document.createNode(value));
  }
}

function keepPulumiKeys(document: Document, previous: Document): void {
  if (previous.errors.length > 0) return;
  for (const key of pulumiKeys) {
    const value = previous.get(key);
    if (value !== undefined && !document.has(key)) document.set(key, value);
  }
}
