import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import {
  VllmDtype,
  VllmKvCacheDtype,
  VllmQuantization,
  VllmRolloutMode,
  type VllmDeploymentArgs,
} from "../../../components/vllm-deployment.ts";
import { at, type MockRun } from "../../support/mocks.ts";
import {
  container,
  deploy,
  environment,
  flag,
  model,
  podSpec,
  REVISION,
  volumes,
  words,
} from "./vllm-args.ts";

type Args = Partial<VllmDeploymentArgs>;

describe("the command line", () => {
  const flags: [string, Args, string, string][] = [
    ["revision", {}, "--revision", REVISION],
    ["served name", { model: model({ servedName: "chat" }) }, "--served-model-name", "chat"],
    ["served name of the hub", {}, "--served-model-name", "Qwen/Qwen3-0.6B"],
    ["port", {}, "--port", "8000"],
    ["length", { model: model({ maxLength: 4096 }) }, "--max-model-len", "4096"],
    ["quantisation", { model: model({ quantization: VllmQuantization.Awq }) }, "--quantization", "awq"],
    ["dtype", { model: model({ dtype: VllmDtype.Float16 }) }, "--dtype", "float16"],
    [
      "cache dtype",
      { model: model({ kvCacheDtype: VllmKvCacheDtype.Fp8E5m2 }) },
      "--kv-cache-dtype",
      "fp8_e5m2",
    ],
    ["tensor", { parallelism: { tensor: 2 } }, "--tensor-parallel-size", "2"],
    ["pipeline", { parallelism: { pipeline: 3 } }, "--pipeline-parallel-size", "3"],
    ["data", { parallelism: { data: 4 } }, "--data-parallel-size", "4"],
    ["API servers", { apiServerCount: 1 }, "--api-server-count", "1"],
    ["sequences", { maxSequences: 64 }, "--max-num-seqs", "64"],
    ["GPU memory", { gpuMemoryUtilization: 0.9 }, "--gpu-memory-utilization", "0.9"],
    ["drain", { drain: { shutdownSeconds: 5 } }, "--shutdown-timeout", "5"],
    ["default drain", {}, "--shutdown-timeout", "60"],
    ["adapter slots", { model: model({ lora: {} }) }, "--max-loras", "1"],
    ["adapter rank", { model: model({ lora: { maxRank: 64 } }) }, "--max-lora-rank", "64"],
    ["probe log", {}, "--disable-access-log-for-endpoints", "/health,/metrics"],
  ];
  it.each(flags)("passes the %s", async (_, args, name, value) => {
    expect(flag(await deploy(args), name)).toBe(value);
  });

  it("leaves to vLLM what isn't set", async () => {
    expect(words(await deploy())).toEqual([
      ...["Qwen/Qwen3-0.6B", "--revision", REVISION, "--served-model-name", "Qwen/Qwen3-0.6B"],
      ...[
        "--port",
        "8000",
        "--shutdown-timeout",
        "60",
        "--disable-access-log-for-endpoints",
        "/health,/metrics",
      ],
    ]);
  });

  it("names adapters and ends with the user's own words", async () => {
    const lora = {
      adapters: [
        { name: "a", path: "org/a" },
        { name: "b", path: pulumi.output("/b") },
      ],
    };
    const run = await deploy({ model: model({ lora }), extraArgs: ["--seed", "0"] });
    expect(words(run)).toContain("--enable-lora");
    const index = words(run).indexOf("--lora-modules");
    expect(words(run).slice(index + 1, index + 3)).toEqual(["a=org/a", "b=/b"]);
    expect(words(run).slice(-2)).toEqual(["--seed", "0"]);
  });

  it("streams from an object store", async () => {
    const s3 = { uri: "s3://bucket/m", concurrency: 8, bufferSize: "1Gi" };
    const run = await deploy({ model: { servedName: "m", source: { kind: "s3", s3 } } });
    expect(words(run)[0]).toBe("s3://bucket/m");
    expect(flag(run, "--load-format")).toBe("runai_streamer");
    const config = JSON.parse(flag(run, "--model-loader-extra-config") ?? "") as unknown;
    expect(config).toEqual({ concurrency: 8, memory_limit: 2 ** 30 });
    expect(environment(run)).not.toHaveProperty("AWS_ENDPOINT_URL");
    const plain = await deploy({
      model: { servedName: "m", source: { kind: "s3", s3: { uri: "s3://bucket/m" } } },
    });
    expect(words(plain)).not.toContain("--model-loader-extra-config");
  });

  it.each([
    [undefined, "/models"],
    ["a/b/", "/models/a/b"],
    ["/a", "/models/a"],
  ])("serves directory %s of a mount", async (directory, path) => {
    const claim = { name: "weights", ...(directory === undefined ? {} : { directory }) };
    const run = await deploy({ model: { servedName: "m", source: { kind: "claim", claim } } });
    expect(words(run)[0]).toBe(path);
  });
});

