import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { environments } from "../../../stacks/config/cluster.ts";
import { findProblems, parseConfiguration, type ParseOptions } from "../../../stacks/config/parse.ts";
import { parsePath, type Problem } from "../../../stacks/config/problems.ts";

export { environments };
export const stacksDirectory = join(import.meta.dirname, "../../../stacks");

export type Values = Record<string, unknown>;

export function environmentFile(environment: string): string {
  return join(stacksDirectory, `Pulumi.${environment}.yaml`);
}

const files = new Map<string, Values>();

/** The values of an environment file by key, without namespace: a fresh copy that a test may change. */
export function valuesOf(environment: string): Values {
  const known = files.get(environment) ?? readValues(environment);
  files.set(environment, known);
  return structuredClone(known);
}

function readValues(environment: string): Values {
  const { config } = parse(readFileSync(environmentFile(environment), "utf8")) as { config: Values };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("vllm-monitoring:", ""), value]),
  );
}

/** Changes the value at a path; `undefined` removes it. */
export function change(values: Values, path: string, value: unknown): Values {
  const steps = parsePath(path);
  const last = steps.pop() ?? "";
  const parent = steps.reduce<unknown>(
    (inner, step) => (inner as Record<string | number, unknown>)[step],
    values,
  );
  const container = parent as Record<string | number, unknown>;
  if (value === undefined) Reflect.deleteProperty(container, last);
  else container[last] = value;
  return values;
}

/** The problems of a configuration whose secrets come from elsewhere, unless the options say otherwise. */
export function problemsOf(values: Values, options: ParseOptions = { requireSecrets: false }): Problem[] {
  return findProblems({ values, secretKeys: new Set() }, options);
}

/** The checked settings of an environment, after changes to its file, with a value for each of its secrets. */
export function settingsOf(environment: string, changes: [path: string, value: unknown][] = []) {
  const values = valuesOf(environment);
  for (const [path, value] of changes) change(values, path, value);
  const raw = { values, secretKeys: new Set<string>() };
  return parseConfiguration(raw, environment, { requireSecrets: false });
}

/** A cluster that the stack makes, to stand in the place of staging's. */
export const newCluster = {
  kind: "new-eks",
  name: "vllm-new",
  region: "eu-central-1",
  accountId: "111122223333",
  zones: ["eu-central-1a", "eu-central-1b"],
  access: [{ name: "deploy", principalArn: "arn:aws:iam::111122223333:role/deploy", level: "administrator" }],
};

/** Problems with what is said of the value: what would be right, or what is wrong with it. */
export const said = (problems: readonly Problem[]) =>
  problems.map((problem) => ({ ...problem, says: problem.expected ?? problem.reason }));
