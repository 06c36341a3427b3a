import { environmentDocumentSchema, type JsonSchema } from "./document.ts";
import { NAMESPACE } from "./settings.ts";

/** The configuration reference in Markdown: one section for each key, one table row for each field. */
export function configurationReference(): string {
  const keys = Object.entries(environmentDocumentSchema().properties?.["config"]?.properties ?? {});
  return keys.map(([key, schema]) => section(key.slice(NAMESPACE.length + 1), schema)).join("\n");
}

function section(key: string, schema: JsonSchema): string {
  const rows = fields(key, schema);
  const table =
    rows.length === 0
      ? [`Type: ${typeOf(schema)}.`, ""]
      : ["| field | type | default | meaning |", "| --- | --- | --- | --- |", ...rows, ""];
  return [`### \`${key}\``, "", schema.description ?? "", "", ...table].join("\n");
}

/** Rows of all fields below a schema, each with its whole path. */
function fields(path: string, schema: JsonSchema): string[] {
  if (schema.oneOf !== undefined) return schema.oneOf.flatMap((variant) => variantRows(path, variant));
  if (schema.items !== undefined) return fields(`${path}[]`, schema.items);
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = `${path}.${name}`;
    return [row(at, field, required.has(name)), ...fields(at, field)];
  });
}

function variantRows(path: string, variant: JsonSchema): string[] {
  const kind = words(variant.properties?.["kind"]?.const);
  const rest = Object.fromEntries(
    Object.entries(variant.properties ?? {}).filter(([name]) => name !== "kind"),
  );
  const required = (variant.required ?? []).filter((name) => name !== "kind");
  return [
    `| \`${path}\` with \`kind: ${kind}\` | | | ${cell(variant.description ?? "")} |`,
    ...fields(path, { ...variant, properties: rest, required }),
  ];
}

function row(path: string, schema: JsonSchema, isRequired: boolean): string {
  const fallback =
    schema.default === undefined ? (isRequired ? "required" : "") : `\`${JSON.stringify(schema.default)}\``;
  // Defaults of a mapping are those of its fields.
  const shown = fallback === "`{}`" && schema.properties !== undefined ? "" : fallback;
  return `| \`${path}\` | ${cell(typeOf(schema))} | ${cell(shown)} | ${cell(schema.description ?? "")} |`;
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${words(value)}\``).join(", ");
  if (schema.const !== undefined) return `\`${words(schema.const)}\``;
  if (schema.oneOf !== undefined) return "one of several kinds";
  if (schema.anyOf !== undefined) return schema.anyOf.map((option) => option.type ?? "").join(" or ");
  if (schema.items !== undefined)
    return `list of ${schema.items.properties === undefined && schema.items.oneOf === undefined ? typeOf(schema.items) : "mappings"}`;
  if (schema.type === "object") return "mapping";
  const lower = schema.minimum ?? schema.exclusiveMinimum;
  if (lower !== undefined && schema.maximum !== undefined)
    return `${schema.type ?? ""} ${String(lower)}–${String(schema.maximum)}`;
  return schema.type ?? "";
}

/** A constant of the schema without quotes. */
function words(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
