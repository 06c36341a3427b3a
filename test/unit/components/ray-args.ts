/** Arguments and shorthands for the tests of RayVllmService. */
import { parse } from "yaml";
import { RayVllmService, type RayVllmServiceArgs } from "../../../components/ray-vllm-service.ts";
import { at, runWithMocks, type MockOptions, type MockRun } from "../../support/mocks.ts";
import { REVISION } from "./vllm-args.ts";

export const RAY_IMAGE = `rayproject/ray-llm:2.60.0-py311-cu128@sha256:${"fedcba9876543210".repeat(4)}`;

/** The least that is accepted. */
export const MINIMAL_RAY: RayVllmServiceArgs = {
  namespace: "serving",
  owner: "ada@example.com",
  image: RAY_IMAGE,
  rayVersion: "2.60.0",
  model: { source: { kind: "hub", hub: { id: "Qwen/Qwen3-0.6B", revision: REVISION } } },
};

/** Runs a component named `chat` with the minimal arguments and those given. */
export function deployRay(
  args: Partial<RayVllmServiceArgs> = {},
  options?: MockOptions,
): Promise<MockRun<RayVllmService>> {
  return runWithMocks(() => new RayVllmService("chat", { ...MINIMAL_RAY, ...args }), options);
}

/** A field of the RayService's spec. */
export function spec(run: MockRun, path: string): unknown {
  return at(run.find("RayService").inputs, `spec.${path}`);
}

/** A field of the cluster. */
export function cluster(run: MockRun, path: string): unknown {
  return spec(run, `rayClusterConfig.${path}`);
}

/** A field of the head's pod. */
export function headPod(run: MockRun, path: string): unknown {
  return cluster(run, `headGroupSpec.template.spec.${path}`);
}

/** A field of a worker pod. */
export function workerPod(run: MockRun, path: string, group = 0): unknown {
  return cluster(run, `workerGroupSpecs[${String(group)}].template.spec.${path}`);
}

/** A field of the only application of Ray Serve. */
export function application(run: MockRun, path: string): unknown {
  const config = parse(spec(run, "serveConfigV2") as string) as object;
  return at(config, `applications[0].${path}`);
}

/** A field of the model's configuration. */
export function llm(run: MockRun, path: string): unknown {
  return application(run, `args.llm_configs[0].${path}`);
}

/** Environment of a container by name: the value, or the `valueFrom`. */
export function variables(list: unknown): Record<string, unknown> {
  const known = list as { name: string; value?: string; valueFrom?: unknown }[];
  return Object.fromEntries(known.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));
}
