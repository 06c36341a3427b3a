/** Arguments that only a `RayVllmService` has; the rest are those of `VllmDeployment`. */
import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../vllm/model-args.ts";
import type { VllmSchedulingArgs } from "../vllm/pod-args.ts";

/**
 * Replicas of the model, and when Ray Serve adds or removes one. The targets are always written: Ray Serve LLM takes a
 * thousand million requests for the target when there is none, so that it never scales.
 */
export interface RayAutoscalingArgs {
  /** Fewest replicas. Default 1, the least: with no worker no proxy takes the request that would wake one up. */
  minReplicas?: pulumi.Input<number>;
  /** Most replicas. Default: `minReplicas`, a fixed number. */
  maxReplicas?: pulumi.Input<number>;
  /**
   * Requests in flight per replica that Ray Serve aims at (`target_ongoing_requests`). Default: three quarters of
   * `maxSequences`, 64 without it.
   */
  targetOngoingRequests?: pulumi.Input<number>;
  /**
   * Requests that a replica gets at once (`max_ongoing_requests`); more wait in Ray's router, where no engine metric
   * counts them. Default: twice the target, and at least `maxSequences`.
   */
  maxOngoingRequests?: pulumi.Input<number>;
  /** Seconds of more load before replicas are added (`upscale_delay_s`). Default 30. */
  upscaleDelaySeconds?: pulumi.Input<number>;
  /** Seconds of less load before replicas are removed (`downscale_delay_s`). Default 600. */
  downscaleDelaySeconds?: pulumi.Input<number>;
}

/** Where the GPUs of one replica are. */
export const RayReplicaPlacement = {
  /** All in one pod. */
  OnePod: "one-pod",
  /** Each pipeline stage in a pod of its own, for models that are too large for a node. */
  PodPerStage: "pod-per-stage",
} as const;
export type RayReplicaPlacement = (typeof RayReplicaPlacement)[keyof typeof RayReplicaPlacement];

/** A group of worker pods, all alike. */
export interface RayWorkerGroupArgs {
  /** DNS label, at most 20 characters. */
  name: pulumi.Input<string>;
  /** Fewest pods. Default 0. */
  minWorkers?: pulumi.Input<number>;
  /** Most pods. */
  maxWorkers: pulumi.Input<number>;
  /** Which nodes the group's pods may run on. Default: the service's `scheduling`. */
  scheduling?: pulumi.Input<VllmSchedulingArgs>;
}

/** The head: it runs Ray's control plane and no model, so it needs no GPU. */
export interface RayHeadArgs {
  /** Default `2`. */
  cpuRequest?: pulumi.Input<string>;
  /** Memory request and limit. Default `8Gi`. */
  memory?: pulumi.Input<string>;
  /** Labels that its node must have. Default none. */
  nodeSelector?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Key of a taint that it tolerates, with any value. Default none, so that it stays off GPU nodes. */
  tolerationKeys?: pulumi.Input<pulumi.Input<string>[]>;
  /** PriorityClass of the pod. Default: that of `scheduling`. */
  priorityClassName?: pulumi.Input<string>;
}

/**
 * The state of Ray's control plane in a Redis outside of the cluster: replicas serve on while a lost head is made anew.
 * Without it a lost head ends every replica.
 */
export interface RayFaultToleranceArgs {
  /** `host:port`, `redis://host:port`, or `rediss://host:port` for TLS. */
  redisAddress: pulumi.Input<string>;
  /** User name. Default: none. */
  usernameSecret?: pulumi.Input<SecretKeyArgs>;
  /** Password. Default: none. */
  passwordSecret?: pulumi.Input<SecretKeyArgs>;
}

/** Who may talk to Ray's own interfaces, which run any code that they are sent. */
export const RayAuthentication = {
  /** A token, which the operator makes for each cluster. Needs Ray 2.52. */
  Token: "token",
  /** Nothing but the NetworkPolicy guards them. */
  None: "none",
} as const;
export type RayAuthentication = (typeof RayAuthentication)[keyof typeof RayAuthentication];

/** What a change of pods or image does. */
export const RayUpgrade = {
  /** A second cluster is made, takes over when it is ready, and the first is removed: needs all GPUs twice for a while. */
  NewCluster: "new-cluster",
  /** Nothing: the change waits until the RayCluster is deleted by hand. */
  None: "none",
} as const;
export type RayUpgrade = (typeof RayUpgrade)[keyof typeof RayUpgrade];
