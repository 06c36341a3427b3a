import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computeRayPlan } from "../../../components/ray/plan.ts";
import { at } from "../../support/mocks.ts";
import {
  application,
  cluster,
  deployRay,
  headPod,
  llm,
  MINIMAL_RAY,
  spec,
  variables,
  workerPod,
} from "./ray-args.ts";
import { model } from "./vllm-args.ts";

describe("replicas", () => {
  it("always have targets, so that Ray can scale", async () => {
    const run = await deployRay();
    expect(llm(run, "deployment_config")).toEqual({
      autoscaling_config: {
        min_replicas: 1,
        max_replicas: 1,
        target_ongoing_requests: 64,
        upscale_delay_s: 30,
        downscale_delay_s: 600,
      },
      max_ongoing_requests: 128,
      graceful_shutdown_timeout_s: 60,
    });
    expect(application(run, "args.ingress_deployment_config")).toMatchObject({
      autoscaling_config: { min_replicas: 2, max_replicas: 2, target_ongoing_requests: 32 },
      max_ongoing_requests: 128,
    });
  });

  it("of a fixed number need no autoscaler of pods, and their head no token", async () => {
    const run = await deployRay({ autoscaling: { minReplicas: 3 } });
    expect(cluster(run, "enableInTreeAutoscaling")).toBe(false);
    expect(cluster(run, "autoscalerOptions")).toBeUndefined();
    expect(headPod(run, "automountServiceAccountToken")).toBe(false);
    expect(cluster(run, "workerGroupSpecs[0]")).toMatchObject({
      replicas: 3,
      minReplicas: 3,
      maxReplicas: 3,
    });
  });

  it("of a changing number have one, with restricted rights", async () => {
    const run = await deployRay({ autoscaling: { minReplicas: 1, maxReplicas: 3 } });
    expect(cluster(run, "enableInTreeAutoscaling")).toBe(true);
    expect(cluster(run, "autoscalerOptions")).toMatchObject({
      version: "v2",
      securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
    });
    expect(headPod(run, "automountServiceAccountToken")).toBe(true);
    expect(cluster(run, "workerGroupSpecs[0]")).toMatchObject({ minReplicas: 1, maxReplicas: 3 });
  });

  it("aim at what the batch holds", async () => {
    const run = await deployRay({ maxSequences: 256 });
    expect(llm(run, "deployment_config")).toMatchObject({
      autoscaling_config: { target_ongoing_requests: 192 },
      max_ongoing_requests: 384,
    });
  });

  it("take the targets that are given", async () => {
    const autoscaling = { targetOngoingRequests: 10, maxOngoingRequests: 12 };
    const run = await deployRay({ autoscaling });
    expect(llm(run, "deployment_config")).toMatchObject({
      autoscaling_config: { target_ongoing_requests: 10 },
      max_ongoing_requests: 12,
    });
  });

  it("never aim at more than they take, and always have room for their workers", () => {
    const count = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(
        fc.record({
          minReplicas: count,
          more: fc.nat({ max: 20 }),
          tensor: fc.constantFrom(1, 2, 4, 8),
          pipeline: fc.integer({ min: 2, max: 4 }),
          apart: fc.boolean(),
          maxSequences: fc.option(fc.integer({ min: 1, max: 4096 }), { nil: undefined }),
        }),
        ({ minReplicas, more, tensor, pipeline, apart, maxSequences }) => {
          const maxReplicas = minReplicas + more;
          const plan = computeRayPlan({
            autoscaling: { minReplicas, maxReplicas },
            parallelism: { tensor, pipeline },
            placement: apart ? "pod-per-stage" : "one-pod",
            ...(maxSequences === undefined ? {} : { maxSequences }),
          });
          const { model, ingress, groups, gpusPerWorker, workersPerReplica } = plan;
          expect(model.targetOngoingRequests).toBeGreaterThanOrEqual(1);
          expect(model.maxOngoingRequests).toBeGreaterThanOrEqual(model.targetOngoingRequests);
          // What the front ends are made to hold reaches what the replicas are made to hold.
          expect(ingress.targetOngoingRequests * ingress.maxReplicas).toBeGreaterThanOrEqual(
            model.targetOngoingRequests * maxReplicas,
          );
          expect(gpusPerWorker * workersPerReplica).toBe(tensor * pipeline);
          expect(Number.isInteger(gpusPerWorker)).toBe(true);
          const [group] = groups;
          expect((group?.minWorkers ?? 0) * gpusPerWorker).toBe(minReplicas * tensor * pipeline);
          expect((group?.maxWorkers ?? 0) * gpusPerWorker).toBe(maxReplicas * tensor * pipeline);
          expect(plan.autoscaled).toBe(more > 0);
        },
      ),
    );
  });
});

