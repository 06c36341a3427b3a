/**
 * Writes docs/metrics-catalogue.md from the catalogues.
 *
 *     node metrics/document.ts
 */
import { writeFileSync } from "node:fs";

import { catalogues, type CatalogueEntry } from "./catalogues.ts";
import type { MetricFamily } from "./family.ts";
import { measuredVersions } from "./products.ts";

/** Where the document stands. */
export const CATALOGUE_DOCUMENT = new URL("../docs/metrics-catalogue.md", import.meta.url);

/** Text whose characters Markdown would read as something else. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|]/g, "\\$&");
}

function bounds(family: MetricFamily): string {
  if (family.type !== "histogram") return "";
  const { bounds: known } = family.buckets;
  const list = typeof known === "function" ? "by the model's maximum length" : known.join(" ");
  return `; bounds ${list}`;
}

function line(key: string, family: MetricFamily): string {
  const labels =
    family.labels.length === 0 ? "no label" : family.labels.map((label) => `\`${label}\``).join(", ");
  const until = family.until === undefined ? "" : `, until ${family.until}`;
  const condition = family.condition === undefined ? "" : `; only with \`${family.condition}\``;
  const caveat = family.caveat === undefined ? "" : ` ${plain(family.caveat)}`;
  return (
    `- \`${family.name}\` (\`${key}\`): ${family.type}, ${family.unit}; ${labels}${bounds(family)}; ` +
    `since ${family.since}${until}${condition}.${caveat}`
  );
}

function section({ title, product, catalogue, series }: CatalogueEntry): string {
  const families = Object.entries<MetricFamily>(catalogue).sort(([, a], [, b]) => (a.name < b.name ? -1 : 1));
  const head =
    `${String(families.length)} families, compared with ${product} ${measuredVersions[product]}. ` +
    `Typed series: \`${series}\`.`;
  return [`## ${title}`, "", head, "", ...families.map(([key, family]) => line(key, family)), ""].join("\n");
}

/** The document's text. */
export function catalogueDocument(): string {
  return [
    "# Metric catalogue",
    "",
    "Written by `node metrics/document.ts`; do not edit. Per family: name (key in the catalogue), type and unit, own labels,",
    "first version that is known to have it, condition, and what a reader of the numbers would get wrong.",
    "[How to query them](metrics.md).",
    "",
    ...catalogues.map(section),
  ].join("\n");
}

if (import.meta.main) writeFileSync(CATALOGUE_DOCUMENT, catalogueDocument());
