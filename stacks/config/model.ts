import { z } from "zod";
import { GpuWeightFormat } from "../../components/gpu/weights.ts";
import { VllmKvCacheDtype, VllmQuantization } from "../../components/vllm/model-args.ts";
import { autoscalingSchema } from "./autoscaling.ts";
import { engineSchema, rayOperatorSchema } from "./engine.ts";
import { expects } from "./messages.ts";
import { gpuKind } from "./node-groups.ts";
import {
  absolutePath,
  byteQuantity,
  choice,
  cpuQuantity,
  dnsLabel,
  dollars,
  hostName,
  imageByDigest,
  integer,
  labels,
  list,
  mapping,
  plainUrl,
  seconds,
  secretKey,
  text,
  valuesOf,
  workloadName,
} from "./types.ts";

const kind = <const Kind extends string>(value: Kind, description: string) =>
  z.literal(value).meta({ description });

const repositoryError = expects(
  "a repository such as meta-llama/Llama-3.1-8B-Instruct",
  "leave out https://huggingface.co/",
);
const hubRepository = z
  .string({ error: repositoryError })
  .regex(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/, { error: repositoryError });

const s3UriError = expects(
  "an S3 address such as s3://models/llama-3.1-70b/",
  "start it with s3:// and name a prefix",
);
const s3Uri = z
  .string({ error: s3UriError })
  .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^\s?#]+$/, { error: s3UriError });

const hub = mapping(
  {
    kind: kind("hub", "Hugging Face hub."),
    repository: hubRepository.meta({ description: "Repository on the hub." }),
    revision: text(
      /^(?!(main|master|HEAD)$)[A-Za-z0-9][\w./-]*$/,
      "a commit (40 hexadecimal digits) or a tag, no branch",
      "copy the commit from the repository's history (quoted, when it is all digits); a branch changes under running pods",
    ).meta({ description: "Commit or tag." }),
    tokenFromSecret: secretKey.optional().meta({
      description: "Name of the secret configuration key that holds the hub token. For gated models.",
    }),
  },
  "Weights from the Hugging Face hub.",
);

const s3 = mapping(
  {
    kind: kind("s3", "Object store with the S3 protocol."),
    uri: s3Uri.meta({ description: "Prefix of the weights." }),
    region: z
      .string({ error: expects("a region name") })
      .min(1, { error: expects("a region name that is not empty") })
      .optional()
      .meta({ description: "Region of the bucket. Default: the pod's own." }),
    endpoint: plainUrl
      .optional()
      .meta({ description: "Endpoint of an S3-compatible server. Default: Amazon S3." }),
  },
  "Weights streamed from S3 while loading (run:ai streamer). The pods' own identity reads them.",
);

const relativePath = z
  .string({ error: expects("a relative path") })
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/, { error: expects("a relative path without ..") });

const nfs = mapping(
  {
    kind: kind("nfs", "A directory of an NFS server, such as Amazon EFS."),
    server: hostName.meta({ description: "Host name of the server." }),
    path: absolutePath.meta({ description: "Exported directory; mounted read-only." }),
    subPath: relativePath
      .optional()
      .meta({ description: "Directory of this model's weights within the export." }),
  },
  "Weights from an NFS server.",
);

const claim = mapping(
  {
    kind: kind("claim", "A volume that the replicas share, filled once before the first of them starts."),
    claim: dnsLabel.optional().meta({ description: "Name of an existing claim. Default: one is made." }),
    nfs: mapping(
      {
        server: hostName.meta({
          description: "Host name of the server, such as that of an EFS file system.",
        }),
        path: absolutePath.meta({ description: "Exported directory." }),
      },
      "Export of an NFS server that the claim is made for. Default: a volume of the storage class.",
    ).optional(),
    storageClass: dnsLabel.optional().meta({
      description:
        "Storage class whose volumes several pods may mount. Default: the cluster's default class.",
    }),
    size: byteQuantity.optional().meta({ description: "Size of the claim that is made." }),
    subPath: relativePath
      .optional()
      .meta({ description: "Directory of the weights on an existing claim that nothing fills." }),
    fill: z
      .discriminatedUnion("kind", [hub, s3])
      .optional()
      .meta({ description: "What is copied to the volume. Default: nothing, the weights are there." }),
    fillImage: imageByDigest.optional().meta({
      description:
        "Image that copies: with the command hf for the hub, aws for S3. Default: the model's own image, which has hf.",
    }),
  },
  "Weights on a shared volume. A Job fills it; another revision is another directory.",
);

export const modelSourceSchema = z
  .discriminatedUnion("kind", [hub, s3, nfs, claim])
  .meta({ description: "Where the weights come from." });

