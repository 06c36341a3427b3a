import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

import { parseAllDocuments } from "yaml";

import { toolPath } from "../../local/toolchain/tools.ts";
import { crdFile } from "./manifests.ts";

/**
 * Writes the committed CRD manifests from what the pinned operator binary carries:
 * `node components/crds/generate.ts`. Run it after a change of the operator's version.
 *
 * The descriptions are left out: they are three quarters of the text (2.46 MB against 0.58 MB for the ten CRDs), and
 * every stack would carry them in its state. The schema that the API server enforces stays whole.
 */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The file's content: a JSON array with one CRD per line. */
export function generateCrds(): string {
  const printed = execFileSync(toolPath("prometheus-operator"), ["crds"], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const crds = parseAllDocuments(printed)
    .map((document) => document.toJS() as Json)
    .filter((crd) => crd !== null);
  return `[\n${crds.map((crd) => JSON.stringify(withoutDescriptions(crd))).join(",\n")}\n]\n`;
}

/** Drops schema descriptions; a property that is itself called `description` stays. */
export function withoutDescriptions(value: Json, isPropertyMap = false): Json {
  if (Array.isArray(value)) return value.map((item) => withoutDescriptions(item));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => isPropertyMap || key !== "description" || typeof inner !== "string")
      .map(([key, inner]) => [key, withoutDescriptions(inner, !isPropertyMap && key === "properties")]),
  );
}

if (import.meta.main) {
  const content = generateCrds();
  writeFileSync(crdFile, content);
  console.log(`${crdFile}: ${String(content.length)} bytes`);
}