describe("the volumes", () => {
  it("are what a read-only root file system needs", async () => {
    const run = await deploy({ resources: { sharedMemory: "1Gi" } });
    expect(volumes(run)).toEqual({
      "vllm-tmp": { emptyDir: {}, mountPath: "/tmp" },
      "vllm-home": { emptyDir: {}, mountPath: "/home/vllm" },
      "vllm-shm": { emptyDir: { medium: "Memory", sizeLimit: "1Gi" }, mountPath: "/dev/shm" },
      "vllm-hub-cache": { emptyDir: {}, mountPath: "/cache/huggingface" },
    });
    expect(environment(run)).toMatchObject({ HOME: "/home/vllm", HF_HOME: "/cache/huggingface" });
  });

  it("mount model sources read-only, caches not", async () => {
    const nfs = await deploy({
      model: { servedName: "m", source: { kind: "nfs", nfs: { server: "s", path: "/e" } } },
    });
    expect(volumes(nfs)["vllm-model"]).toEqual({
      nfs: { server: "s", path: "/e", readOnly: true },
      mountPath: "/models",
      readOnly: true,
    });
    const claim = await deploy({
      model: { servedName: "m", source: { kind: "claim", claim: { name: "c" } } },
    });
    expect(volumes(claim)["vllm-model"]).toEqual({
      persistentVolumeClaim: { claimName: "c", readOnly: true },
      mountPath: "/models",
      readOnly: true,
    });
    const hub = { id: "a/b", revision: REVISION, cacheClaim: "cache" };
    const cached = await deploy({ model: { source: { kind: "hub", hub } } });
    expect(volumes(cached)["vllm-hub-cache"]).toEqual({
      persistentVolumeClaim: { claimName: "cache" },
      mountPath: "/cache/huggingface",
    });
  });

  it("take the user's own", async () => {
    const run = await deploy({
      extraVolumes: [
        { name: "a", mountPath: "/a", claim: "claim-a", readOnly: false },
        { name: "b", mountPath: "/b", configMap: "map-b" },
        { name: "c", mountPath: "/c", secret: "secret-c" },
      ],
    });
    expect(volumes(run)).toMatchObject({
      a: {
        persistentVolumeClaim: { claimName: "claim-a", readOnly: false },
        mountPath: "/a",
        readOnly: false,
      },
      b: { configMap: { name: "map-b" }, mountPath: "/b", readOnly: true },
      c: { secret: { secretName: "secret-c" }, mountPath: "/c", readOnly: true },
    });
  });
});

