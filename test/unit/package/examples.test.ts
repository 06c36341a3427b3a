/** The examples of other languages give components what the schema says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import { publishedSchema } from "../../../package/reference.ts";
import { shortName, type PropertySchema } from "../../../package/schema.ts";

const examples = join(import.meta.dirname, "../../../examples");
const schema = publishedSchema();

/** Where a value is not what a property may be. */
function problems(
  value: unknown,
  { type, $ref, items, additionalProperties }: PropertySchema,
  path: string,
): string[] {
  if (typeof value === "string" && value.includes("${")) return [];
  if ($ref?.startsWith("#/types/") === true) {
    const found = schema.types[decodeURIComponent($ref.slice("#/types/".length))];
    if (found?.enum !== undefined)
      return found.enum.some((choice) => choice.value === value)
        ? []
        : [`${path}: ${String(value)} is no value of ${shortName($ref)}`];
    return objectProblems(value, found?.properties ?? {}, found?.required ?? [], path);
  }
  if (type === "array")
    return (value as unknown[]).flatMap((item, index) =>
      problems(item, items ?? {}, `${path}[${String(index)}]`),
    );
  if (type === "object")
    return Object.entries(value as object).flatMap(([key, inner]) =>
      problems(inner, additionalProperties ?? {}, `${path}.${key}`),
    );
  return type === undefined || typeof value === type ? [] : [`${path}: ${typeof value} is no ${type}`];
}

function objectProblems(
  value: unknown,
  properties: Readonly<Record<string, PropertySchema>>,
  required: readonly string[],
  path: string,
): string[] {
  if (typeof value !== "object" || value === null) return [`${path}: ${typeof value} is no object`];
  const missing = required.filter((key) => !(key in value)).map((key) => `${path}.${key}: missing`);
  const wrong = Object.entries(value).flatMap(([key, inner]) => {
    const property = properties[key];
    return property === undefined ? [`${path}.${key}: unknown`] : problems(inner, property, `${path}.${key}`);
  });
  return [...missing, ...wrong];
}

/** The same of a whole component. */
function componentProblems(token: string, value: unknown): string[] {
  const definition = schema.resources[token];
  if (definition === undefined) return [`${token}: no such component`];
  return objectProblems(value, definition.inputProperties, definition.requiredInputs, shortName(token));
}

describe("the YAML example", () => {
  const { resources } = parse(readFileSync(join(examples, "yaml/Pulumi.yaml"), "utf8")) as {
    resources: Record<string, { type: string; properties: Record<string, unknown> }>;
  };
  const llama = resources["llama"];

  it("fits the schema", () => {
    expect(llama).toBeDefined();
    expect(componentProblems(llama?.type ?? "", llama?.properties)).toEqual([]);
  });

  it("would not with a wrong name, value or type, or without what is required", () => {
    const { owner: _owner, ...rest } = llama?.properties ?? {};
    const wrong = { ...rest, replicas: "two", rollout: "sometimes", ovner: "x" };
    expect(componentProblems(llama?.type ?? "", wrong).sort()).toEqual([
      "VllmDeployment.ovner: unknown",
      "VllmDeployment.owner: missing",
      "VllmDeployment.replicas: string is no number",
      "VllmDeployment.rollout: sometimes is no value of VllmRolloutMode",
    ]);
  });
});

it("the Python example names arguments that the generated SDK has", () => {
  const text = readFileSync(join(examples, "python/__main__.py"), "utf8");
  const call = /vllm_monitoring\.VllmDeployment\(\n([^]*?)\n\)/.exec(text)?.[1] ?? "";
  const given = [...call.matchAll(/^ {4}(\w+)=/gm)].map(([, name = ""]) => name);
  const definition = schema.resources["vllm-monitoring:index:VllmDeployment"];
  const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const known = Object.keys(definition?.inputProperties ?? {}).map(snake);
  expect(given.length).toBeGreaterThan(3);
  expect(given.filter((name) => !known.includes(name))).toEqual([]);
  expect((definition?.requiredInputs ?? []).map(snake).filter((name) => !given.includes(name))).toEqual([]);
});
