import * as pulumi from "@pulumi/pulumi";
import type { ConstructResult, Provider } from "@pulumi/pulumi/provider/index.js";

import { shortName, type PackageSchema } from "./schema.ts";

type ComponentClass = new (
  name: string,
  args: never,
  options: pulumi.ComponentResourceOptions,
) => pulumi.ComponentResource;

/**
 * Hosts the components for programs in other languages.
 *
 * `componentProviderHost` of the SDK would do the same but infers the schema from the sources in each process that makes a
 * component: 5 s and the compiler for every update. Here the schema is inferred once, when the package is made.
 */
export class ComponentProvider implements Provider {
  readonly version: string;
  readonly schema: string;
  readonly #definitions: PackageSchema;
  readonly #components: Readonly<Record<string, ComponentClass>>;

  /** @param version of the package, which the generated SDKs ask for */
  constructor(schema: PackageSchema, version: string, components: Readonly<Record<string, ComponentClass>>) {
    this.version = version;
    this.schema = JSON.stringify({ ...schema, version });
    this.#definitions = schema;
    this.#components = components;
  }

  construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<ConstructResult> {
    const definition = this.#definitions.resources[type];
    const Component = this.#components[shortName(type)];
    if (definition === undefined || Component === undefined) {
      const known = Object.keys(this.#definitions.resources).map(shortName).join(", ");
      throw new Error(`type: got ${type}; expected a component of ${this.#definitions.name}: ${known}`);
    }
    const component = new Component(name, inputs as never, options);
    const outputs = component as unknown as Record<string, pulumi.Input<unknown>>;
    return Promise.resolve({
      urn: component.urn,
      state: Object.fromEntries(Object.keys(definition.properties).map((key) => [key, outputs[key]])),
    });
  }
}
