/** Arguments and shorthands for the tests of VllmDeployment. */
import {
  VllmDeployment,
  type VllmDeploymentArgs,
  type VllmModelArgs,
} from "../../../components/vllm-deployment.ts";
import { at, runWithMocks, type MockOptions, type MockRun } from "../../support/mocks.ts";

export const IMAGE = `vllm/vllm-openai:v0.33.0@sha256:${"0123456789abcdef".repeat(4)}`;
export const REVISION = "5f0b02c75b57c5855da9ae460ce51323ea669d8a";

/** The least that is accepted. */
export const MINIMAL: VllmDeploymentArgs = {
  namespace: "serving",
  owner: "ada@example.com",
  image: IMAGE,
  model: { source: { kind: "hub", hub: { id: "Qwen/Qwen3-0.6B", revision: REVISION } } },
};

/** Runs a component named `chat` with the minimal arguments and those given. */
export function deploy(
  args: Partial<VllmDeploymentArgs> = {},
  options?: MockOptions,
): Promise<MockRun<VllmDeployment>> {
  return runWithMocks(() => new VllmDeployment("chat", { ...MINIMAL, ...args }), options);
}

/** The minimal model with other fields. */
export function model(fields: Partial<VllmModelArgs>): VllmModelArgs {
  return { source: { kind: "hub", hub: { id: "Qwen/Qwen3-0.6B", revision: REVISION } }, ...fields };
}

/** Spec of the Deployment's pods. */
export function podSpec(run: MockRun, path = ""): unknown {
  const spec = at(run.find("Deployment").inputs, "spec.template.spec");
  return path === "" ? spec : at(spec, path);
}

/** A field of the only container, or the container. */
export function container(run: MockRun, path = ""): unknown {
  const only = podSpec(run, "containers[0]");
  return path === "" ? only : at(only, path);
}

/** Command line after `vllm serve`. */
export function words(run: MockRun): string[] {
  return container(run, "args") as string[];
}

/** Word after a flag; undefined when the flag is not there. */
export function flag(run: MockRun, name: string): string | undefined {
  const all = words(run);
  const index = all.indexOf(name);
  return index === -1 ? undefined : (all[index + 1] ?? "");
}

/** Environment by name: the value, or the `valueFrom`. */
export function environment(run: MockRun): Record<string, unknown> {
  const list = container(run, "env") as { name: string; value?: string; valueFrom?: unknown }[];
  return Object.fromEntries(list.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));
}

/** Volume and mount path by volume name. */
export function volumes(run: MockRun): Record<string, Record<string, unknown>> {
  const mounts = container(run, "volumeMounts") as { name: string; mountPath: string; readOnly?: boolean }[];
  const list = podSpec(run, "volumes") as { name: string }[];
  return Object.fromEntries(
    list.map(({ name, ...source }) => {
      const { mountPath, readOnly } = mounts.find((mount) => mount.name === name) ?? {};
      return [name, { ...source, mountPath, ...(readOnly === undefined ? {} : { readOnly }) }];
    }),
  );
}
