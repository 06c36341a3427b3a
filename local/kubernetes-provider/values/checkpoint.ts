/**
 * What the engine stores of a resource: the live object, and beside its fields the inputs that made it, the API version
 * it was made with and its field manager. The layout is the official provider's, so that each can go on with the
 * other's state.
 */

import { apiVersionOf, kindOf } from "./object.ts";
import {
  containsSecret,
  isObject,
  type Json,
  type JsonObject,
  type PropertyMap,
  type PropertyValue,
  Secret,
  withoutSecrets,
} from "./property.ts";

const inputsKey = "__inputs";
const initialApiVersionKey = "__initialApiVersion";
const fieldManagerKey = "__fieldManager";

/** Names of CustomResourceDefinition fields that the SDKs can't spell with dashes. */
const underscoreToDash = new Map(
  [
    "embedded_resource",
    "int_or_string",
    "list_map_keys",
    "list_type",
    "map_type",
    "preserve_unknown_fields",
    "validations",
  ].map((name) => [`x_kubernetes_${name}`, `x-kubernetes-${name.replaceAll("_", "-")}`]),
);
const dashToUnderscore = new Map([...underscoreToDash].map(([underscore, dash]) => [dash, underscore]));

function renameKeys(value: Json, names: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) {
    return value.map((item) => renameKeys(item, names));
  }
  if (isObject(value)) {
    const renamed: JsonObject = {};
    for (const [key, child] of Object.entries(value)) {
      renamed[names.get(key) ?? key] = renameKeys(child, names);
    }
    return renamed;
  }
  return value;
}

/** The Kubernetes object that properties describe: without marks of secrets, field names as Kubernetes spells them. */
export function toKubernetesObject(properties: PropertyMap): JsonObject {
  return renameKeys(withoutSecrets(properties), underscoreToDash) as JsonObject;
}

/**
 * Marks in `outputs` what is a secret in `inputs`. Objects are compared field by field; a list with any secret in it is
 * secret as a whole, because its order may change. `data` and `stringData` of a Secret are secret in any case.
 */
export function annotateSecrets(outputs: PropertyMap, inputs: PropertyMap | undefined): void {
  if (outputs["kind"] === "Secret") {
    for (const key of ["data", "stringData"]) {
      const value = outputs[key];
      if (value !== undefined && !(value instanceof Secret)) {
        outputs[key] = new Secret(value);
      }
    }
    return;
  }
  for (const [key, input] of Object.entries(inputs ?? {})) {
    const output = outputs[key];
    if (output === undefined) {
      continue;
    }
    if (isObject(output) && isObject(input)) {
      annotateSecrets(output, input);
    } else if (!(output instanceof Secret) && containsSecret(input)) {
      outputs[key] = new Secret(output);
    }
  }
}

/** What {@link checkpoint} puts together. */
export interface CheckpointParts {
  /** Inputs that made the object, normalised. */
  readonly inputs: JsonObject;
  /** The object as the server returned it. */
  readonly live: JsonObject;
  /** Inputs with their marks of secrets. */
  readonly secrets: PropertyMap;
  readonly initialApiVersion: string;
  readonly fieldManager: string;
}

/** Builds the state of a resource. */
export function checkpoint(parts: CheckpointParts): PropertyMap {
  const state = renameKeys(parts.live, dashToUnderscore) as PropertyMap;
  const inputs = renameKeys(parts.inputs, dashToUnderscore) as PropertyMap;
  annotateSecrets(state, parts.secrets);
  annotateSecrets(inputs, parts.secrets);
  if (apiVersionOf(parts.live) === "v1" && kindOf(parts.live) === "Secret") {
    const data = state["data"];
    if (parts.secrets["stringData"] !== undefined && data !== undefined && !(data instanceof Secret)) {
      state["data"] = new Secret(data);
    }
  }
  state[inputsKey] = inputs;
  state[initialApiVersionKey] = parts.initialApiVersion;
  state[fieldManagerKey] = parts.fieldManager;
  return state;
}

/** Takes the state of a resource apart; the inputs are empty if the state has none. */
export function parseCheckpoint(state: PropertyMap): { inputs: JsonObject; live: JsonObject } {
  const live = toKubernetesObject(state);
  const inputs = live[inputsKey];
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  delete live[inputsKey];
  return { inputs: isObject(inputs) ? inputs : {}, live };
}

/** API version that the resource was created with. */
export function initialApiVersionOf(state: PropertyMap, inputs: JsonObject): string {
  return plainText(state[initialApiVersionKey]) ?? apiVersionOf(inputs);
}

/** Field manager of the resource, if its state names one. */
export function fieldManagerOf(state: PropertyMap): string | undefined {
  return plainText(state[fieldManagerKey]);
}

function plainText(value: PropertyValue | undefined): string | undefined {
  const plain = value instanceof Secret ? value.value : value;
  return typeof plain === "string" ? plain : undefined;
}
