/** Arguments of a `ModelWeights`. */
import type * as pulumi from "@pulumi/pulumi";

import type { SecretKeyArgs } from "../vllm/model-args.ts";

/** Where the weights are copied from; each kind has its own object in {@link ModelWeightsArgs}. */
export const ModelWeightsOrigin = {
  /** Hugging Face hub (or the mirror in `endpoint`). */
  Hub: "hub",
  /** S3 compatible object store. */
  S3: "s3",
} as const;
export type ModelWeightsOrigin = (typeof ModelWeightsOrigin)[keyof typeof ModelWeightsOrigin];

/** A repository of the hub. */
export interface ModelWeightsHubArgs {
  /** Repository, `organisation/model`. */
  id: string;
  /** Commit hash (40 hex digits) or tag. A branch such as `main` is refused: its weights change by themselves. */
  revision: string;
  /** Access token for gated models. */
  tokenSecret?: SecretKeyArgs;
  /** Address of a mirror of the hub. Default: huggingface.co. */
  endpoint?: string;
}

/** A directory of an object store. */
export interface ModelWeightsS3Args {
  /** Directory of the model, `s3://bucket/path`. What is there must not change: give another version another path. */
  uri: string;
  /** AWS region. Default: what the environment of the pod says (Pod Identity, IRSA, instance). */
  region?: string;
  /** Address of an S3 compatible store. Default: AWS. */
  endpoint?: string;
  /** Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Default: the service account's identity. */
  credentialsSecret?: pulumi.Input<string>;
}

/** An export of an NFS server, such as an EFS file system's. */
export interface ModelWeightsNfsArgs {
  /** Host name or address of the server. */
  server: pulumi.Input<string>;
  /** Exported path. */
  path: pulumi.Input<string>;
}

/** What holds the weights: one of an existing claim, an NFS export, or a volume of a storage class. */
export interface ModelWeightsVolumeArgs {
  /** Name of an existing claim that several pods may mount. Its volume is left alone but for the model's directory. */
  claim?: pulumi.Input<string>;
  /**
   * NFS export: it becomes a PersistentVolume and a claim bound to it, which the restricted pod security standard admits
   * where it refuses NFS in a pod.
   */
  nfs?: ModelWeightsNfsArgs;
  /** Storage class whose volumes several pods may mount (EFS, FSx, CephFS). Default: the cluster's default class. */
  storageClass?: pulumi.Input<string>;
  /** Size of the claim as a quantity, such as "40Gi". Required unless `claim` is given. */
  size?: string;
}

/** Arguments of a `ModelWeights`. */
export interface ModelWeightsArgs {
  /** An existing namespace, that of the model. */
  namespace: pulumi.Input<string>;
  /** Which of `hub` and `s3` describes the origin. */
  origin: ModelWeightsOrigin;
  /** For the origin `hub`. */
  hub?: ModelWeightsHubArgs;
  /** For the origin `s3`. */
  s3?: ModelWeightsS3Args;
  volume: ModelWeightsVolumeArgs;
  /**
   * Image that copies, with digest if it is to be pinned: with the command `hf` for the hub (vLLM's own image has it), with
   * `aws` for S3 (amazon/aws-cli).
   */
  image: pulumi.Input<string>;
  /** Names of Secrets with registry credentials. */
  imagePullSecrets?: pulumi.Input<pulumi.Input<string>[]>;
  /** Size of the weights in GiB, for the deadline. Default: the volume's size, or 100. */
  expectedGiB?: number;
  /**
   * Seconds after which the copy is given up. Default: ten minutes, and `expectedGiB` at 25 MiB a second.
   */
  timeoutSeconds?: number;
  /** ServiceAccount with the right to read the bucket. Default: an own one, without any right. */
  serviceAccount?: pulumi.Input<string>;
  /** User, and group of the volume: those of the pods that read. Default 2000, as of `VllmDeployment`. */
  userId?: pulumi.Input<number>;
  /** Memory limit of the copy, a quantity. Default "4Gi". */
  memoryLimit?: pulumi.Input<string>;
}