describe("the container", () => {
  it("takes secrets by reference only", async () => {
    const hub = { id: "a/b", revision: REVISION, tokenSecret: { name: "hub", key: "token" } };
    const run = await deploy({
      model: { source: { kind: "hub", hub } },
      apiKeySecret: { name: "api", key: "key" },
      env: [
        { name: "A", value: "1" },
        { name: "B", secret: { name: "b", key: "k" } },
      ],
    });
    expect(environment(run)).toMatchObject({
      HF_TOKEN: { secretKeyRef: { name: "hub", key: "token" } },
      VLLM_API_KEY: { secretKeyRef: { name: "api", key: "key" } },
      A: "1",
      B: { secretKeyRef: { name: "b", key: "k" } },
    });
  });

  it("asks for its GPUs in requests and limits, under the resource's name", async () => {
    const run = await deploy({
      parallelism: { tensor: 2, data: 2 },
      gpu: { resourceName: "amd.com/gpu", product: "MI300X" },
      resources: { cpuRequest: "8", cpuLimit: "16", memoryRequest: "48Gi", memoryLimit: "64Gi" },
    });
    expect(container(run, "resources")).toEqual({
      requests: { cpu: "8", memory: "48Gi", "amd.com/gpu": "4" },
      limits: { cpu: "16", memory: "64Gi", "amd.com/gpu": "4" },
    });
    expect(podSpec(run, "nodeSelector")).toEqual({ "nvidia.com/gpu.product": "MI300X" });
  });

  it("is as restricted as the restricted pod security standard asks", async () => {
    const run = await deploy();
    expect(podSpec(run, "securityContext")).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 2000,
      runAsGroup: 0,
      fsGroup: 2000,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(container(run, "securityContext")).toEqual({
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(podSpec(run, "automountServiceAccountToken")).toBe(false);
    expect(at(run.find("ServiceAccount").inputs, "automountServiceAccountToken")).toBe(false);
    expect(podSpec(run, "enableServiceLinks")).toBe(false);
  });

  it("probes /health, and only starts the others after the start-up probe", async () => {
    const run = await deploy({ startup: { expectedLoadSeconds: 1200 } });
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
      expect(container(run, `${probe}.httpGet`)).toEqual({ path: "/health", port: "http" });
    }
    expect(container(run, "startupProbe")).toMatchObject({ periodSeconds: 10, failureThreshold: 240 });
    expect(at(run.find("Deployment").inputs, "spec.progressDeadlineSeconds")).toBe(3300);
    expect(timeout(run)).toBe("3300");
    expect(timeout(await deploy({ startup: { expectedLoadSeconds: 1200 }, replicas: 3 }))).toBe("9900");
  });

  it("drains: waits, finishes, exits", async () => {
    const run = await deploy({ drain: { preStopSeconds: 10, shutdownSeconds: 120 } });
    expect(container(run, "lifecycle")).toEqual({ preStop: { sleep: { seconds: 10 } } });
    expect(podSpec(run, "terminationGracePeriodSeconds")).toBe(145);
    const without = await deploy({ drain: { preStopSeconds: 0, terminationGracePeriodSeconds: 300 } });
    expect(container(without, "lifecycle")).toEqual({});
    expect(podSpec(without, "terminationGracePeriodSeconds")).toBe(300);
  });
});

describe("the pods", () => {
  it("tolerate GPU nodes by default, and otherwise what is asked", async () => {
    expect(podSpec(await deploy(), "tolerations")).toEqual([
      { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
    ]);
    const scheduling = { tolerations: [{ key: "a", value: "b", effect: "NoExecute" }] };
    expect(podSpec(await deploy({ scheduling }), "tolerations")).toEqual([
      { key: "a", operator: "Equal", value: "b", effect: "NoExecute" },
    ]);
    expect(podSpec(await deploy({ scheduling: { tolerations: [] } }), "tolerations")).toEqual([]);
  });

  it("are placed as asked", async () => {
    const run = await deploy({
      scheduling: {
        nodeSelector: { zone: "a" },
        spreadTopologyKey: "topology.kubernetes.io/zone",
        priorityClassName: "high",
        runtimeClassName: "nvidia",
      },
      gpu: { product: "L40S" },
      imagePullSecrets: ["one", "two"],
    });
    expect(podSpec(run)).toMatchObject({
      nodeSelector: { zone: "a", "nvidia.com/gpu.product": "L40S" },
      priorityClassName: "high",
      runtimeClassName: "nvidia",
      imagePullSecrets: [{ name: "one" }, { name: "two" }],
    });
    expect(podSpec(run, "topologySpreadConstraints[0].topologyKey")).toBe("topology.kubernetes.io/zone");
    const plain = podSpec(await deploy()) as object;
    for (const field of ["nodeSelector", "priorityClassName", "runtimeClassName", "imagePullSecrets"]) {
      expect(plain).not.toHaveProperty(field);
    }
  });

  it("roll out without a spare GPU, or with one", async () => {
    const strategy = async (rollout: VllmRolloutMode) =>
      at((await deploy({ rollout })).find("Deployment").inputs, "spec.strategy.rollingUpdate");
    expect(await strategy(VllmRolloutMode.ReplaceFirst)).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(await strategy(VllmRolloutMode.SurgeFirst)).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });

  it("carry the model's exact name, owner and team for Prometheus", async () => {
    const run = await deploy({ team: "Search & Ads", podAnnotations: { a: "1" }, annotations: { b: "2" } });
    const template = at(run.find("Deployment").inputs, "spec.template.metadata");
    expect(template).toMatchObject({
      annotations: {
        a: "1",
        b: "2",
        "vllm-monitoring/model": "Qwen/Qwen3-0.6B",
        "vllm-monitoring/owner": "ada@example.com",
        "vllm-monitoring/team": "Search & Ads",
      },
      labels: {
        "vllm-monitoring/model": "Qwen-Qwen3-0.6B",
        "vllm-monitoring/owner": "ada-example.com",
        "vllm-monitoring/team": "Search-Ads",
      },
    });
    for (const type of ["Deployment", "Service", "ServiceAccount", "NetworkPolicy", "PodMonitor"]) {
      expect(at(run.find(type).inputs, "metadata.annotations.b")).toBe("2");
    }
  });

  it("leave their number to an autoscaler", async () => {
    const run = await deploy({ replicas: 2, autoscaled: true });
    expect(at(run.find("Deployment").inputs, "spec")).not.toHaveProperty("replicas");
    expect(at((await deploy({ replicas: 4 })).find("Deployment").inputs, "spec.replicas")).toBe(4);
    expect(at((await deploy({ replicas: 0 })).find("Deployment").inputs, "spec.replicas")).toBe(0);
  });
});

describe("the disruption budget", () => {
  it.each<[string, Args, number]>([
    ["one replica", {}, 0],
    ["no replica", { replicas: 0 }, 0],
    ["two replicas", { replicas: 2 }, 1],
    ["an autoscaler", { autoscaled: true }, 1],
    ["a number that comes later", { replicas: pulumi.output(1) }, 1],
  ])("with %s", async (_, args, count) => {
    const budgets = (await deploy(args)).all("PodDisruptionBudget");
    expect(budgets).toHaveLength(count);
    for (const { inputs } of budgets) {
      expect(at(inputs, "spec")).toMatchObject({
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      });
    }
  });
});

describe("the ingress rules", () => {
  it("let nobody but Prometheus in by default", async () => {
    const spec = at((await deploy()).find("NetworkPolicy").inputs, "spec");
    expect(spec).toMatchObject({
      policyTypes: ["Ingress"],
      ingress: [{ from: [namespacePeer("monitoring")], ports: [{ port: 8000, protocol: "TCP" }] }],
    });
  });

  it("let the named clients in", async () => {
    const network = {
      monitoringNamespace: "observability",
      clients: [{ namespace: "gateway", podLabels: { app: "litellm" } }, { namespace: "batch" }],
    };
    const from = at((await deploy({ network })).find("NetworkPolicy").inputs, "spec.ingress[0].from");
    expect(from).toEqual([
      namespacePeer("observability"),
      { ...namespacePeer("gateway"), podSelector: { matchLabels: { app: "litellm" } } },
      namespacePeer("batch"),
    ]);
  });

  function namespacePeer(name: string) {
    return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } };
  }
});

