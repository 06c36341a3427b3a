import { describe, expect, it } from "vitest";
import { RayVllmService } from "../../../components/ray-vllm-service.ts";
import { MINIMAL_RAY } from "./ray-args.ts";
import { model } from "./vllm-args.ts";

/** What the error of a component with these arguments says. */
function refusal(args: object): string {
  try {
    new RayVllmService("chat", { ...MINIMAL_RAY, ...args });
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

const lora = { adapters: [{ name: "sql", path: "org/sql" }] };

describe("RayVllmService refuses", () => {
  it.each<[string, object, RegExp]>([
    ["no version", { rayVersion: undefined }, /rayVersion must be a version of Ray, is missing; write that/],
    ["a tag as version", { rayVersion: "2.60" }, /rayVersion must be a version of Ray, is "2.60"/],
    [
      "a Ray without engine metrics",
      { rayVersion: "2.50.1" },
      /rayVersion must be 2.51 or newer, for the engine's/,
    ],
    [
      "a Ray without tokens",
      { rayVersion: "2.51.0" },
      /rayVersion must be 2.52 or newer for tokens, .*authentication to "none"/,
    ],
    [
      "another authentication",
      { authentication: "basic" },
      /authentication must be one of token, none, is "basic"/,
    ],
    ["another upgrade", { upgrade: "rolling" }, /upgrade must be one of new-cluster, none/],
    ["another placement", { placement: "spread" }, /placement must be one of one-pod, pod-per-stage/],
    [
      "stages without a pipeline",
      { placement: "pod-per-stage" },
      /placement needs parallelism.pipeline above 1/,
    ],
    ["a namespace that is none", { operatorNamespace: "Ray" }, /operatorNamespace must be a DNS label/],
    [
      "no replica",
      { autoscaling: { minReplicas: 0 } },
      /autoscaling.minReplicas must be a whole number of at least 1, is 0/,
    ],
    [
      "half a replica",
      { autoscaling: { maxReplicas: 1.5 } },
      /autoscaling.maxReplicas must be a whole number/,
    ],
    [
      "fewer at most than at least",
      { autoscaling: { minReplicas: 3, maxReplicas: 2 } },
      /autoscaling.maxReplicas must be at least minReplicas \(3\), is 2/,
    ],
    [
      "a target of none",
      { autoscaling: { targetOngoingRequests: 0 } },
      /targetOngoingRequests must be a whole number/,
    ],
    [
      "a target that is never reached",
      { autoscaling: { targetOngoingRequests: 10, maxOngoingRequests: 5 } },
      /maxOngoingRequests must be at least the target \(10\), which would never be reached, is 5/,
    ],
    [
      "a default target that is never reached",
      { autoscaling: { maxOngoingRequests: 5 } },
      /must be at least the target \(64\)/,
    ],
    [
      "a negative delay",
      { autoscaling: { upscaleDelaySeconds: -1 } },
      /autoscaling.upscaleDelaySeconds must be/,
    ],
    [
      "a negative delay of removal",
      { autoscaling: { downscaleDelaySeconds: -1 } },
      /autoscaling.downscaleDelaySeconds must be/,
    ],
    ["no group", { workerGroups: [] }, /workerGroups must name a group, is \[\]; leave it out/],
    [
      "a group's long name",
      { workerGroups: [{ name: "a".repeat(21), maxWorkers: 1, minWorkers: 1 }] },
      /workerGroups\[0\].name must be a DNS label of at most 20/,
    ],
    [
      "a group twice",
      {
        workerGroups: [
          { name: "a", minWorkers: 1, maxWorkers: 1 },
          { name: "a", maxWorkers: 1 },
        ],
      },
      /workerGroups\[1\].name is used twice, is "a"; rename one/,
    ],
    [
      "more at least than at most",
      { workerGroups: [{ name: "a", minWorkers: 2, maxWorkers: 1 }] },
      /workerGroups\[0\].minWorkers must be at most maxWorkers \(1\), is 2/,
    ],
    [
      "too few workers at most",
      { autoscaling: { maxReplicas: 4 }, workerGroups: [{ name: "a", minWorkers: 1, maxWorkers: 3 }] },
      /workerGroups must have maxWorkers of 4 together, 1 for each of 4 replicas, is 3/,
    ],
    [
      "too few workers at least",
      {
        autoscaling: { minReplicas: 2 },
        parallelism: { pipeline: 2 },
        placement: "pod-per-stage",
        workerGroups: [{ name: "a", minWorkers: 3, maxWorkers: 4 }],
      },
      /workerGroups must have minWorkers of 4 together, 2 for each of 2 replicas, is 3/,
    ],
    [
      "data parallelism",
      { parallelism: { data: 2 } },
      /parallelism.data must be 1 under Ray, is 2; set autoscaling.minReplicas/,
    ],
    [
      "adapters at start",
      { model: model({ lora }) },
      /model.lora.adapters can't be loaded at start under Ray, .*loraDirectory/,
    ],
    [
      "an adapter directory without adapters",
      { loraDirectory: "s3://a/b" },
      /loraDirectory has no use without model.lora/,
    ],
    [
      "an adapter directory on a disk",
      { loraDirectory: "/adapters", model: model({ lora: {} }) },
      /loraDirectory must be an object store directory, is "\/adapters"/,
    ],
    [
      "a flag as engine argument",
      { engineArguments: { "--enforce-eager": true } },
      /engineArguments\["--enforce-eager"\] must be a Python name/,
    ],
    [
      "an engine argument that has a field",
      { engineArguments: { max_model_len: 1 } },
      /engineArguments\["max_model_len"\] has a field of its own, .*set model.maxLength instead/,
    ],
    [
      "an engine without metrics",
      { engineArguments: { disable_log_stats: true } },
      /engineArguments\["disable_log_stats"\] takes every vllm: metric away/,
    ],
    [
      "another executor",
      { engineArguments: { distributed_executor_backend: "mp" } },
      /distributed_executor_backend"\] is Ray's own/,
    ],
    [
      "its own variables",
      { env: [{ name: "RAY_USAGE_STATS_ENABLED", value: "1" }] },
      /env\[0\].name is the component's own, .*no usage statistics/,
    ],
    [
      "variables that have a field",
      { env: [{ name: "RAY_REDIS_ADDRESS", value: "x" }] },
      /env\[0\].name is the component's own, .*set faultTolerance.redisAddress/,
    ],
    [
      "too few CPUs for Ray's actors",
      { resources: { cpuRequest: "2" } },
      /resources.cpuRequest must be at least 3: Ray's actors/,
    ],
    [
      "too little shared memory",
      { resources: { sharedMemory: "100Mi" } },
      /resources.sharedMemory must be at least 160M/,
    ],
    [
      "a head without CPU",
      { head: { cpuRequest: "0" } },
      /head.cpuRequest must be a Kubernetes quantity above zero/,
    ],
    [
      "a head's memory without unit",
      { head: { memory: "much" } },
      /head.memory must be a Kubernetes quantity/,
    ],
    ["a small head", { head: { memory: "1Gi" } }, /head.memory must be at least 2Gi/],
    [
      "a Redis that is none",
      { faultTolerance: { redisAddress: "redis" } },
      /faultTolerance.redisAddress must be an address of Redis/,
    ],
    [
      "the operator's labels",
      { podLabels: { "ray.io/cluster": "mine" } },
      /podLabels\["ray.io\/cluster"\] is the operator's own label/,
    ],
    // Rules that it shares with VllmDeployment.
    ["an image without digest", { image: "rayproject/ray-llm:2.60.0" }, /image has no digest/],
    [
      "a branch",
      { model: model({ source: { kind: "hub", hub: { id: "a/b", revision: "main" } } }) },
      /must pin a commit or a tag/,
    ],
    ["a count that is not the product", { gpu: { count: 2 } }, /gpu.count must be tensor 1/],
    [
      "a short grace period",
      { drain: { terminationGracePeriodSeconds: 5 } },
      /terminationGracePeriodSeconds must be at least/,
    ],
    ["no model", { model: undefined }, /model.source is required/],
  ])("%s", (_, args, expected) => {
    expect(refusal(args)).toMatch(expected);
  });

  it("everything at once, and nothing of the least arguments", () => {
    const message = refusal({ rayVersion: "x", upgrade: "y", image: "z" });
    for (const field of ["rayVersion", "upgrade", "image"]) expect(message).toContain(`\n  ${field} `);
  });
});
