import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { VllmDeployment, type VllmDeploymentArgs } from "../../../components/vllm-deployment.ts";
import { runWithMocks } from "../../support/mocks.ts";
import { deploy, IMAGE, MINIMAL, model, REVISION } from "./vllm-args.ts";

type Args = Partial<VllmDeploymentArgs>;
type Refusal = [title: string, args: Args, path: string, message: RegExp];

const hub = (fields: object) =>
  model({ source: { kind: "hub", hub: { id: "a/b", revision: REVISION, ...fields } } });
const s3 = (fields: object) =>
  model({ servedName: "m", source: { kind: "s3", s3: { uri: "s3://bucket/path", ...fields } } });
const nfs = (fields: object) =>
  model({ servedName: "m", source: { kind: "nfs", nfs: { server: "nfs", path: "/models", ...fields } } });
const lora = (fields: object) => model({ lora: fields });
const env = (...list: object[]) => ({ env: list }) as Args;
const volume = (fields: object): Args => ({
  extraVolumes: [{ name: "data", mountPath: "/data", claim: "data", ...fields }],
});

const refusals: Refusal[] = [
  ["upper case in a name", { name: "Chat" }, "name", /DNS label of at most 46.*"Chat".*lower-case/],
  ["a name too long for its pods", { name: "a".repeat(47) }, "name", /at most 46/],
  ["a digit at the start of a name", { name: "4o-mini" }, "name", /start with a letter.*letter in front/],
  ["a missing namespace", { namespace: "" }, "namespace", /is required.*existing namespace/],
  ["a malformed namespace", { namespace: "a_b" }, "namespace", /DNS label/],
  ["an empty owner", { owner: "-" }, "owner", /letter or digit, is "-"; name the person/],
  ["an empty team", { team: "" }, "team", /letter or digit/],

  ["a missing image", { image: "" }, "image", /is required/],
  [
    "a tag without a digest",
    { image: "vllm/vllm-openai:v0.33.0" },
    "image",
    /no digest.*allowImageWithoutDigest/,
  ],
  ["no tag and no digest", { image: "vllm/vllm-openai" }, "image", /no digest/],
  ["a short digest", { image: "vllm/vllm-openai@sha256:abc" }, "image", /malformed digest.*64 hex/],
  ["a digest in upper case", { image: `v@sha256:${"A".repeat(64)}` }, "image", /malformed digest/],
  ["another algorithm", { image: `v@md5:${"a".repeat(64)}` }, "image", /malformed digest/],
  [
    "a version that floats, also without a digest",
    { image: "vllm/vllm-openai:latest", allowImageWithoutDigest: true },
    "image",
    /has the tag latest/,
  ],
  ["two digests", { image: `${IMAGE}@sha256:${"a".repeat(64)}` }, "image", /no image reference/],
  ["a blank in an image", { image: `a b@sha256:${"a".repeat(64)}` }, "image", /no image reference/],
  ["an image without a repository", { image: `@sha256:${"a".repeat(64)}` }, "image", /no image reference/],
  [
    "an image that ends with a colon",
    { image: "vllm:", allowImageWithoutDigest: true },
    "image",
    /no image reference/,
  ],

  [
    "an unknown kind of source",
    { model: { source: { kind: "ftp" } } as never },
    "model.source.kind",
    /one of hub, s3, nfs, claim, is "ftp"/,
  ],
  [
    "a kind without its object",
    { model: model({ source: { kind: "hub" } }) },
    "model.source.hub",
    /required with kind hub/,
  ],
  [
    "the object of another kind",
    {
      model: model({ source: { kind: "hub", hub: { id: "a/b", revision: REVISION }, claim: { name: "c" } } }),
    },
    "model.source.claim",
    /no use with kind hub.*remove it, or set kind to claim/,
  ],
  [
    "a hub id without an organisation",
    { model: hub({ id: "gpt2" }) },
    "model.source.hub.id",
    /organisation\/model/,
  ],
  [
    "a branch as revision",
    { model: hub({ revision: "main" }) },
    "model.source.hub.revision",
    /pin a commit.*"main".*commit hash/,
  ],
  ["an empty revision", { model: hub({ revision: "" }) }, "model.source.hub.revision", /pin/],
  [
    "an uri of another scheme",
    { model: s3({ uri: "gs://bucket/path" }) },
    "model.source.s3.uri",
    /s3:\/\/bucket\/path/,
  ],
  [
    "a bucket without a path",
    { model: s3({ uri: "s3://bucket" }) },
    "model.source.s3.uri",
    /s3:\/\/bucket\/path/,
  ],
  [
    "an endpoint without a scheme",
    { model: s3({ endpoint: "minio:9000" }) },
    "model.source.s3.endpoint",
    /http\(s\) URL/,
  ],
  ["no parallel reads", { model: s3({ concurrency: 0 }) }, "model.source.s3.concurrency", /at least 1, is 0/],
  [
    "a buffer without a number",
    { model: s3({ bufferSize: "big" }) },
    "model.source.s3.bufferSize",
    /quantity/,
  ],
  ["a relative export", { model: nfs({ path: "models" }) }, "model.source.nfs.path", /absolute/],
  [
    "a directory outside the export",
    { model: nfs({ directory: "../x" }) },
    "model.source.nfs.directory",
    /inside the volume/,
  ],
  [
    "a directory outside the claim",
    {
      model: model({
        servedName: "m",
        source: { kind: "claim", claim: { name: "c", directory: "a/../../b" } },
      }),
    },
    "model.source.claim.directory",
    /inside the volume/,
  ],
  [
    "a path as the model's name",
    { model: model({ source: { kind: "nfs", nfs: { server: "s", path: "/m" } } }) },
    "model.servedName",
    /required with a source of kind nfs.*missing.*path as model_name/,
  ],
  ["two words as the model's name", { model: model({ servedName: "a b" }) }, "model.servedName", /one word/],
  ["a length of zero", { model: model({ maxLength: 0 }) }, "model.maxLength", /at least 1/],
  [
    "an unknown quantisation",
    { model: model({ quantization: "int3" as never }) },
    "model.quantization",
    /one of awq/,
  ],
  ["an unknown dtype", { model: model({ dtype: "int8" as never }) }, "model.dtype", /one of auto/],
  [
    "an unknown cache dtype",
    { model: model({ kvCacheDtype: "int8" as never }) },
    "model.kvCacheDtype",
    /one of auto/,
  ],

  ["no adapter slots", { model: lora({ maxAdapters: 0 }) }, "model.lora.maxAdapters", /at least 1/],
  [
    "an odd rank",
    { model: lora({ maxRank: 24 }) },
    "model.lora.maxRank",
    /one of 1, 8, 16.*is 24; take the next/,
  ],
  [
    "fewer adapters in CPU memory",
    { model: lora({ maxAdapters: 4, maxCpuAdapters: 2 }) },
    "model.lora.maxCpuAdapters",
    /at least maxAdapters \(4\)/,
  ],
  [
    "an adapter named with =",
    { model: lora({ adapters: [{ name: "a=b", path: "p" }] }) },
    "model.lora.adapters[0].name",
    /without =/,
  ],
  [
    "an adapter without a path",
    { model: lora({ adapters: [{ name: "a", path: "" }] }) },
    "model.lora.adapters[0].path",
    /one word/,
  ],
  [
    "two adapters of one name",
    {
      model: lora({
        adapters: [
          { name: "a", path: "p" },
          { name: "a", path: "q" },
        ],
      }),
    },
    "model.lora.adapters[1].name",
    /used twice/,
  ],
  [
    "an adapter named as the model",
    { model: model({ servedName: "m", lora: { adapters: [{ name: "m", path: "p" }] } }) },
    "model.lora.adapters[0].name",
    /used twice/,
  ],

  ["half a replica", { replicas: 1.5 }, "replicas", /whole number of at least 0, is 1.5/],
  ["negative replicas", { replicas: -1 }, "replicas", /at least 0/],
  ["no API server", { apiServerCount: 0 }, "apiServerCount", /at least 1/],
  ["no sequences", { maxSequences: 0 }, "maxSequences", /at least 1/],
  [
    "a percentage as share",
    { gpuMemoryUtilization: 92 },
    "gpuMemoryUtilization",
    /at most 1, is 92; write 0.92/,
  ],
  ["no GPU memory", { gpuMemoryUtilization: 0 }, "gpuMemoryUtilization", /above 0/],
  ["no tensor shard", { parallelism: { tensor: 0 } }, "parallelism.tensor", /at least 1/],
  ["half a pipeline stage", { parallelism: { pipeline: 0.5 } }, "parallelism.pipeline", /whole number/],
  ["no engine", { parallelism: { data: 0 } }, "parallelism.data", /at least 1/],
  [
    "engines on other nodes",
    { parallelism: { data: 4, dataLocal: 2 } },
    "parallelism.dataLocal",
    /equal parallelism.data \(4\), is 2; set it to 4.*LeaderWorkerSet/,
  ],
  [
    "GPUs that don't fit the parallelism",
    { parallelism: { tensor: 2, pipeline: 2, data: 2 }, gpu: { count: 4 } },
    "gpu.count",
    /tensor 2 × pipeline 2 × data 2 = 8, is 4; leave it out or set it to 8/,
  ],
  ["no GPU", { gpu: { count: 0 } }, "gpu.count", /at least 1/],
  ["a GPU resource without a domain", { gpu: { resourceName: "gpu" } }, "gpu.resourceName", /domain\/name/],
  ["no time to load", { startup: { expectedLoadSeconds: 0 } }, "startup.expectedLoadSeconds", /at least 1/],
  ["an unknown rollout", { rollout: "blue-green" as never }, "rollout", /one of replace-first, surge-first/],
  [
    "an unknown medium",
    { multiprocessMetrics: { medium: "nfs" as never } },
    "multiprocessMetrics.medium",
    /one of disk, memory/,
  ],
  ["the root user", { security: { userId: 0 } }, "security.userId", /at least 1/],
  ["a negative group", { security: { groupId: -1 } }, "security.groupId", /at least 0/],

  ["a negative wait", { drain: { preStopSeconds: -1 } }, "drain.preStopSeconds", /at least 0/],
  ["half a second to drain", { drain: { shutdownSeconds: 0.5 } }, "drain.shutdownSeconds", /whole number/],
  [
    "a grace period below the sum",
    { drain: { preStopSeconds: 15, shutdownSeconds: 45, terminationGracePeriodSeconds: 60 } },
    "drain.terminationGracePeriodSeconds",
    /15 \+ 45 \+ 15 = 75\), is 60; raise it/,
  ],

  ["CPU in words", { resources: { cpuRequest: "four" } }, "resources.cpuRequest", /quantity/],
  ["no memory", { resources: { memoryLimit: "0" } }, "resources.memoryLimit", /above zero/],
  ["a lower-case unit", { resources: { memoryLimit: "32gi" } }, "resources.memoryLimit", /quantity/],
  [
    "more CPU than the limit",
    { resources: { cpuRequest: "8", cpuLimit: "4" } },
    "resources.cpuRequest",
    /at most resources.cpuLimit \(4\)/,
  ],
  [
    "the default CPU above the limit",
    { resources: { cpuLimit: "2" } },
    "resources.cpuRequest",
    /at most resources.cpuLimit \(2\), is "4"/,
  ],
  [
    "more memory than the limit",
    { resources: { memoryRequest: "64Gi" } },
    "resources.memoryRequest",
    /at most resources.memoryLimit \(32Gi\)/,
  ],
  [
    "shared memory that fills the limit",
    { resources: { memoryLimit: "16Gi", sharedMemory: "15Gi" } },
    "resources.memoryLimit",
    /a quarter.*shared memory 15Gi.*is "16Gi"; raise it to 20Gi/,
  ],
  [
    "a metrics volume in memory that fills the limit",
    {
      resources: { memoryLimit: "8Gi" },
      multiprocessMetrics: { always: true, medium: "memory", sizeLimit: "5Gi" },
    },
    "resources.memoryLimit",
    /metrics volume 5Gi/,
  ],
  [
    "a streamer's buffer that fills the limit",
    { model: s3({ bufferSize: "28Gi" }) },
    "resources.memoryLimit",
    /streamer buffer 28Gi/,
  ],
  [
    "a volume without a size",
    { multiprocessMetrics: { sizeLimit: "" } },
    "multiprocessMetrics.sizeLimit",
    /quantity/,
  ],

  [
    "an interval without a unit",
    { monitor: { interval: "15" } },
    "monitor.interval",
    /Prometheus duration.*is "15"/,
  ],
  ["a timeout of zero", { monitor: { timeout: "0s" } }, "monitor.timeout", /above zero/],
  [
    "a timeout above the interval",
    { monitor: { interval: "10s", timeout: "15s" } },
    "monitor.timeout",
    /at most monitor.interval \(10s\)/,
  ],
  ["no expression", { monitor: { dropMetrics: "" } }, "monitor.dropMetrics", /regular expression/],
  ["a wrong expression", { monitor: { dropMetrics: "(" } }, "monitor.dropMetrics", /regular expression/],
  [
    "an expression that drops everything",
    { monitor: { dropMetrics: "vllm:.*" } },
    "monitor.dropMetrics",
    /must keep vllm:generation_tokens_total/,
  ],
  ["a limit of no samples", { monitor: { sampleLimit: 0 } }, "monitor.sampleLimit", /at least 1/],

  ["a variable's name with a hyphen", env({ name: "A-B", value: "" }), "env[0].name", /variable name/],
  ["a variable twice", env({ name: "A", value: "" }, { name: "A", value: "1" }), "env[1].name", /set twice/],
  ["a variable without a value", env({ name: "A" }), "env[0]", /either value or secret, is "neither"/],
  [
    "a variable with two values",
    env({ name: "A", value: "", secret: { name: "s", key: "k" } }),
    "env[0]",
    /is "both"/,
  ],
  [
    "the multiprocess directory by hand",
    env({ name: "PROMETHEUS_MULTIPROC_DIR", value: "/tmp/x" }),
    "env[0].name",
    /emptied at each start.*set multiprocessMetrics.always/,
  ],
  ["an API key in clear", env({ name: "VLLM_API_KEY", value: "x" }), "env[0].name", /set apiKeySecret/],
  ["a hub token in clear", env({ name: "HF_TOKEN", value: "x" }), "env[0].name", /hub.tokenSecret/],
  ["a home", env({ name: "HOME", value: "/" }), "env[0].name", /component's own/],

  [
    "a flag with a field",
    { extraArgs: ["--tensor-parallel-size", "2"] },
    "extraArgs[0]",
    /set parallelism.tensor instead/,
  ],
  [
    "a flag with = and underscores",
    { extraArgs: ["--max_model_len=5"] },
    "extraArgs[0]",
    /set model.maxLength/,
  ],
  ["a short flag", { extraArgs: ["x", "-tp=2"] }, "extraArgs[1]", /parallelism.tensor/],
  ["a port", { extraArgs: ["--port", "9000"] }, "extraArgs[0]", /moves \/health and \/metrics/],
  ["TLS in the server", { extraArgs: ["--ssl-keyfile=/k"] }, "extraArgs[0]", /end TLS at the gateway/],
  [
    "metrics switched off",
    { extraArgs: ["--disable-log-stats"] },
    "extraArgs[0]",
    /takes every vllm: metric away/,
  ],
  ["a server without an API", { extraArgs: ["--headless"] }, "extraArgs[0]", /serves no \/metrics/],
  ["a rank of its own", { extraArgs: ["--data-parallel-rank", "1"] }, "extraArgs[0]", /LeaderWorkerSet/],
  ["flags from a file", { extraArgs: ["--config", "/c"] }, "extraArgs[0]", /can't see/],
  ["an API key on the command line", { extraArgs: ["--api-key", "x"] }, "extraArgs[0]", /set apiKeySecret/],

  [
    "a claim at the multiprocess directory",
    volume({ mountPath: "/run/vllm-metrics" }),
    "extraVolumes[0].mountPath",
    /multiprocess metrics, which fail on network storage.*elsewhere/,
  ],
  ["a claim above it", volume({ mountPath: "/run/" }), "extraVolumes[0].mountPath", /multiprocess metrics/],
  [
    "a claim below it",
    volume({ mountPath: "/run/vllm-metrics/a" }),
    "extraVolumes[0].mountPath",
    /multiprocess metrics/,
  ],
  ["a claim at /tmp", volume({ mountPath: "/tmp" }), "extraVolumes[0].mountPath", /is taken/],
  ["a claim over the home", volume({ mountPath: "/home" }), "extraVolumes[0].mountPath", /is taken/],
  ["a claim at the root", volume({ mountPath: "/" }), "extraVolumes[0].mountPath", /absolute path/],
  ["a relative path", volume({ mountPath: "data" }), "extraVolumes[0].mountPath", /absolute path/],
  ["a name of the component", volume({ name: "vllm-shm" }), "extraVolumes[0].name", /is taken/],
  ["a volume of two kinds", volume({ secret: "s" }), "extraVolumes[0]", /exactly one/],
  ["a volume of no kind", volume({ claim: undefined }), "extraVolumes[0]", /exactly one/],
  [
    "two volumes at one path",
    {
      extraVolumes: [
        { name: "a", mountPath: "/d", claim: "a" },
        { name: "b", mountPath: "/d", claim: "b" },
      ],
    },
    "extraVolumes[1].mountPath",
    /is taken/,
  ],

  [
    "a label of the component",
    { podLabels: { "app.kubernetes.io/name": "x" } },
    'podLabels["app.kubernetes.io/name"]',
    /own label/,
  ],
  ["a label value with a slash", { podLabels: { model: "a/b" } }, 'podLabels["model"]', /no label value/],
  [
    "a monitor label of the component",
    { monitor: { labels: { "vllm-monitoring/owner": "x" } } },
    'monitor.labels["vllm-monitoring/owner"]',
    /own label/,
  ],
  [
    "an annotation of the component",
    { podAnnotations: { "vllm-monitoring/model": "x" } },
    'podAnnotations["vllm-monitoring/model"]',
    /own annotation/,
  ],
];

describe("VllmDeployment refuses", () => {
  it.each(refusals)("%s", async (_, args, path, message) => {
    const error = await refusalOf(args);
    const found = error.errors.filter(({ propertyPath }) => propertyPath === path);
    expect(error.errors.map(({ propertyPath }) => propertyPath)).toContain(path);
    expect(found.map(({ reason }) => reason).join("\n")).toMatch(message);
    expect(error.message).toContain('VllmDeployment "chat"');
    expect(error.message).toContain(path);
  });

  it.each(refusals)("%s also when it comes later", async (_, args, path, message) => {
    const later = Object.fromEntries(
      Object.entries(args).map(([field, value]) => [field, pulumi.output(value as never)]),
    ) as Args;
    await expect(deploy(later)).rejects.toThrow(message);
    await expect(deploy(later)).rejects.toThrow(path);
  });

  it("everything at once, before anything is registered", async () => {
    let registered = 0;
    const error = await refusalOf(
      { replicas: -1, image: "x", owner: "", model: { source: { kind: "s3" } } },
      () => (registered += 1),
    );
    expect(registered).toBe(0);
    expect(error.errors.map(({ propertyPath }) => propertyPath).sort()).toEqual([
      "image",
      "model.servedName",
      "model.source.s3",
      "owner",
      "replicas",
    ]);
  });

  it("what is known at once, even when other values come later", async () => {
    const error = await refusalOf({ replicas: -1, image: pulumi.output("x") });
    expect(error.errors.map(({ propertyPath }) => propertyPath)).toEqual(["replicas"]);
  });

  it("a missing model without stumbling", async () => {
    const error = await refusalOf({ model: undefined });
    expect(error.errors.map(({ propertyPath }) => propertyPath)).toEqual(["model.source"]);
  });

  it("never shows a secret value", async () => {
    const secretImage = deploy({ image: pulumi.secret("registry.example.com/hidden:1") });
    await expect(secretImage).rejects.toThrow(/image has no digest.*\[secret\]/);
    await expect(secretImage).rejects.not.toThrow(/hidden/);
  });
});

describe("VllmDeployment accepts", () => {
  const accepted: [string, Args][] = [
    [
      "an image without a digest when told so",
      { image: "vllm/vllm-openai:v0.33.0", allowImageWithoutDigest: true },
    ],
    [
      "an image on a registry with a port",
      { image: `registry.example.com:5000/vllm@sha256:${"a".repeat(64)}` },
    ],
    ["a tag as revision", { model: hub({ revision: "v1.0" }) }],
    ["no replicas", { replicas: 0 }],
    ["a grace period equal to the sum", { drain: { terminationGracePeriodSeconds: 90 } }],
    ["a longer grace period", { drain: { terminationGracePeriodSeconds: 600 } }],
    [
      "shared memory of three quarters of the limit",
      { resources: { memoryLimit: "4Gi", sharedMemory: "3Gi" } },
    ],
    [
      "a flag that only begins like a reserved one",
      { extraArgs: ["--max-model-len-override", "--portable"] },
    ],
    ["a value that looks like a flag's", { extraArgs: ["--chat-template", "port"] }],
    ["AWS variables with a hub model", env({ name: "AWS_REGION", value: "eu-1" })],
    ["a volume below the home", volume({ mountPath: "/home/vllm/.config" })],
    ["a name of 46 characters", { name: "a".repeat(46) }],
    ["a share of one", { gpuMemoryUtilization: 1 }],
  ];
  it.each(accepted)("%s", async (_, args) => {
    expect((await deploy(args)).all("Deployment")).toHaveLength(1);
  });
});

async function refusalOf(args: object, onRegister?: () => unknown): Promise<pulumi.InputPropertiesError> {
  const outputs = () => {
    onRegister?.();
    return {};
  };
  try {
    await runWithMocks(() => new VllmDeployment("chat", { ...MINIMAL, ...args }), { outputs });
  } catch (error) {
    if (pulumi.InputPropertiesError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("the arguments were accepted");
}
