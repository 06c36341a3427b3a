/** The stacks that the last release made, previewed with the present program and the configuration of that time. */
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nameOfUrn } from "../../../review/run/aliases.ts";
import { preview, up } from "../../../stacks/automation.ts";
import { installAwsStub } from "../../support/aws-stub/install.ts";
import { spareTraces } from "../../support/spare-traces.ts";
import {
  recordConfiguration,
  recordedEnvironments,
  recordedRoot,
  recordedState,
  recordState,
  secretsOf,
  useState,
  type Checkpoint,
  type RecordedEnvironment,
  type StateResource,
} from "./recorded.ts";
import { Sandbox } from "./stub.ts";

const isRecording = process.env["RECORD_STATE"] === "1";
const sandbox = new Sandbox();
let root: string;

spareTraces();

beforeAll(async () => {
  if (isRecording) for (const environment of recordedEnvironments) recordConfiguration(environment);
  root = recordedRoot(sandbox);
  await installAwsStub(sandbox.quietHome());
});
afterAll(() => {
  sandbox.remove();
});

interface Step {
  op: string;
  name: string;
  keys: string[];
}

function optionsOf(environment: RecordedEnvironment) {
  return sandbox.options({
    environment,
    root,
    secrets: secretsOf(environment),
  });
}

/** Steps of a preview that are more than "same" or an update in place. */
async function harmful(environment: RecordedEnvironment, state: Checkpoint): Promise<Step[]> {
  useState(sandbox, environment, state);
  const steps: Step[] = [];
  await preview({
    ...optionsOf(environment),
    onEvent: ({ resourcePreEvent }: EngineEvent) => {
      const metadata = resourcePreEvent?.metadata;
      if (metadata === undefined || metadata.type === "pulumi:pulumi:Stack") return;
      if (["same", "update", "create", "read", "refresh"].includes(metadata.op)) return;
      const name = nameOfUrn(metadata.urn);
      steps.push({ op: metadata.op, name, keys: metadata.keys ?? [] });
    },
  });
  expect(sandbox.changes()).toEqual([]);
  return steps;
}

function named(state: Checkpoint, name: string): StateResource {
  const resources = state.checkpoint.latest.resources.filter(({ urn }) => urn.endsWith(`::${name}`));
  const [resource] = resources;
  if (resource === undefined || resources.length > 1)
    throw new Error(`${String(resources.length)} resources of the recorded state are named ${name}`);
  return resource;
}

describe.runIf(isRecording)("a release", () => {
  test.each(recordedEnvironments)("records the state of %s", async (environment) => {
    await up(optionsOf(environment));
    recordState(sandbox, environment);
    sandbox.changes();
  });
});

describe("a stack that the last release made", () => {
  test.each(recordedEnvironments)("of %s loses and replaces nothing", async (environment) => {
    const state = recordedState(environment);
    expect(state.checkpoint.latest.resources.length).toBeGreaterThan(50);
    const text = JSON.stringify(state);
    for (const secret of Object.values(secretsOf(environment)))
      for (const form of [secret, Buffer.from(secret).toString("base64").replace(/=+$/, "")])
        expect(text.includes(form)).toBe(false);
    expect(await harmful(environment, state)).toEqual([]);
  });

  // The other half: the mistakes that the tests above are for are shown when they are made.
  test("is told apart from one whose children were renamed or would be made anew", async () => {
    // Others depend on it, so that its name stands in many places.
    const renamed = JSON.stringify(recordedState("prod")).replaceAll('::bge-m3-server"', '::bge-m3-engine"');
    const state = JSON.parse(renamed) as Checkpoint;
    const selector = named(state, "llama-70b-fp8-server");
    for (const properties of [selector.inputs, selector.outputs]) {
      const { spec } = properties as { spec: { selector: { matchLabels: Record<string, string> } } };
      spec.selector.matchLabels["app.kubernetes.io/name"] = "something-else";
    }
    const group = state.checkpoint.latest.resources.find(
      ({ type }) => type === "aws:eks/nodeGroup:NodeGroup",
    );
    for (const properties of [group?.inputs, group?.outputs, group?.outputs?.["givenInputs"]])
      (properties as Record<string, unknown>)["amiType"] = "BOTTLEROCKET_x86_64_NVIDIA";

    const steps = await harmful("prod", state);
    const of = (name: string | undefined) => steps.filter((step) => step.name === name);
    expect(of("bge-m3-engine")).toEqual([{ op: "delete", name: "bge-m3-engine", keys: [] }]);
    expect(of("llama-70b-fp8-server")).toContainEqual(
      expect.objectContaining({
        op: "replace",
        keys: ['spec.selector.matchLabels["app.kubernetes.io/name"]'],
      }),
    );
    expect(of(group?.urn.split("::").at(-1))).toContainEqual(
      expect.objectContaining({ op: "replace", keys: ["amiType"] }),
    );
  });
});
