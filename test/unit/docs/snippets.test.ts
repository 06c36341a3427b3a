/**
 * Configuration in the documents is taken by the schema and the checks, when it is put into the file of an environment; code
 * for the project compiles where it belongs. That for users of the package is compiled with the package (test/tools/package).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it } from "vitest";
import { parse } from "yaml";

import { ConfigurationError } from "../../../stacks/config/parse.ts";
import { checkSettings } from "../../../stacks/configuration.ts";
import { snippetsOf } from "../../support/snippets.ts";
import { environments, valuesOf, type Values } from "../stacks/support.ts";

const root = join(import.meta.dirname, "../../..");
const PREFIX = "vllm-monitoring:";
/** Folders that the code of a document is to be written into. */
const HOMES: Readonly<Record<string, string>> = {
  "docs/how-to/add-an-alert.md": "alerts/vllm",
  "docs/how-to/add-a-dashboard.md": "dashboards/boards",
};

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const nameOf = (value: unknown): unknown => (isObject(value) ? value["name"] : undefined);

/** What a reader does with a snippet: fields join those that are there, a thing with a name takes its namesake's place. */
function merged(into: unknown, snippet: unknown): unknown {
  if (Array.isArray(into) && Array.isArray(snippet) && snippet.every((item) => nameOf(item) !== undefined)) {
    const namesakeOf = (item: unknown): unknown => into.find((old) => nameOf(old) === nameOf(item));
    const isKept = (old: unknown) => snippet.every((item) => nameOf(item) !== nameOf(old));
    return [
      ...(into as unknown[]).filter(isKept),
      ...snippet.map((item: unknown) => merged(namesakeOf(item), item)),
    ];
  }
  // Another kind has other fields.
  if (!isObject(into) || !isObject(snippet) || ("kind" in snippet && into["kind"] !== snippet["kind"]))
    return snippet;
  const keys = new Set([...Object.keys(into), ...Object.keys(snippet)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, key in snippet ? merged(into[key], snippet[key]) : into[key]]),
  );
}

function problemsIn(environment: string, snippets: readonly Values[]): string {
  const values = snippets.reduce<unknown>(merged, valuesOf(environment)) as Values;
  try {
    checkSettings({ values, secretKeys: new Set() }, environment, { requireSecrets: false });
    return "";
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
}

const snippets = snippetsOf("yaml").flatMap(({ document, number, text }) => {
  const parsed: unknown = parse(text);
  if (!isObject(parsed) || !Object.keys(parsed).every((key) => key.startsWith(PREFIX))) return [];
  const values = Object.fromEntries(
    Object.entries(parsed).map(([key, value]) => [key.slice(PREFIX.length), value]),
  );
  return [{ document, number, values }];
});

it("there are some of configuration", () => {
  expect(snippets.length).toBeGreaterThan(7);
});

// A snippet may need what one before it in its document made, such as the receiver of a route.
it.each(snippets.map(({ document, number }) => [document, number] as const))(
  "%s, number %i",
  (document, number) => {
    const before = snippets.filter((snippet) => snippet.document === document && snippet.number <= number);
    const answers = environments.map((environment) =>
      problemsIn(
        environment,
        before.map(({ values }) => values),
      ),
    );
    expect(answers.includes("") ? "" : answers.join("\n")).toBe("");
  },
);

it("what is to be written into the project compiles there", () => {
  const written = snippetsOf("ts").filter(({ text }) => text.includes(' from "../'));
  expect(written.length).toBeGreaterThan(1);
  const folder = mkdtempSync(join(tmpdir(), "vllm-monitoring-snippets-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    const files = written.map(({ document, number, text }) => {
      const home = HOMES[document];
      if (home === undefined)
        throw new Error(`${document}: add the folder that its code belongs into to HOMES`);
      const file = `${document.replaceAll(/\W/g, "-")}-${String(number)}.ts`;
      const absolute = text.replaceAll(
        / from "(\.[^"]+)"/g,
        (_, path: string) => ` from "${join(root, home, path)}"`,
      );
      writeFileSync(join(folder, file), absolute);
      return file;
    });
    const config = {
      extends: join(root, "tsconfig.json"),
      compilerOptions: { noEmit: true },
      include: files,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const compiler = join(root, "node_modules/typescript-native/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("a wrong field would be told", () => {
  const [first] = snippets;
  const wrong = { ...first?.values, routes: { rules: [{ recever: "nobody" }] } };
  expect(problemsIn("prod", [wrong])).toMatch(/routes\.rules\[0\]/);
});
