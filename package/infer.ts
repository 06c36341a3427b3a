/**
 * Infers the package's schema from the components' types and writes it.
 *
 *     node package/infer.ts
 */
import type { Analyzer as AnalyzerClass } from "@pulumi/pulumi/provider/experimental/analyzer.js";
import type { generateSchema as GenerateSchema } from "@pulumi/pulumi/provider/experimental/schema.js";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PLUGIN_COMPONENTS } from "./components.ts";
import { SCHEMA_FILE, shortName, type PackageSchema, type PropertySchema } from "./schema.ts";

const root = join(import.meta.dirname, "..");
/** What generators of SDKs append to the names of types of arguments, and TypeScript's sources too. */
const ARGS = "Args";
const require = createRequire(import.meta.url);

/** The schema as Pulumi infers it. It has no version, so that a release alone changes nothing in it. */
export function inferSchema(): PackageSchema {
  const { Analyzer } = require("@pulumi/pulumi/provider/experimental/analyzer") as {
    Analyzer: typeof AnalyzerClass;
  };
  const { generateSchema } = require("@pulumi/pulumi/provider/experimental/schema") as {
    generateSchema: typeof GenerateSchema;
  };
  const { name, description } = require("../package.json") as { name: string; description: string };
  const manifest = { name, main: "index.ts" };
  // The analyser compiles all files of a folder: one of its own, so that it reads the components and nothing else.
  const folder = mkdtempSync(join(tmpdir(), "vllm-monitoring-schema-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    writeFileSync(
      join(folder, manifest.main),
      `export * from ${JSON.stringify(join(root, "components", "index.ts"))};\n`,
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.json"), include: [manifest.main] }),
    );
    const names = new Set(Object.keys(PLUGIN_COMPONENTS));
    const { components: found, typeDefinitions } = new Analyzer(folder, name, manifest, names).analyze();
    const { version: _version, ...schema } = JSON.parse(
      JSON.stringify(generateSchema(name, "0.0.0", description, found, typeDefinitions, [])),
    ) as PackageSchema & { version: string };
    // Without it Go's generator uses types for plain arguments that it does not write, and the SDK does not compile.
    const go = { ...schema.language?.["go"], generateExtraInputTypes: true };
    return nameAsInSdks(describe({ ...schema, language: { ...schema.language, go } }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Adds the descriptions of types, which the SDK leaves out. A property without a description of its own has that of its type. */
function describe(schema: PackageSchema): PackageSchema {
  const texts = typeDescriptions();
  const describeAll = (properties: Record<string, PropertySchema>): void => {
    for (const property of Object.values(properties)) {
      const type = (property.items ?? property).$ref;
      const text = type === undefined ? undefined : texts.get(shortName(type));
      if (!property.description && text !== undefined) property.description = text;
    }
  };
  for (const [token, type] of Object.entries(schema.types)) {
    const text = texts.get(shortName(token));
    if (text !== undefined) type.description = text;
    describeAll(type.properties ?? {});
  }
  const resources = Object.values(schema.resources);
  for (const { inputProperties } of resources) describeAll(inputProperties);
  return schema;
}

/**
 * The same with the types' names as the generators of SDKs want them. They append `Args` to the types of arguments, so that a type
 * which is called so already would be `VllmModelArgsArgs` in Python and Go. Without it, it has one name in all languages.
 *
 * @throws when a type has the name that another one would get
 */
function nameAsInSdks(schema: PackageSchema): PackageSchema {
  const renamed = new Map<string, string>();
  for (const [token, type] of Object.entries(schema.types)) {
    if (type.enum !== undefined || !token.endsWith(ARGS)) continue;
    const short = token.slice(0, -ARGS.length);
    if (short in schema.types || short in schema.resources)
      throw new Error(
        `the type ${shortName(token)} would be ${shortName(short)} in the schema, as something else is already; give it another name`,
      );
    renamed.set(token, short);
  }
  const prefix = "#/types/";
  const rename = (token: string): string => renamed.get(token) ?? token;
  const { types, ...rest } = JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === "$ref" && typeof value === "string" && value.startsWith(prefix)
      ? prefix + rename(value.slice(prefix.length))
      : value,
  ) as PackageSchema;
  const named = Object.entries(types).map(([token, type]) => [rename(token), type] as const);
  return { ...rest, types: Object.fromEntries(named) };
}

/** Doc comments of the exported types of components and rules. */
function typeDescriptions(): Map<string, string> {
  const files = ["components", "alerts"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(root, folder, file), "utf8")),
  );
  const found = files.flatMap((text) => [
    ...text.matchAll(/^\/\*\*((?:(?!\*\/)[^])*)\*\/\s*export (?:interface|const) (\w+)/gm),
  ]);
  return new Map(
    found.map(([, comment = "", name = ""]) => [
      name,
      comment
        .replaceAll(/^\s*\* ?/gm, "")
        .replaceAll(/\{@link (\w+)\}/g, "`$1`")
        .trim()
        .replaceAll(/\s*\n\s*/g, " "),
    ]),
  );
}

/** The schema's text: keys in order, so that a diff shows what changed and nothing else. */
export function formatSchema(schema: PackageSchema): string {
  return `${JSON.stringify(sorted(schema), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

if (import.meta.main) writeFileSync(SCHEMA_FILE, formatSchema(inferSchema()));
