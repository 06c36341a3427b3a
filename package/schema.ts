/** The parts of a Pulumi package schema that are read here. */

/** Type of a property: a primitive, a reference to a type of the package, or a container of either. */
export interface PropertySchema {
  type?: string;
  $ref?: string;
  description?: string;
  /** The value must be known when the program runs; an output is refused. */
  plain?: boolean;
  items?: PropertySchema;
  additionalProperties?: PropertySchema;
}

export interface ResourceSchema {
  description?: string;
  inputProperties: Record<string, PropertySchema>;
  requiredInputs: string[];
  properties: Record<string, PropertySchema>;
  required: string[];
}

export interface EnumValue {
  name: string;
  value: string | number;
  description?: string;
}

export interface TypeSchema {
  type: string;
  description?: string;
  properties?: Record<string, PropertySchema>;
  required?: string[];
  enum?: EnumValue[];
}

export interface PackageSchema {
  name: string;
  description?: string;
  /** What the generator of a language's SDK is told. */
  language?: Record<string, Record<string, unknown>>;
  resources: Record<string, ResourceSchema>;
  types: Record<string, TypeSchema>;
}

/** Where the schema stands: beside this module, in the sources as in the published package. */
export const SCHEMA_FILE = new URL("./schema.json", import.meta.url);

/** `vllm-monitoring:index:VllmDeployment` without package and module. */
export function shortName(token: string): string {
  return token.split(":").at(-1) ?? token;
}

/** `string`, `VllmGpu`, `list of string`, `map of number`. */
export function describeType({ type, $ref, items, additionalProperties }: PropertySchema): string {
  if ($ref !== undefined)
    return $ref.startsWith("pulumi.json#") ? shortName($ref.replace("#/", ":")) : shortName($ref);
  if (type === "array" && items !== undefined) return `list of ${describeType(items)}`;
  if (type === "object" && additionalProperties !== undefined)
    return `map of ${describeType(additionalProperties)}`;
  return type ?? "anything";
}
