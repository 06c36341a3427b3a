import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Input } from "./monitoring/scrape-types.ts";

/**
 * Typed custom resource of LeaderWorkerSet; only the fields that this project writes. Source: sigs.k8s.io/lws v0.8. As with
 * the monitoring kinds, the token is that of `k8s.apiextensions.CustomResource`.
 */
type PodTemplate = k8s.types.input.core.v1.PodTemplateSpec;

export interface LeaderWorkerTemplate {
  leaderTemplate: Input<PodTemplate>;
  workerTemplate: Input<PodTemplate>;
  /** Pods of one group, the leader among them. */
  size: Input<number>;
  /** RecreateGroupOnPodRestart, or None. */
  restartPolicy?: Input<string>;
}

export interface LeaderWorkerSetSpec {
  /** Groups. */
  replicas?: Input<number>;
  leaderWorkerTemplate: Input<LeaderWorkerTemplate>;
  rolloutStrategy?: Input<{
    type: Input<string>;
    rollingUpdateConfiguration?: Input<{ maxSurge: Input<number>; maxUnavailable: Input<number> }>;
  }>;
  /** LeaderCreated or LeaderReady. */
  startupPolicy?: Input<string>;
}

export interface LeaderWorkerSetArgs {
  metadata: Input<k8s.types.input.meta.v1.ObjectMeta>;
  spec: Input<LeaderWorkerSetSpec>;
}

/** Groups of pods that live and die together: a leader and its workers. */
export class LeaderWorkerSet extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: LeaderWorkerSetArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: "leaderworkerset.x-k8s.io/v1", kind: "LeaderWorkerSet", ...args }, opts);
  }
}
