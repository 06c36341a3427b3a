import type * as pulumi from "@pulumi/pulumi";
import type { VllmModelArgs } from "./model-args.ts";
import type {
  VllmDrainArgs,
  VllmEnvironmentVariableArgs,
  VllmExtraVolumeArgs,
  VllmGpuArgs,
  VllmMonitorArgs,
  VllmNetworkArgs,
  VllmParallelismArgs,
  VllmResourcesArgs,
  VllmSchedulingArgs,
  VllmSecurityArgs,
  VllmStartupArgs,
} from "./pod-args.ts";

/**
 * Arguments that mean the same for a model that `vllm serve` serves as for one under Ray.
 *
 * An interface and no picked type: of these the inference of the package's schema knows the names alone.
 */
export interface ServedModelArgs {
  /** Name of the Deployment, the Service and the rest. Default: the component's name. A DNS label that starts with a letter, at most 46 characters. */
  name?: pulumi.Input<string>;
  /** Namespace; it must exist. */
  namespace: pulumi.Input<string>;
  /** Person or team to call, a label `owner` on every series. */
  owner: pulumi.Input<string>;
  /** Cost centre or team, a label `team` on every series. Default: the owner. */
  team?: pulumi.Input<string>;
  /** Accept an image without a digest, whose content may change under the same tag. Default false. */
  allowImageWithoutDigest?: pulumi.Input<boolean>;
  /** Names of Secrets with registry credentials. */
  imagePullSecrets?: pulumi.Input<pulumi.Input<string>[]>;
  /** The model, where its weights come from and how the engine holds it. */
  model: pulumi.Input<VllmModelArgs>;
  /** How the engine is spread over the GPUs of one pod. Default: one GPU. */
  parallelism?: pulumi.Input<VllmParallelismArgs>;
  /** GPUs of one replica. Default: as many `nvidia.com/gpu` as the parallelism needs, of any kind. */
  gpu?: pulumi.Input<VllmGpuArgs>;
  /** Most sequences in a batch (`--max-num-seqs`). Default: vLLM's own for the GPU. */
  maxSequences?: pulumi.Input<number>;
  /** Share of GPU memory vLLM takes, above 0 and at most 1 (`--gpu-memory-utilization`). Default: vLLM's own, 0.92. */
  gpuMemoryUtilization?: pulumi.Input<number>;
  /** CPU and memory of one replica. */
  resources?: pulumi.Input<VllmResourcesArgs>;
  /** How long a pod may take to start. Default: 20 minutes, for a load of 10. */
  startup?: pulumi.Input<VllmStartupArgs>;
  /** How a pod stops. Default: 15 s to leave the endpoints, 60 s for requests in flight, 15 s to exit. */
  drain?: pulumi.Input<VllmDrainArgs>;
  /** Which nodes a replica may run on. Default: any with the GPUs, spread over nodes. */
  scheduling?: pulumi.Input<VllmSchedulingArgs>;
  /** Who may reach the pods. Default: Prometheus in the namespace `monitoring` only. */
  network?: pulumi.Input<VllmNetworkArgs>;
  /** How Prometheus scrapes the pods. */
  monitor?: pulumi.Input<VllmMonitorArgs>;
  /** User and groups of the container. Default: those of the vLLM image, never root. */
  security?: pulumi.Input<VllmSecurityArgs>;
  /** Environment variables besides the component's own, which are refused here. */
  env?: pulumi.Input<pulumi.Input<VllmEnvironmentVariableArgs>[]>;
  /** Volumes of claims, ConfigMaps and Secrets. Default none. */
  extraVolumes?: pulumi.Input<pulumi.Input<VllmExtraVolumeArgs>[]>;
  /** Annotations of every object. */
  annotations?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Annotations of the pods, besides those of every object. */
  podAnnotations?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Labels of the pods, besides the component's own. */
  podLabels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Annotations of the service account, such as the role it assumes in a cloud. */
  serviceAccountAnnotations?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
