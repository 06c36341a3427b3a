/** Arguments that say how the pods of a `VllmDeployment` run, start, stop and are reached. */
import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "./model-args.ts";

/** How the engine is spread over GPUs, all inside one pod. */
export interface VllmParallelismArgs {
  /** Shards of each layer (`--tensor-parallel-size`). Default 1. */
  tensor?: pulumi.Input<number>;
  /** Groups of layers (`--pipeline-parallel-size`). Default 1. */
  pipeline?: pulumi.Input<number>;
  /** Engines behind vLLM's own load balancer (`--data-parallel-size`). Default 1. */
  data?: pulumi.Input<number>;
  /** Engines of those in this pod; a Deployment can't place the others, so it must equal `data`. Default `data`. */
  dataLocal?: pulumi.Input<number>;
}

/** GPUs of one replica. */
export interface VllmGpuArgs {
  /** GPUs per replica: tensor × pipeline × data. Given, it is checked against that product. */
  count?: pulumi.Input<number>;
  /** Extended resource. Default `nvidia.com/gpu`. */
  resourceName?: pulumi.Input<string>;
  /** Value of the node label `nvidia.com/gpu.product`, such as `NVIDIA-H100-80GB-HBM3`. Default: any. */
  product?: pulumi.Input<string>;
}

/** CPU and memory of one replica, as Kubernetes quantities. */
export interface VllmResourcesArgs {
  /** Default `4`. */
  cpuRequest?: pulumi.Input<string>;
  /** Default none: throttling the scheduler thread costs tokens. */
  cpuLimit?: pulumi.Input<string>;
  /** Default: the limit. */
  memoryRequest?: pulumi.Input<string>;
  /** Default `32Gi`. Shared memory and volumes in memory count to it. */
  memoryLimit?: pulumi.Input<string>;
  /** /dev/shm, used by NCCL and between processes; counts to the memory limit. Default `2Gi`. */
  sharedMemory?: pulumi.Input<string>;
}

/** Where the multiprocess metrics volume keeps its files. */
export const VllmVolumeMedium = { Disk: "disk", Memory: "memory" } as const;
export type VllmVolumeMedium = (typeof VllmVolumeMedium)[keyof typeof VllmVolumeMedium];

/**
 * Volume through which several processes of one server add up their metrics (PROMETHEUS_MULTIPROC_DIR). It is
 * there when `apiServerCount` or `parallelism.data` is above 1; otherwise the variable stays unset, because
 * multiprocess mode costs the process_* and python_* families and hides gauges until the first request.
 */
export interface VllmMultiprocessMetricsArgs {
  /** Have the volume with a single process too. Default false. */
  always?: pulumi.Input<boolean>;
  /** Default `disk`; `memory` is faster and counts to the memory limit. Never a network volume: mmap fails there. */
  medium?: pulumi.Input<VllmVolumeMedium>;
  /** Default `64Mi`: 9 MiB were measured with 8 API servers and 8 engines, and files double as they grow. */
  sizeLimit?: pulumi.Input<string>;
}

/** How long a pod may take to start. */
export interface VllmStartupArgs {
  /**
   * Seconds from container start to the first good /health, at worst. The start-up probe allows twice of it, and five minutes at
   * least. Default: three minutes and the weights at 100 MiB a second, or 600 without `weightsGiB`.
   */
  expectedLoadSeconds?: pulumi.Input<number>;
  /** All weights of the model in GiB: parameters times the bytes of one. Has no use with `expectedLoadSeconds`. */
  weightsGiB?: pulumi.Input<number>;
}

/**
 * How a pod stops: it leaves the endpoints, waits `preStopSeconds` for that to spread, then finishes what runs for at
 * most `shutdownSeconds`.
 */
export interface VllmDrainArgs {
  /** Default 15. */
  preStopSeconds?: pulumi.Input<number>;
  /** Time for requests in flight (`--shutdown-timeout`). vLLM's own default 0 aborts them. Default 60. */
  shutdownSeconds?: pulumi.Input<number>;
  /** Default: the sum of both and 15 seconds to exit; less than that is refused. */
  terminationGracePeriodSeconds?: pulumi.Input<number>;
}

