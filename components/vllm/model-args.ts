/** Arguments that say which model a `VllmDeployment` serves and from where it is loaded. */
import type * as pulumi from "@pulumi/pulumi";

/** Key of an existing Secret in the deployment's namespace. */
export interface SecretKeyArgs {
  /** Name of the Secret. */
  name: pulumi.Input<string>;
  /** Key inside it. */
  key: pulumi.Input<string>;
}

/** Where the weights come from; each kind has its own object in {@link VllmModelSourceArgs}. */
export const VllmModelSourceKind = {
  /** Hugging Face hub (or the mirror in HF_ENDPOINT). */
  Hub: "hub",
  /** Object store, streamed to the GPU by the Run:ai streamer. */
  S3: "s3",
  /**
   * Directory on an NFS export, mounted read-only. The restricted pod security standard admits no NFS volume in a pod:
   * in a namespace that enforces it, put the export into a PersistentVolume and use `claim`.
   */
  Nfs: "nfs",
  /** Directory on a PersistentVolumeClaim, mounted read-only. */
  Claim: "claim",
} as const;
export type VllmModelSourceKind = (typeof VllmModelSourceKind)[keyof typeof VllmModelSourceKind];

/** Model on the Hugging Face hub. */
export interface VllmHubSourceArgs {
  /** Repository, `organisation/model`. */
  id: pulumi.Input<string>;
  /** Commit hash (40 hex digits) or tag. A branch such as `main` is refused: its weights change by themselves. */
  revision: pulumi.Input<string>;
  /** Access token for gated models. */
  tokenSecret?: pulumi.Input<SecretKeyArgs>;
  /** PersistentVolumeClaim for the download cache, shared by replicas. Default: a volume that dies with the pod. */
  cacheClaim?: pulumi.Input<string>;
}

/** Model in an S3 compatible object store. */
export interface VllmS3SourceArgs {
  /** Directory of the model, `s3://bucket/path`. */
  uri: pulumi.Input<string>;
  /** AWS region. Default: what the environment of the pod says (Pod Identity, IRSA, instance). */
  region?: pulumi.Input<string>;
  /** Address of an S3 compatible store; path-style requests are used with it. Default: AWS. */
  endpoint?: pulumi.Input<string>;
  /** Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Default: the service account's identity. */
  credentialsSecret?: pulumi.Input<string>;
  /** Parallel reads of the streamer. Default: the streamer's own (16). */
  concurrency?: pulumi.Input<number>;
  /** CPU buffer of the streamer as a quantity; counts to the memory limit. Default: the streamer's own. */
  bufferSize?: pulumi.Input<string>;
}

/** Model on an NFS export. */
export interface VllmNfsSourceArgs {
  /** Host name or address of the server. */
  server: pulumi.Input<string>;
  /** Exported path. */
  path: pulumi.Input<string>;
  /** Directory of the model below the export. Default: the export itself. */
  directory?: pulumi.Input<string>;
}

/** Model on a PersistentVolumeClaim. */
export interface VllmClaimSourceArgs {
  /** Name of the claim. */
  name: pulumi.Input<string>;
  /** Directory of the model below the volume's root. Default: the root. */
  directory?: pulumi.Input<string>;
}

/** One source: `kind`, and the object of that name. */
export interface VllmModelSourceArgs {
  /** Which of the objects below describes the source. */
  kind: pulumi.Input<VllmModelSourceKind>;
  /** For kind `hub`. */
  hub?: pulumi.Input<VllmHubSourceArgs>;
  /** For kind `s3`. */
  s3?: pulumi.Input<VllmS3SourceArgs>;
  /** For kind `nfs`. */
  nfs?: pulumi.Input<VllmNfsSourceArgs>;
  /** For kind `claim`. */
  claim?: pulumi.Input<VllmClaimSourceArgs>;
}

/** Weight quantisation (`--quantization`). Usually read from the checkpoint; set it to insist, or for online FP8. */
export const VllmQuantization = {
  Awq: "awq",
  AutoAwq: "auto_awq",
  AwqMarlin: "awq_marlin",
  Gptq: "gptq",
  AutoGptq: "auto_gptq",
  GptqMarlin: "gptq_marlin",
  Fp8: "fp8",
  Fp8PerTensor: "fp8_per_tensor",
  FbgemmFp8: "fbgemm_fp8",
  ModelOpt: "modelopt",
  ModelOptFp4: "modelopt_fp4",
  ModelOptMxfp8: "modelopt_mxfp8",
  CompressedTensors: "compressed-tensors",
  Quark: "quark",
  TorchAo: "torchao",
  Inc: "inc",
  Mxfp4: "mxfp4",
  MoeWna16: "moe_wna16",
} as const;
export type VllmQuantization = (typeof VllmQuantization)[keyof typeof VllmQuantization];

/** Type of weights and activations (`--dtype`). */
export const VllmDtype = {
  Auto: "auto",
  Bfloat16: "bfloat16",
  Float16: "float16",
  Float32: "float32",
} as const;
export type VllmDtype = (typeof VllmDtype)[keyof typeof VllmDtype];

/** Type of the KV cache (`--kv-cache-dtype`). */
export const VllmKvCacheDtype = {
  Auto: "auto",
  Bfloat16: "bfloat16",
  Fp8: "fp8",
  Fp8E4m3: "fp8_e4m3",
  Fp8E5m2: "fp8_e5m2",
} as const;
export type VllmKvCacheDtype = (typeof VllmKvCacheDtype)[keyof typeof VllmKvCacheDtype];

/** A LoRA adapter that is there from the start. */
export interface VllmLoraAdapterArgs {
  /** Model name that requests use for it. */
  name: pulumi.Input<string>;
  /** Hub repository, or a path in the container (see `extraVolumes`). */
  path: pulumi.Input<string>;
}

/** LoRA adapters on top of the base model (`--enable-lora`). */
export interface VllmLoraArgs {
  /** Adapters in one batch (`--max-loras`). Default 1. */
  maxAdapters?: pulumi.Input<number>;
  /** Highest rank: 1, 8, 16, 32, 64, 128, 256, 320 or 512 (`--max-lora-rank`). Default 16. */
  maxRank?: pulumi.Input<number>;
  /** Adapters kept in CPU memory (`--max-cpu-loras`), at least `maxAdapters`. Default: as many. */
  maxCpuAdapters?: pulumi.Input<number>;
  /** Adapters loaded at start (`--lora-modules`). Default none. */
  adapters?: pulumi.Input<pulumi.Input<VllmLoraAdapterArgs>[]>;
}

/** The model and how the engine holds it. */
export interface VllmModelArgs {
  /** Where the weights come from. */
  source: pulumi.Input<VllmModelSourceArgs>;
  /**
   * Value of the `model_name` label and of `model` in requests (`--served-model-name`). Default for the hub: the
   * repository's id. Needed for the other sources, where it would be a path.
   */
  servedName?: pulumi.Input<string>;
  /** Longest prompt plus output, in tokens (`--max-model-len`). Default: what the model's config says. */
  maxLength?: pulumi.Input<number>;
  /** Default: what the checkpoint says. */
  quantization?: pulumi.Input<VllmQuantization>;
  /** Default `auto`. */
  dtype?: pulumi.Input<VllmDtype>;
  /** Default `auto`: that of the model. */
  kvCacheDtype?: pulumi.Input<VllmKvCacheDtype>;
  /** Serve LoRA adapters. Default: off. */
  lora?: pulumi.Input<VllmLoraArgs>;
}
