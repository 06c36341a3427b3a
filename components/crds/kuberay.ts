import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Input } from "./monitoring/scrape-types.ts";

/**
 * Typed custom resource of KubeRay; only the fields that this project writes.
 *
 * Source: github.com/ray-project/kuberay/ray-operator v1.6, apis/ray/v1/{rayservice_types,raycluster_types}.go. As with the
 * monitoring kinds, the token is that of `k8s.apiextensions.CustomResource`.
 */
type ObjectMeta = k8s.types.input.meta.v1.ObjectMeta;
type PodTemplateSpec = k8s.types.input.core.v1.PodTemplateSpec;

/** Arguments of `ray start` by name, all of them strings. */
export type RayStartParams = Input<Record<string, Input<string>>>;

export interface RayHeadGroupSpec {
  rayStartParams: RayStartParams;
  template: Input<PodTemplateSpec>;
}

export interface RayWorkerGroupSpec {
  groupName: Input<string>;
  rayStartParams: RayStartParams;
  replicas?: Input<number>;
  minReplicas: Input<number>;
  maxReplicas: Input<number>;
  /** Pods of one replica of the group. Default 1. */
  numOfHosts?: Input<number>;
  template: Input<PodTemplateSpec>;
}

export interface RayAutoscalerOptions {
  version?: Input<string>;
  idleTimeoutSeconds?: Input<number>;
  resources?: Input<k8s.types.input.core.v1.ResourceRequirements>;
  securityContext?: Input<k8s.types.input.core.v1.SecurityContext>;
  volumeMounts?: Input<Input<k8s.types.input.core.v1.VolumeMount>[]>;
  env?: Input<Input<k8s.types.input.core.v1.EnvVar>[]>;
}

export interface RayRedisCredential {
  valueFrom: Input<k8s.types.input.core.v1.EnvVarSource>;
}

export interface RayGcsFaultToleranceOptions {
  redisAddress: Input<string>;
  redisUsername?: Input<RayRedisCredential>;
  redisPassword?: Input<RayRedisCredential>;
}

export interface RayClusterSpec {
  rayVersion: Input<string>;
  enableInTreeAutoscaling?: Input<boolean>;
  autoscalerOptions?: Input<RayAutoscalerOptions>;
  authOptions?: Input<{ mode: Input<string> }>;
  gcsFaultToleranceOptions?: Input<RayGcsFaultToleranceOptions>;
  headGroupSpec: Input<RayHeadGroupSpec>;
  workerGroupSpecs: Input<Input<RayWorkerGroupSpec>[]>;
}

export interface RayServiceSpec {
  /** Configuration of Ray Serve, as text. */
  serveConfigV2: Input<string>;
  excludeHeadPodFromServeSvc?: Input<boolean>;
  upgradeStrategy?: Input<{ type: Input<string> }>;
  rayClusterDeletionDelaySeconds?: Input<number>;
  rayClusterConfig: Input<RayClusterSpec>;
}

export interface RayServiceArgs {
  metadata?: Input<ObjectMeta>;
  spec: Input<RayServiceSpec>;
}

/** A Ray cluster with applications of Ray Serve on it. */
export class RayService extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: RayServiceArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: "ray.io/v1", kind: "RayService", ...args }, opts);
  }
}