const objectiveError = expects(
  "a percentage from 50 to 99.999",
  "write percent, not a ratio (99.5, not 0.995); 100 leaves no error budget",
);
const objectivePercent = z
  .number({ error: objectiveError })
  .min(50, { error: objectiveError })
  .max(99.999, { error: objectiveError });

const latencySlo = (what: string) =>
  mapping(
    {
      objectivePercent: objectivePercent.meta({
        description: "Share of events that stay within the threshold, in percent.",
      }),
      thresholdSeconds: seconds(7680).meta({
        description:
          "Threshold in seconds. Must be an upper bound of the metric's histogram buckets to be measurable.",
      }),
    },
    what,
  );

export const slosSchema = mapping(
  {
    periodDays: integer(1, 90, "days")
      .default(30)
      .meta({ description: "Rolling period of the error budgets." }),
    availability: mapping(
      {
        objectivePercent: objectivePercent.meta({
          description: "Share of requests that do not fail, in percent.",
        }),
      },
      "Requests that end without an error.",
    ).optional(),
    timeToFirstToken: latencySlo("Time from the request's arrival to its first token.").optional(),
    interTokenLatency: latencySlo("Time between two output events of a request.").optional(),
    endToEndLatency: latencySlo("Time from the request's arrival to its last token.").optional(),
    queueTime: latencySlo("Time a request waits to be scheduled.").optional(),
  },
  "Service level objectives. Default: none.",
);

