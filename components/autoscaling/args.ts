/** Arguments of a `ModelAutoscaler`. */
import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../vllm/model-args.ts";

type Input<T> = pulumi.Input<T>;

/** What scales; each kind has its own object in {@link ModelAutoscalerArgs}. */
export const AutoscalerKind = {
  /** A ScaledObject of KEDA, which asks Prometheus itself. Can scale to zero. */
  Keda: "keda",
  /** A HorizontalPodAutoscaler on external metrics, which prometheus-adapter takes from Prometheus. */
  Hpa: "hpa",
} as const;
export type AutoscalerKind = (typeof AutoscalerKind)[keyof typeof AutoscalerKind];

/** A number of requests for each replica. */
export interface RequestsPerReplicaArgs {
  perReplica: Input<number>;
}

/** A share, of each replica. */
export interface UsagePercentArgs {
  /** Above 0 and below 100. */
  percent: Input<number>;
}

/** A latency. */
export interface LatencyTargetArgs {
  /** Target in seconds. */
  seconds: Input<number>;
  /** Default 95. */
  percentile?: Input<number>;
}

/** The signals, at least one. Of several the one that demands most replicas counts. */
export interface AutoscalingSignalsArgs {
  /**
   * Requests that wait for capacity, per replica. The earliest sign of too few replicas that never errs: the batch is full.
   * Requests deferred for other reasons (an adapter, a transfer of cache) don't count, because replicas don't help them.
   */
  waitingRequests?: RequestsPerReplicaArgs;
  /** Requests in execution, per replica; below `maxSequences` it scales out before anything waits. */
  runningRequests?: RequestsPerReplicaArgs;
  /** Use of the KV cache in percent of a replica's. It moves before requests wait. */
  kvCacheUsage?: UsagePercentArgs;
  /**
   * Time to first token: what users feel. It lags, and says nothing without traffic, so it is a guard beside another signal
   * and refused alone. It asks for at most twice the replicas at a time.
   */
  timeToFirstToken?: LatencyTargetArgs;
  /** GPU utilisation by DCGM, in percent. A busy GPU is not a full one: prefer the others. */
  gpuUtilisation?: UsagePercentArgs;
}

/** How KEDA proves to Prometheus who it is. */
export const PrometheusAuthKind = { Bearer: "bearer", Basic: "basic" } as const;
export type PrometheusAuthKind = (typeof PrometheusAuthKind)[keyof typeof PrometheusAuthKind];

/** Credentials for Prometheus, in Secrets of the model's namespace. */
export interface PrometheusAuthArgs {
  kind: PrometheusAuthKind;
  /** For kind `bearer`. */
  token?: SecretKeyArgs;
  /** For kind `basic`. */
  username?: SecretKeyArgs;
  /** For kind `basic`. */
  password?: SecretKeyArgs;
}

/** What wakes a model that has no replica: nothing of its own is there to tell. */
export interface ActivationArgs {
  /** Requests for the model at the LiteLLM gateway, by the name that clients use. */
  gatewayModel: Input<string>;
}

/** For kind `keda`. */
export interface KedaScalerArgs {
  /** Base URL of Prometheus, inside the cluster. */
  prometheusUrl: Input<string>;
  /** Default: Prometheus asks for nothing. */
  auth?: PrometheusAuthArgs;
  /** Seconds between two looks while there is no replica. Default 15. */
  pollingSeconds?: Input<number>;
  /** Needed with `minReplicas` 0, refused without. */
  activation?: ActivationArgs;
  /** Seconds without any demand after which the last replica goes. Default: the longer of 900 and three loads. */
  idleSeconds?: Input<number>;
  /** Failed queries in a row after which replicas are kept as they are. Default 3. */
  failureThreshold?: Input<number>;
}

/** How fast replicas come and go. */
export interface AutoscalingPaceArgs {
  /** Seconds of demand before replicas are added. Default 0: a model loads for minutes, and requests wait meanwhile. */
  scaleUpSeconds?: Input<number>;
  /** Seconds that demand must stay low before replicas go. At least `loadSeconds`. Default: the longer of 300 and twice that. */
  scaleDownSeconds?: Input<number>;
}

/** Nodes that the replicas may run on. */
export interface CapacityNodesArgs {
  name: string;
  /** Most nodes of the group. */
  maxNodes: Input<number>;
  gpusPerNode: Input<number>;
}

/** What the maximum is checked against. */
export interface AutoscalingCapacityArgs {
  gpusPerReplica: Input<number>;
  nodes: CapacityNodesArgs[];
}

/** Arguments of `ModelAutoscaler`. */
export interface ModelAutoscalerArgs {
  /** Namespace of the model. */
  namespace: Input<string>;
  /** Deployment that is scaled; `autoscaled` must be true there. The scaler and its autoscaler get its name. */
  deployment: Input<string>;
  /** Value of the label `model_name` of the model's metrics. */
  modelName: Input<string>;
  kind: AutoscalerKind;
  keda?: KedaScalerArgs;
  /** Fewest replicas; 0 with KEDA only. Default 1. */
  minReplicas?: Input<number>;
  /** Most replicas. */
  maxReplicas: Input<number>;
  signals: AutoscalingSignalsArgs;
  /** Seconds from the start of a pod to its first answer, at worst. */
  loadSeconds: Input<number>;
  pace?: AutoscalingPaceArgs;
  /** Default: not checked. */
  capacity?: AutoscalingCapacityArgs;
  /** Annotations of every object. */
  annotations?: Input<Record<string, Input<string>>>;
}