describe("the head", () => {
  it("has no GPU, no actors, no model and no credential", async () => {
    const run = await deployRay({
      gpu: { product: "NVIDIA-L4" },
      model: {
        source: {
          kind: "hub",
          hub: { id: "a/b", revision: "v1", tokenSecret: { name: "hub", key: "token" }, cacheClaim: "cache" },
        },
      },
      env: [{ name: "PASSWORD", secret: { name: "proxy", key: "password" } }],
    });
    expect(cluster(run, "headGroupSpec.rayStartParams")).toMatchObject({ "num-cpus": "0", "num-gpus": "0" });
    const container = headPod(run, "containers[0]") as object;
    expect(JSON.stringify(container)).not.toContain("nvidia.com");
    expect(JSON.stringify(container)).not.toContain("secretKeyRef");
    expect(headPod(run, "nodeSelector")).toBeUndefined();
    expect(headPod(run, "tolerations")).toEqual([]);
    const names = (headPod(run, "volumes") as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(["vllm-tmp", "vllm-home", "vllm-shm"]);
    expect(variables(workerPod(run, "containers[0].env"))).toMatchObject({
      HF_TOKEN: { secretKeyRef: { name: "hub", key: "token" } },
      PASSWORD: { secretKeyRef: { name: "proxy", key: "password" } },
    });
  });

  it("carries no model, so that it is no replica for any rule", async () => {
    const run = await deployRay();
    const annotations = cluster(run, "headGroupSpec.template.metadata.annotations");
    expect(annotations).toEqual({
      "vllm-monitoring/owner": "ada@example.com",
      "vllm-monitoring/team": "ada@example.com",
    });
    const endpoints = at(run.find("PodMonitor", "chat-head-monitor").inputs, "spec.podMetricsEndpoints") as {
      port: string;
      relabelings: { targetLabel: string }[];
    }[];
    expect(endpoints.map(({ port }) => port)).toEqual(["metrics", "as-metrics", "dash-metrics"]);
    for (const { relabelings } of endpoints) {
      const labels = relabelings.map(({ targetLabel }) => targetLabel);
      expect(labels).toEqual(["namespace", "pod", "node", "owner", "team", "ray_io_cluster"]);
    }
  });

  it("takes resources and place", async () => {
    const run = await deployRay({
      head: { cpuRequest: "3", memory: "12Gi", nodeSelector: { a: "b" }, tolerationKeys: ["x"] },
      scheduling: { priorityClassName: "serving" },
    });
    expect(headPod(run, "containers[0].resources")).toEqual({
      requests: { cpu: "3", memory: "12Gi" },
      limits: { memory: "12Gi" },
    });
    expect(headPod(run, "nodeSelector")).toEqual({ a: "b" });
    expect(headPod(run, "tolerations")).toEqual([{ key: "x", operator: "Exists" }]);
    expect(headPod(run, "priorityClassName")).toBe("serving");
    const other = await deployRay({
      head: { priorityClassName: "system" },
      scheduling: { priorityClassName: "serving" },
    });
    expect(headPod(other, "priorityClassName")).toBe("system");
  });
});

describe("workers", () => {
  it("of the cluster are told apart by group, with places of their own", async () => {
    const run = await deployRay({
      autoscaling: { minReplicas: 2, maxReplicas: 4 },
      scheduling: { nodeSelector: { zone: "a" } },
      workerGroups: [
        { name: "reserved", minWorkers: 2, maxWorkers: 2 },
        { name: "spot", maxWorkers: 2, scheduling: { nodeSelector: { capacity: "spot" }, tolerations: [] } },
      ],
    });
    expect(cluster(run, "workerGroupSpecs[0]")).toMatchObject({
      groupName: "reserved",
      minReplicas: 2,
      maxReplicas: 2,
    });
    expect(cluster(run, "workerGroupSpecs[1]")).toMatchObject({
      groupName: "spot",
      minReplicas: 0,
      maxReplicas: 2,
    });
    expect(workerPod(run, "nodeSelector", 0)).toEqual({ zone: "a" });
    expect(workerPod(run, "nodeSelector", 1)).toEqual({ capacity: "spot" });
    expect(workerPod(run, "tolerations", 0)).toEqual([
      { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
    ]);
    expect(workerPod(run, "tolerations", 1)).toEqual([]);
  });

  it("hold a stage each when a replica is spread over pods", async () => {
    const parallelism = { tensor: 4, pipeline: 3 };
    const apart = await deployRay({
      parallelism,
      placement: "pod-per-stage",
      autoscaling: { minReplicas: 2 },
    });
    expect(cluster(apart, "workerGroupSpecs[0]")).toMatchObject({ minReplicas: 6 });
    expect(cluster(apart, "workerGroupSpecs[0].rayStartParams")).toMatchObject({ "num-gpus": "4" });
    expect(workerPod(apart, "containers[0].resources.limits")).toMatchObject({ "nvidia.com/gpu": "4" });
    expect(llm(apart, "placement_group_config.strategy")).toBe("PACK");
    expect(at(apart.find("PodDisruptionBudget").inputs, "spec.minAvailable")).toBe(3);
    const whole = await deployRay({ parallelism });
    expect(cluster(whole, "workerGroupSpecs[0]")).toMatchObject({ minReplicas: 1 });
    expect(workerPod(whole, "containers[0].resources.limits")).toMatchObject({ "nvidia.com/gpu": "12" });
    expect(llm(whole, "placement_group_config.strategy")).toBe("STRICT_PACK");
  });

  it("go on serving while they leave", async () => {
    const run = await deployRay({ drain: { preStopSeconds: 5, shutdownSeconds: 25 } });
    expect(workerPod(run, "containers[0].lifecycle.preStop.sleep.seconds")).toBe(30);
    expect(workerPod(run, "terminationGracePeriodSeconds")).toBe(45);
    expect(llm(run, "deployment_config.graceful_shutdown_timeout_s")).toBe(25);
    expect(spec(run, "rayClusterDeletionDelaySeconds")).toBe(60);
    const at0 = await deployRay({ drain: { preStopSeconds: 0, shutdownSeconds: 0 } });
    expect(workerPod(at0, "containers[0].lifecycle")).toEqual({});
  });

  it("give half of their shared memory to the object store", async () => {
    const run = await deployRay({ resources: { sharedMemory: "4Gi" } });
    expect(cluster(run, "workerGroupSpecs[0].rayStartParams")).toMatchObject({
      "object-store-memory": String(2 * 2 ** 30),
    });
  });

  it("log no prompts, send no usage and name each counter once", async () => {
    const run = await deployRay({ startup: { expectedLoadSeconds: 900 } });
    expect(variables(workerPod(run, "containers[0].env"))).toMatchObject({
      RAYLLM_ENABLE_REQUEST_PROMPT_LOGS: "0",
      RAY_USAGE_STATS_ENABLED: "0",
      RAY_EXPORT_COUNTER_AS_GAUGE: "0",
      RAYLLM_ENGINE_START_TIMEOUT_S: "1800",
    });
  });

  it("without a second replica have no budget, which would block every drain", async () => {
    const run = await deployRay({ autoscaling: { maxReplicas: 4 } });
    expect(run.all("PodDisruptionBudget")).toEqual([]);
  });
});

describe("the engine", () => {
  it("gets the model's own arguments, and the user's last", async () => {
    const run = await deployRay({
      model: model({ maxLength: 4096, lora: { maxRank: 16 } }),
      loraDirectory: "s3://adapters/all",
      engineArguments: { enable_prefix_caching: false },
    });
    expect(Object.keys(llm(run, "engine_kwargs") as object)).toEqual([
      "revision",
      "tensor_parallel_size",
      "pipeline_parallel_size",
      "max_model_len",
      "enable_lora",
      "max_loras",
      "max_lora_rank",
      "enable_prefix_caching",
    ]);
    expect(llm(run, "lora_config")).toEqual({
      dynamic_lora_loading_path: "s3://adapters/all",
      max_num_adapters_per_replica: 1,
    });
    expect(llm(run, "log_engine_metrics")).toBe(true);
  });

  it.each([
    [{ kind: "nfs", nfs: { server: "nfs", path: "/models", directory: "/qwen/" } }, "/models/qwen"],
    [{ kind: "claim", claim: { name: "weights" } }, "/models"],
    [{ kind: "s3", s3: { uri: "s3://models/qwen" } }, { bucket_uri: "s3://models/qwen" }],
  ] as const)("is loaded from %j", async (source, expected) => {
    const run = await deployRay({ model: { source, servedName: "qwen" } });
    expect(llm(run, "model_loading_config")).toEqual({ model_id: "qwen", model_source: expected });
  });
});

describe("the cluster", () => {
  it("asks for a token unless told otherwise", async () => {
    expect(cluster(await deployRay(), "authOptions")).toEqual({ mode: "token" });
    expect(cluster(await deployRay({ authentication: "none" }), "authOptions")).toBeUndefined();
  });

  it("keeps its state in Redis when there is one", async () => {
    expect(cluster(await deployRay(), "gcsFaultToleranceOptions")).toBeUndefined();
    const run = await deployRay({ faultTolerance: { redisAddress: "redis:6379" } });
    expect(cluster(run, "gcsFaultToleranceOptions")).toEqual({ redisAddress: "redis:6379" });
  });

  it("is replaced by a second one, or not at all", async () => {
    expect(spec(await deployRay(), "upgradeStrategy.type")).toBe("NewCluster");
    expect(spec(await deployRay({ upgrade: "none" }), "upgradeStrategy.type")).toBe("None");
  });

  it("is waited for, unless told otherwise", async () => {
    const metadata = (run: Awaited<ReturnType<typeof deployRay>>) =>
      at(run.find("RayService").inputs, "metadata.annotations");
    expect(metadata(await deployRay())).toEqual({
      "pulumi.com/waitFor": "condition=Ready",
      "pulumi.com/timeoutSeconds": "4200",
    });
    expect(metadata(await deployRay({ waitForReady: false }))).toEqual({ "pulumi.com/skipAwait": "true" });
  });

  it("lets in itself, the operator and Prometheus, and only then clients", async () => {
    const rules = at((await deployRay()).find("NetworkPolicy").inputs, "spec.ingress") as object[];
    expect(rules).toHaveLength(3);
    // An empty list of peers would let everyone in.
    for (const rule of rules) expect(at(rule, "from")).not.toEqual([]);
    const run = await deployRay({
      network: { clients: [{ namespace: "gateway" }], monitoringNamespace: "watch" },
      operatorNamespace: "ray",
    });
    expect(at(run.find("NetworkPolicy").inputs, "spec.ingress[1].from[0]")).toEqual({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ray" } },
      podSelector: { matchLabels: { "app.kubernetes.io/component": "kuberay-operator" } },
    });
    expect(at(run.find("NetworkPolicy").inputs, "spec.ingress[2].from[0]")).toEqual({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "watch" } },
    });
    expect(at(run.find("NetworkPolicy").inputs, "spec.ingress[3]")).toEqual({
      from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "gateway" } } }],
      ports: [{ port: 8000, protocol: "TCP" }],
    });
  });
});

describe("values that come later", () => {
  it("make the same objects", async () => {
    const plain = await deployRay({ autoscaling: { minReplicas: 2 }, maxSequences: 64 });
    const later = await deployRay({
      autoscaling: pulumi.output({ minReplicas: 2 }),
      maxSequences: pulumi.output(64),
      model: pulumi.output(MINIMAL_RAY.model) as typeof MINIMAL_RAY.model,
    });
    expect(later.find("RayService").inputs).toEqual(plain.find("RayService").inputs);
    expect(later.find("PodDisruptionBudget").inputs).toEqual(plain.find("PodDisruptionBudget").inputs);
  });

  it("that are secret hide what is made from them", async () => {
    const run = await deployRay({
      engineArguments: { api_server_hint: "x" },
      model: pulumi.secret(MINIMAL_RAY.model) as unknown as typeof MINIMAL_RAY.model,
    });
    expect(run.find("RayService").secretPaths).toContain("spec.serveConfigV2");
  });
});