describe("the PodMonitor", () => {
  const endpoint = (run: MockRun) => at(run.find("PodMonitor").inputs, "spec.podMetricsEndpoints[0]");

  it("scrapes the http port with Prometheus' own interval and keeps the target's labels", async () => {
    const run = await deploy();
    expect(endpoint(run)).toMatchObject({ port: "http", path: "/metrics", honorLabels: false });
    expect(endpoint(run)).not.toHaveProperty("interval");
    expect(endpoint(run)).not.toHaveProperty("scrapeTimeout");
    expect(at(run.find("PodMonitor").inputs, "spec")).not.toHaveProperty("sampleLimit");
    const relabelings = at(endpoint(run), "relabelings") as { targetLabel: string; sourceLabels: string[] }[];
    expect(Object.fromEntries(relabelings.map((one) => [one.targetLabel, one.sourceLabels[0]]))).toEqual({
      namespace: "__meta_kubernetes_namespace",
      pod: "__meta_kubernetes_pod_name",
      node: "__meta_kubernetes_pod_node_name",
      owner: "__meta_kubernetes_pod_annotation_vllm_monitoring_owner",
      team: "__meta_kubernetes_pod_annotation_vllm_monitoring_team",
      model: "__meta_kubernetes_pod_annotation_vllm_monitoring_model",
    });
  });

  it.each([
    ["5s", undefined, "5s"],
    ["10s", undefined, "10s"],
    ["1m", undefined, "10s"],
    ["1m", "30s", "30s"],
    [undefined, "7s", "7s"],
  ])("with interval %s and timeout %s times out after %s", async (interval, timeout, expected) => {
    const monitor = {
      ...(interval === undefined ? {} : { interval }),
      ...(timeout === undefined ? {} : { timeout }),
    };
    const run = await deploy({ monitor });
    expect(at(endpoint(run), "interval")).toBe(interval);
    expect(at(endpoint(run), "scrapeTimeout")).toBe(expected);
  });

  it("throws metrics away by name", async () => {
    expect(at(endpoint(await deploy({})), "metricRelabelings")).toBeUndefined();
    const run = await deploy({ monitor: { dropMetrics: "vllm:(?:a|b)" } });
    expect(at(endpoint(run), "metricRelabelings")).toEqual([
      { sourceLabels: ["__name__"], regex: "vllm:(?:a|b)", action: "drop" },
    ]);
  });

  it("has a sample limit and labels", async () => {
    const run = await deploy({ monitor: { sampleLimit: 3000, labels: { release: "prometheus" } } });
    expect(at(run.find("PodMonitor").inputs, "spec.sampleLimit")).toBe(3000);
    expect(at(run.find("PodMonitor").inputs, "metadata.labels")).toMatchObject({
      release: "prometheus",
      "app.kubernetes.io/instance": "chat",
    });
  });
});

function timeout(run: MockRun): unknown {
  return at(run.find("Deployment").inputs, 'metadata.annotations["pulumi.com/timeoutSeconds"]');
}
