/** Types of the fields of built-in kinds, from the table that `generate/` makes out of Kubernetes' own Go types. */

import table from "./types.json" with { type: "json" };

/** Type of a value. `struct` is an index for {@link structType}. */
export type FieldType =
  | { readonly tag: "string" | "boolean" | "integer" | "float" | "bytes" | "any" }
  | { readonly tag: "quantity" | "intOrString" | "time" | "microTime" }
  | { readonly tag: "pointer" | "list" | "map"; readonly element: FieldType }
  | { readonly tag: "struct"; readonly struct: number };

/** A field of a struct. */
export interface Field {
  readonly type: FieldType;
  /** Whether a zero value is left out when the object is written. */
  readonly omitEmpty: boolean;
}

/** Fields of a struct by their name in JSON. */
export type Struct = ReadonlyMap<string, Field>;

const simple: Readonly<Record<string, FieldType>> = {
  s: { tag: "string" },
  b: { tag: "boolean" },
  i: { tag: "integer" },
  f: { tag: "float" },
  y: { tag: "bytes" },
  q: { tag: "quantity" },
  n: { tag: "intOrString" },
  t: { tag: "time" },
  u: { tag: "microTime" },
  "*": { tag: "any" },
};

const nested = { p: "pointer", "[": "list", "{": "map" } as const;

function parseType(code: string): FieldType {
  const first = code.charAt(0);
  if (first === "#") {
    return { tag: "struct", struct: Number(code.slice(1)) };
  }
  if (first === "p" || first === "[" || first === "{") {
    return { tag: nested[first], element: parseType(code.slice(1)) };
  }
  const type = simple[code];
  if (type === undefined) {
    throw new Error(`types.json: unknown type code "${code}"`);
  }
  return type;
}

const structs: (Struct | undefined)[] = [];

/** Fields of the struct with an index in the table. */
export function structType(index: number): Struct {
  let struct = structs[index];
  if (struct === undefined) {
    const fields = (table.types[index] ?? "").split(" ").filter((field) => field !== "");
    struct = new Map(
      fields.map((field) => {
        const separator = field.indexOf(":");
        const omitEmpty = field.endsWith("?");
        const code = field.slice(separator + 1, omitEmpty ? -1 : undefined);
        return [field.slice(0, separator), { type: parseType(code), omitEmpty }];
      }),
    );
    structs[index] = struct;
  }
  return struct;
}

/** The type of a kind such as `apps/v1/Deployment`, or undefined if the table lacks it. */
export function typeOfKind(kind: string): FieldType | undefined {
  const index = (table.kinds as Readonly<Record<string, number>>)[kind];
  return index === undefined ? undefined : { tag: "struct", struct: index };
}
