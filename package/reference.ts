/**
 * Writes docs/reference.md: every component that the plugin has, with its arguments and outputs, from the schema, whose texts are
 * the doc comments of the sources.
 *
 *     node package/reference.ts
 */
import { readFileSync, writeFileSync } from "node:fs";

import {
  describeType,
  SCHEMA_FILE,
  shortName,
  type PackageSchema,
  type PropertySchema,
  type TypeSchema,
} from "./schema.ts";

/** Where the document stands. */
export const REFERENCE_DOCUMENT = new URL("../docs/reference.md", import.meta.url);

/** A text that stays in its cell, and whose characters Markdown reads as they are. */
const cell = (text: string): string =>
  text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\{@link ([^}]+)\}/g, "`$1`")
    .replaceAll("|", String.raw`\|`)
    .replaceAll("<", "&lt;")
    .trim();

function table(
  heading: string,
  properties: Readonly<Record<string, PropertySchema>>,
  required: readonly string[],
): string[] {
  const names = Object.keys(properties).sort(
    (a, b) => Number(required.includes(b)) - Number(required.includes(a)) || (a < b ? -1 : 1),
  );
  if (names.length === 0) return [];
  const rows = names.map((name) => {
    const property = properties[name] ?? {};
    const plain = property.plain === true ? ", plain" : "";
    const mark = required.includes(name) ? " (required)" : "";
    return `| \`${name}\`${mark} | ${describeType(property)}${plain} | ${cell(property.description ?? "")} |`;
  });
  return [`| ${heading} | type | meaning |`, "| --- | --- | --- |", ...rows, ""];
}

function typeSection(
  token: string,
  { description, properties, required = [], enum: values }: TypeSchema,
): string[] {
  const list = (values ?? []).map(({ name, value, description: text = "" }) =>
    `- \`${name}\` = \`${String(value)}\`. ${cell(text)}`.trim(),
  );
  return [
    `### ${shortName(token)}`,
    "",
    ...(description === undefined ? [] : [cell(description), ""]),
    ...table("field", properties ?? {}, required),
    ...(list.length === 0 ? [] : [...list, ""]),
  ];
}

/** The document's text. */
export function referenceDocument({ resources, types }: PackageSchema): string {
  const entries = <T>(record: Readonly<Record<string, T>>) =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    "# Reference of the components",
    "",
    "Written by `node package/reference.ts` from the doc comments of the sources; do not edit. [How to use the components](components.md).",
    "A plain argument takes a value and no output of another resource. A type stands here as in the schema; in TypeScript, and in the SDKs of",
    "Python and Go, the names of all but the lists of values end with `Args`: `VllmModel` is `VllmModelArgs`.",
    "",
    "## Components",
    "",
    ...entries(resources).flatMap(
      ([token, { description, inputProperties, requiredInputs, properties, required }]) => [
        `### ${shortName(token)}`,
        "",
        ...(description === undefined ? [] : [cell(description), ""]),
        ...table("argument", inputProperties, requiredInputs),
        ...table("output", properties, required),
      ],
    ),
    "## Types",
    "",
    ...entries(types).flatMap(([token, type]) => typeSection(token, type)),
  ].join("\n");
}

/** The schema that the document is made of. */
export function publishedSchema(): PackageSchema {
  return JSON.parse(readFileSync(SCHEMA_FILE, "utf8")) as PackageSchema;
}

if (import.meta.main) writeFileSync(REFERENCE_DOCUMENT, referenceDocument(publishedSchema()));
