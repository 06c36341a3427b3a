/** The real Pulumi engine on a program of a test, with its own home, state and provider. */

import { mkdtemp, rm } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import type * as automation from "@pulumi/pulumi/automation/index.js";
import { type EngineEvent, LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";

import { installPlugin } from "../../local/kubernetes-provider/install.ts";
import { toolPath } from "../../local/toolchain/tools.ts";
import { makeHome } from "../../stacks/automation/home.ts";

/** A stack of a test. */
export interface TestStack {
  readonly stack: Stack;
  /** The program that the next operation runs. */
  program: automation.PulumiFn;
  /** What the engine said in all operations, for assertions on what it must not say. */
  readonly output: string[];
  /** Steps of the last operation that aren't "same", in order. */
  steps(): Step[];
  up(options?: automation.UpOptions): Promise<automation.UpResult>;
  preview(options?: automation.PreviewOptions): Promise<automation.PreviewResult>;
  refresh(options?: automation.RefreshOptions): Promise<automation.RefreshResult>;
  destroy(): Promise<automation.DestroyResult>;
  /** The state, with secrets encrypted as in the state's file. */
  resources(): Promise<StateResource[]>;
  /** Removes the stack's files. */
  remove(): Promise<void>;
}

/** One step of an operation. */
export interface Step {
  readonly op: string;
  /** Name that the program gave the resource. */
  readonly name: string;
  /** Properties that replace the resource. */
  readonly keys: readonly string[];
  /** Kind of diff by property path, e.g. `update-replace`. */
  readonly diff: Readonly<Record<string, string>>;
}

/** A resource in the state. */
export interface StateResource {
  readonly urn: string;
  readonly id?: string;
  readonly type: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
  readonly initErrors?: readonly string[];
}

/** Makes an empty stack on which the local Kubernetes provider serves `@pulumi/kubernetes`. */
export async function createTestStack(
  environment: Readonly<Record<string, string>> = {},
): Promise<TestStack> {
  const directory = await mkdtemp(path.join(os.tmpdir(), "vllm-monitoring-engine-"));
  const home = path.join(directory, "home");
  makeHome(home);
  await installPlugin(home);
  process.env["PATH"] = [path.dirname(toolPath("pulumi")), process.env["PATH"] ?? ""].join(path.delimiter);
  const envVars = {
    PATH: process.env["PATH"],
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${directory}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    ...environment,
  };
  const events: EngineEvent[] = [];
  const output: string[] = [];
  const test: { program: automation.PulumiFn } = { program: () => Promise.resolve() };
  const stack = await LocalWorkspace.createOrSelectStack(
    { projectName: "test", stackName: "test", program: () => test.program() },
    { workDir: directory, pulumiHome: home, envVars },
  );
  const options = {
    onOutput: (text: string) => output.push(text),
    onError: (text: string) => output.push(text),
    onEvent: (event: EngineEvent) => events.push(event),
    color: "never" as const,
  };
  const starting = <T>(operation: () => Promise<T>): Promise<T> => {
    events.length = 0;
    return operation();
  };
  return Object.assign(test, {
    stack,
    output,
    steps: () => stepsOf(events),
    up: (given?: automation.UpOptions) => starting(() => stack.up({ ...options, ...given })),
    preview: (given?: automation.PreviewOptions) => starting(() => stack.preview({ ...options, ...given })),
    refresh: (given?: automation.RefreshOptions) => starting(() => stack.refresh({ ...options, ...given })),
    destroy: () => starting(() => stack.destroy(options)),
    resources: async () => {
      const state = await stack.exportStack();
      return ((state.deployment as { resources?: StateResource[] }).resources ?? []).filter(
        ({ type }) => type !== "pulumi:pulumi:Stack",
      );
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  });
}

function stepsOf(events: readonly EngineEvent[]): Step[] {
  return events.flatMap(({ resourcePreEvent }) => {
    const metadata = resourcePreEvent?.metadata;
    if (metadata === undefined || metadata.op === "same" || metadata.type === "pulumi:pulumi:Stack") {
      return [];
    }
    const diff = Object.entries(metadata.detailedDiff ?? {}).map(
      ([key, { diffKind }]) => [key, diffKind] as const,
    );
    return [
      {
        op: metadata.op,
        name: metadata.urn.split("::").slice(3).join("::"),
        keys: metadata.keys ?? [],
        diff: Object.fromEntries(diff),
      },
    ];
  });
}