/** What a rollout does when it replaces a pod. */
export const VllmRolloutMode = {
  /** Stop one pod, then start its successor: needs no spare GPU; one replica is missing (all, with one replica). */
  ReplaceFirst: "replace-first",
  /** Start one pod, then stop its predecessor: needs the GPUs of one more replica. */
  SurgeFirst: "surge-first",
} as const;
export type VllmRolloutMode = (typeof VllmRolloutMode)[keyof typeof VllmRolloutMode];

/** A toleration. */
export interface VllmTolerationArgs {
  /** Key of the taint. */
  key: pulumi.Input<string>;
  /** Default `Exists`, or `Equal` with a value. */
  value?: pulumi.Input<string>;
  /** Default `NoSchedule`. */
  effect?: pulumi.Input<string>;
}

/** Which nodes a replica may run on, besides those that have the GPUs. */
export interface VllmSchedulingArgs {
  /** Labels that a node must have. Default none but that of `gpu.product`. */
  nodeSelector?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Default: tolerates `nvidia.com/gpu` (NoSchedule), the taint of GPU nodes. */
  tolerations?: pulumi.Input<pulumi.Input<VllmTolerationArgs>[]>;
  /** Node label over which replicas are spread as far as there is room. Default `kubernetes.io/hostname`. */
  spreadTopologyKey?: pulumi.Input<string>;
  /** PriorityClass of the pods. Default: the cluster's. */
  priorityClassName?: pulumi.Input<string>;
  /** Container runtime class, `nvidia` where it is not the node's default. */
  runtimeClassName?: pulumi.Input<string>;
}

/** An environment variable: either a value or a reference to a Secret. */
export interface VllmEnvironmentVariableArgs {
  /** Name, unique in the list. */
  name: pulumi.Input<string>;
  /** The value itself; a Pulumi secret stays one, but the cluster shows it in the pod. */
  value?: pulumi.Input<string>;
  /** The Secret that holds the value. */
  secret?: pulumi.Input<SecretKeyArgs>;
}

/** Medium of an extra volume: exactly one of the fields. */
export interface VllmExtraVolumeArgs {
  /** Volume name; `vllm-…` names are the component's own. */
  name: pulumi.Input<string>;
  /** Absolute path in the container, clear of the component's own. */
  mountPath: pulumi.Input<string>;
  /** Default true. */
  readOnly?: pulumi.Input<boolean>;
  /** PersistentVolumeClaim. */
  claim?: pulumi.Input<string>;
  /** ConfigMap. */
  configMap?: pulumi.Input<string>;
  /** Secret. */
  secret?: pulumi.Input<string>;
}

/** Who may send requests: pods of a namespace, all of them or those with certain labels. */
export interface VllmClientArgs {
  /** Namespace of the client's pods. */
  namespace: pulumi.Input<string>;
  /** Default: every pod of the namespace. */
  podLabels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * Who may reach port 8000. /metrics has no authentication, even with an API key, so only these and the kubelet
 * get through.
 */
export interface VllmNetworkArgs {
  /** Gateways that send requests. Default none: only Prometheus gets in. */
  clients?: pulumi.Input<pulumi.Input<VllmClientArgs>[]>;
  /** Namespace whose pods may scrape. Default `monitoring`. */
  monitoringNamespace?: pulumi.Input<string>;
}

/** How Prometheus scrapes the pods. */
export interface VllmMonitorArgs {
  /** Default: Prometheus' own (15 s in this project). A Prometheus duration. */
  interval?: pulumi.Input<string>;
  /** Default: 10 s, or the interval when that is shorter. At most the interval. */
  timeout?: pulumi.Input<string>;
  /** A scrape with more samples fails as a whole and shows as down. Default: no limit. */
  sampleLimit?: pulumi.Input<number>;
  /**
   * Regular expression (RE2, anchored) of metric names that are thrown away when they are scraped. Default: none.
   * `dropPattern` of metrics/usage.ts makes one of what nothing reads.
   */
  dropMetrics?: pulumi.Input<string>;
  /** Labels of the PodMonitor, for a Prometheus that selects by label. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** User and groups of the container; the defaults are those of the vLLM image. */
export interface VllmSecurityArgs {
  /** Default 2000. 0 is refused. */
  userId?: pulumi.Input<number>;
  /** Default 0, the image's group; it grants nothing without the root user. */
  groupId?: pulumi.Input<number>;
  /** Group that owns mounted volumes. Default 2000. */
  volumeGroupId?: pulumi.Input<number>;
}