const loraAdapter = mapping(
  {
    name: dnsLabel.meta({ description: "Name that requests use as the model." }),
    source: z
      .string({ error: expects("a hub repository or an absolute path") })
      .regex(/^(\/[^\s]+|[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)$/, {
        error: expects("a hub repository such as org/adapter, or an absolute path in the model volume"),
      })
      .meta({ description: "Hub repository, or path in the model volume." }),
  },
  "A LoRA adapter that is loaded at start.",
);

const billions = (description: string) => {
  const error = expects("a number of billions above 0", "write 70.6 for 70.6 billion");
  return z.number({ error }).gt(0, { error }).max(100_000, { error }).meta({ description });
};

export const modelSizeSchema = mapping(
  {
    parametersBillion: billions("All parameters in billions; of a mixture of experts, all experts."),
    weightFormat: choice(valuesOf(GpuWeightFormat)).optional().meta({
      description: "How the weights are kept on the GPU. Default: as `quantization` says, else bfloat16.",
    }),
    unquantisedBillion: billions(
      "Parameters that a quantised checkpoint keeps in 16 bit. Default: 5 % of all.",
    ).optional(),
    layers: integer(1, 1000)
      .optional()
      .meta({ description: "num_hidden_layers of the model's config.json." }),
    kvHeads: integer(1, 1024).optional().meta({ description: "num_key_value_heads." }),
    headSize: integer(1, 4096).optional().meta({ description: "head_dim." }),
    kvLatentSize: integer(1, 65_536)
      .optional()
      .meta({ description: "Multi-head latent attention: kv_lora_rank + qk_rope_head_dim." }),
    concurrentRequests: integer(1, 10_000)
      .optional()
      .meta({ description: "Requests of the greatest length to hold at the same time. Default: 1." }),
  },
  "Size of the model, by which it is checked against the GPUs' memory before anything is deployed. The KV cache is checked once layers and heads are given.",
);

const shareError = expects("a number over 0 and up to 1", "write 0.9 for 90 %");

const argumentError = expects("an argument that starts with --, such as --enable-prefix-caching");

export const modelSchema = mapping(
  {
    name: workloadName.meta({
      description: "Name of the deployment and of every object that belongs to it.",
    }),
    servedModelName: z
      .string({ error: expects("a model name") })
      .regex(/^[^\s"\\{}]{1,200}$/, {
        error: expects("a model name of 200 characters at most, without spaces or quotes"),
      })
      .meta({ description: "Name that clients use; also the metrics' label model_name." }),
    namespace: dnsLabel.optional().meta({ description: "Namespace. Default: the fleet's." }),
    image: imageByDigest.meta({ description: "vLLM image, pinned by digest." }),
    engine: engineSchema,
    replicas: integer(0, 10_000).meta({ description: "Number of pods; with autoscaling the fewest." }),
    autoscaling: autoscalingSchema.optional(),
    gpu: mapping(
      {
        kind: gpuKind,
        count: integer(1, 256, "GPUs").meta({
          description: "GPUs of one replica: tensor × pipeline × data parallel size.",
        }),
      },
      "GPUs of one replica.",
    ),
    nodes: integer(1, 32, "nodes").default(1).meta({
      description:
        "Nodes that one replica spans, each with gpu.count / nodes GPUs. From 2 on a LeaderWorkerSet is made, whose controller the cluster must have.",
    }),
    tensorParallelSize: integer(1, 16).default(1).meta({ description: "vLLM's --tensor-parallel-size." }),
    pipelineParallelSize: integer(1, 16).default(1).meta({ description: "vLLM's --pipeline-parallel-size." }),
    dataParallelSize: integer(1, 16).default(1).meta({ description: "vLLM's --data-parallel-size." }),
    apiServerCount: integer(1, 64)
      .optional()
      .meta({ description: "vLLM's --api-server-count. Default: vLLM's own, the data parallel size." }),
    quantization: choice(valuesOf(VllmQuantization))
      .optional()
      .meta({ description: "vLLM's --quantization. Default: as the checkpoint says." }),
    maxModelLength: integer(1, 10_000_000, "tokens").meta({
      description: "Longest prompt plus output (--max-model-len).",
    }),
    maxNumSeqs: integer(1, 65_536, "sequences")
      .optional()
      .meta({ description: "Most sequences in one batch (--max-num-seqs). Default: vLLM's own." }),
    kvCacheDtype: choice(valuesOf(VllmKvCacheDtype))
      .optional()
      .meta({ description: "vLLM's --kv-cache-dtype. Default: as the model." }),
    gpuMemoryUtilization: z
      .number({ error: shareError })
      .gt(0, { error: shareError })
      .max(1, { error: shareError })
      .optional()
      .meta({ description: "Share of each GPU's memory that vLLM takes. Default: vLLM's own." }),
    loraAdapters: list(loraAdapter, "LoRA adapters")
      .default([])
      .meta({ description: "LoRA adapters that are loaded at start." }),
    maxLoraRank: z
      .literal([1, 8, 16, 32, 64, 128, 256, 320, 512], {
        error: expects(
          "one of 1, 8, 16, 32, 64, 128, 256, 320, 512",
          "take the next one above the adapters' highest rank",
        ),
      })
      .optional()
      .meta({ description: "Highest rank of an adapter (--max-lora-rank). Default: vLLM's own, 16." }),
    size: modelSizeSchema.optional(),
    source: modelSourceSchema,
    loadSeconds: integer(1, 7200, "seconds").optional().meta({
      description:
        "How long a start takes at worst, weights included; the pod is restarted after twice of it. Default: three minutes and the weights at 100 MiB a second where size tells them, else 600.",
    }),
    resources: mapping(
      {
        cpu: cpuQuantity.optional().meta({ description: "CPU request, in cores." }),
        memory: byteQuantity.optional().meta({ description: "Memory request and limit." }),
        sharedMemory: byteQuantity
          .optional()
          .meta({ description: "Size of /dev/shm; counts to the memory limit." }),
      },
      "CPU and memory of one replica. Default: the component's own.",
    ).prefault({}),
    slos: slosSchema.prefault({}),
    owner: mapping(
      {
        team: dnsLabel.meta({
          description: "Team; becomes the label `team` of the model's series and alerts.",
        }),
        contact: z
          .string({ error: expects("an e-mail address, a URL or a chat channel") })
          .min(1, { error: expects("an e-mail address, a URL or a chat channel") })
          .meta({ description: "Whom to ask: e-mail address, URL or chat channel." }),
      },
      "Who answers for the model.",
    ),
    price: mapping(
      {
        promptPerMillion: dollars.meta({ description: "US dollars for a million prompt tokens." }),
        outputPerMillion: dollars.meta({ description: "US dollars for a million generated tokens." }),
      },
      "What the gateway books as spend. Default: nothing, the spend of a model of one's own stays 0.",
    ).optional(),
    labels: labels.default({}).meta({ description: "More labels on the model's objects." }),
    extraArguments: list(
      z.string({ error: argumentError }).regex(/^--[a-z][a-z0-9-]*(=.*)?$/, { error: argumentError }),
      "vLLM arguments",
    )
      .default([])
      .meta({
        description:
          "More arguments of vLLM, each as --name=value. Those that have a field of their own are refused.",
      }),
  },
  "One model of the fleet.",
);

export const fleetSchema = mapping(
  {
    namespace: dnsLabel.default("vllm").meta({ description: "Namespace of models that name none." }),
    clientNamespaces: list(dnsLabel, "namespaces").default([]).meta({
      description:
        "Namespaces of the gateways that may send requests to the models. Others reach neither the API nor /metrics.",
    }),
    kedaNamespace: dnsLabel
      .default("keda")
      .meta({ description: "Namespace of KEDA, which may ask Prometheus when a model is scaled by it." }),
    rayOperator: rayOperatorSchema,
    models: list(modelSchema, "models")
      .min(1, { error: expects("at least one model") })
      .meta({ description: "The models, each a deployment of its own." }),
  },
  "The models that are served.",
);

export type FleetSettings = z.output<typeof fleetSchema>;
export type ModelSettings = z.output<typeof modelSchema>;
export type ModelSource = z.output<typeof modelSourceSchema>;
export type SloSettings = z.output<typeof slosSchema>;
