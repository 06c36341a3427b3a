/** The environment files and what is generated from the schema. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { environmentFiles } from "../../../stacks/config/check.ts";
import { environmentDocumentSchema, type JsonSchema } from "../../../stacks/config/document.ts";
import { staleFiles } from "../../../stacks/config/generate-schema.ts";
import { parseConfiguration } from "../../../stacks/config/parse.ts";
import { configurationOfFile } from "../../../stacks/config/sources.ts";
import { change, environmentFile, environments, problemsOf, stacksDirectory, valuesOf } from "./support.ts";

const committed = JSON.parse(
  readFileSync(join(stacksDirectory, "schema/environment.schema.json"), "utf8"),
) as JsonSchema;
const validate = new Ajv2020({ allErrors: true, strict: false }).compile(committed);

test("there is a file for each environment", () => {
  expect(environmentFiles().sort()).toEqual(environments.map((name) => `Pulumi.${name}.yaml`).sort());
});

test("the generated files are current", () => {
  expect(staleFiles()).toEqual([]);
});

describe.each(environments)("%s", (environment) => {
  test("names its schema in the first line", () => {
    const [first] = readFileSync(environmentFile(environment), "utf8").split("\n");
    expect(first).toBe("# yaml-language-server: $schema=./schema/environment.schema.json");
  });

  test("parses", () => {
    const raw = configurationOfFile(environmentFile(environment), environment);
    const { settings } = parseConfiguration(raw, environment, { requireSecrets: false });
    expect(settings.environment).toBe(environment);
    expect(settings.fleet.models.length).toBeGreaterThan(0);
  });

  test("is valid by the JSON Schema", () => {
    const document: unknown = parse(readFileSync(environmentFile(environment), "utf8"));
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
  });
});

describe("the JSON Schema", () => {
  const documentWith = (values: Record<string, unknown>, more: object = {}) => ({
    config: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [`vllm-monitoring:${key}`, value]),
    ),
    ...more,
  });

  test.each([
    ["fleet.models[0].replicas", "2"],
    ["fleet.models[0].image", "vllm/vllm-openai:latest"],
    ["fleet.models[0].source", { kind: "hub", repository: "a/b", revision: "main" }],
    ["monitoring.scrapeInterval", "15"],
    ["receivers[0].kind", "dingding"],
    ["receivers[0].token", "x"],
    ["cluster.kind", "embeded"],
    ["routes", undefined],
  ])("refuses %s = %j, as the runtime check does", (path, value) => {
    const values = change(valuesOf("prod"), path, value);
    expect(problemsOf(values)).not.toEqual([]);
    expect(validate(documentWith(values))).toBe(false);
  });

  test("allows what Pulumi keeps in the file, and encrypted values under other keys", () => {
    const values = { ...valuesOf("dev"), dingtalkAccessToken: { secure: "v1:abc" } };
    expect(validate(documentWith(values, { encryptionsalt: "v1:x", secretsprovider: "passphrase" }))).toBe(
      true,
    );
    expect(validate(documentWith({ ...values, dingtalkAccessToken: "in clear" }))).toBe(false);
    expect(validate({ ...documentWith(values), other: 1 })).toBe(false);
  });

  test("describes every field", () => {
    const bare: string[] = [];
    const visit = (path: string, schema: JsonSchema) => {
      if (path !== "" && schema.description === undefined) bare.push(path);
      for (const [name, inner] of Object.entries(schema.properties ?? {})) visit(`${path}.${name}`, inner);
      for (const variant of schema.oneOf ?? []) visit(`${path}|`, variant);
      if (schema.items !== undefined)
        for (const inner of Object.entries(schema.items.properties ?? {}))
          visit(`${path}[].${inner[0]}`, inner[1]);
    };
    visit("", environmentDocumentSchema());
    expect(bare).toEqual([]);
  });
});
