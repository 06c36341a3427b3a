import { z } from "zod";
import { NAMESPACE, settingsSchema } from "./settings.ts";

/** A JSON Schema node, as far as the generators here look into it. */
export interface JsonSchema {
  $schema?: string;
  $id?: string;
  title?: string;
  description?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  minLength?: number;
  properties?: Record<string, JsonSchema>;
  patternProperties?: Record<string, JsonSchema>;
  propertyNames?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
  required?: string[];
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
}

/** Encrypted value, as `pulumi config set --secret` writes it. */
const encryptedValue: JsonSchema = {
  type: "object",
  description: "An encrypted value: pulumi config set --secret",
  properties: { secure: { type: "string", description: "The ciphertext." } },
  required: ["secure"],
  additionalProperties: false,
};

/**
 * JSON Schema of a whole `Pulumi.<environment>.yaml`: the settings under their namespaced keys, encrypted values
 * under any other key of the namespace, and what Pulumi itself keeps in the file.
 */
export function environmentDocumentSchema(): JsonSchema {
  const settings = z.toJSONSchema(settingsSchema, { io: "input", reused: "inline" }) as JsonSchema;
  const properties = Object.fromEntries(
    Object.entries(settings.properties ?? {}).map(([key, schema]) => [`${NAMESPACE}:${key}`, schema]),
  );
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "vllm-monitoring environment",
    description:
      "Configuration of one environment (Pulumi.<environment>.yaml). Generated from stacks/config; do not edit.",
    type: "object",
    properties: {
      config: {
        description: "Configuration keys with their namespace.",
        type: "object",
        properties,
        patternProperties: {
          // The settings' own keys are matched by `properties`; whatever else stands in the namespace is a secret.
          [`^${NAMESPACE}:(?!(${Object.keys(settings.properties ?? {}).join("|")})$)`]: encryptedValue,
          [`^(?!${NAMESPACE}:)[^:]+:`]: {
            description: "Configuration of another package, such as aws:region.",
          },
        },
        required: (settings.required ?? []).map((key) => `${NAMESPACE}:${key}`),
        additionalProperties: false,
      },
      encryptionsalt: { type: "string", description: "Salt of the passphrase; written by Pulumi." },
      encryptedkey: { type: "string", description: "Encrypted data key; written by Pulumi." },
      secretsprovider: {
        type: "string",
        description: "Secrets provider, such as awskms://alias/pulumi?region=eu-central-1.",
      },
      environment: { description: "Pulumi ESC environments to import." },
    },
    required: ["config"],
    additionalProperties: false,
  };
}
