/**
 * What the last release made of each environment: its configuration, and the state of its whole stack. Recorded with
 * `RECORD_STATE=1 npx vitest run --project=engine test/engine/stacks/upgrade.test.ts` when a version is released.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { parse, stringify } from "yaml";
import { plantedSecrets, type Sandbox } from "./stub.ts";

export const recordedEnvironments = ["local", "staging", "prod"] as const;
export type RecordedEnvironment = (typeof recordedEnvironments)[number];

/** As much of the file of a stack as is looked at here. */
export interface Checkpoint {
  checkpoint: { latest: { manifest: { time: string }; resources: StateResource[] } };
}

export interface StateResource {
  urn: string;
  type: string;
  parent?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

const root = join(import.meta.dirname, "../../..");
const fixtures = join(root, "test", "fixtures", "states");
const fileOf = (environment: RecordedEnvironment, suffix: string): string =>
  join(fixtures, `${environment}.${suffix}`);

/** A digest that belongs to no image. */
const DIGEST = `sha256:${"0".repeat(60)}0260`;

/** Values of the environment's file as they are today; no environment of the project serves a model with Ray, so one is added. */
function configurationToRecord(environment: RecordedEnvironment): string {
  const text = readFileSync(join(root, "stacks", `Pulumi.${environment}.yaml`), "utf8");
  const document = parse(text) as { config: Record<string, unknown> };
  const fleet = document.config["vllm-monitoring:fleet"] as {
    models: Record<string, unknown>[];
    rayOperator?: object;
  };
  if (environment === "prod") {
    const [first] = fleet.models.filter(({ name }) => name === "llama-8b-dp");
    fleet.models.push({
      ...first,
      name: "llama-8b-ray",
      servedModelName: "ray/llama-8b",
      image: `rayproject/ray-llm:2.60.0-py311-cu128@${DIGEST}`,
      gpu: { kind: "h100-80gb", count: 1 },
      dataParallelSize: 1,
      engine: { kind: "ray", rayVersion: "2.60.0" },
    });
    fleet.rayOperator = { install: true };
    for (const group of document.config["vllm-monitoring:nodeGroups"] as { maxSize: number }[])
      group.maxSize += 1;
  }
  return stringify(document);
}

/** A folder with the recorded configuration and whatever else of the project's files a run reads. */
export function recordedRoot(sandbox: Sandbox): string {
  const copy = join(sandbox.directory, "root");
  mkdirSync(join(copy, "stacks"), { recursive: true });
  for (const name of ["Pulumi.yaml", "stacks/node-prices.yaml"]) cpSync(join(root, name), join(copy, name));
  for (const environment of recordedEnvironments)
    cpSync(fileOf(environment, "yaml"), join(copy, "stacks", `Pulumi.${environment}.yaml`));
  return copy;
}

/** A value for every secret that an environment names. */
export function secretsOf(environment: RecordedEnvironment): Record<string, string> {
  return plantedSecrets(parse(readFileSync(fileOf(environment, "yaml"), "utf8")));
}

export function recordConfiguration(environment: RecordedEnvironment): void {
  writeFileSync(fileOf(environment, "yaml"), configurationToRecord(environment));
}

/** Where and when it was recorded is left out, so that a new recording of the same program differs in little. */
export function recordState(sandbox: Sandbox, environment: RecordedEnvironment): void {
  const text = readFileSync(sandbox.stateFile(environment), "utf8");
  const state = JSON.parse(text, (key, value: unknown) =>
    ["sourcePosition", "stackTrace", "created", "modified"].includes(key) ? undefined : value,
  ) as Checkpoint;
  writeFileSync(fileOf(environment, "json.gz"), gzipSync(JSON.stringify(state), { level: 9 }));
}

export function recordedState(environment: RecordedEnvironment): Checkpoint {
  return JSON.parse(gunzipSync(readFileSync(fileOf(environment, "json.gz"))).toString("utf8")) as Checkpoint;
}

/** Puts a state where the engine looks for that of the environment. */
export function useState(sandbox: Sandbox, environment: RecordedEnvironment, state: Checkpoint): void {
  const file = sandbox.stateFile(environment);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(state));
}
