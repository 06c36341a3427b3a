import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CustomResourceArgsOf } from "./monitoring.ts";
import type { Input } from "./monitoring/scrape-types.ts";

/**
 * Typed custom resources of KEDA; only the fields that this project writes.
 *
 * Source: github.com/kedacore/keda v2.20, apis/keda/v1alpha1. As with the monitoring kinds, tokens are those of
 * `k8s.apiextensions.CustomResource`.
 */
export interface ScaleTrigger {
  type: Input<string>;
  name: Input<string>;
  metricType: Input<string>;
  /** Every value is text to KEDA. */
  metadata: Input<Record<string, Input<string>>>;
  authenticationRef?: Input<{ name: Input<string> }>;
}

export interface ScaledObjectSpec {
  scaleTargetRef: Input<{ apiVersion: Input<string>; kind: Input<string>; name: Input<string> }>;
  pollingInterval: Input<number>;
  cooldownPeriod?: Input<number>;
  initialCooldownPeriod?: Input<number>;
  minReplicaCount: Input<number>;
  maxReplicaCount: Input<number>;
  fallback: Input<{
    failureThreshold: Input<number>;
    replicas: Input<number>;
    behavior: Input<string>;
  }>;
  advanced: Input<{
    horizontalPodAutoscalerConfig: Input<{
      name: Input<string>;
      behavior: Input<k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerBehavior>;
    }>;
  }>;
  triggers: Input<Input<ScaleTrigger>[]>;
}

export interface TriggerAuthenticationSpec {
  secretTargetRef: Input<Input<{ parameter: Input<string>; name: Input<string>; key: Input<string> }>[]>;
}

export type ScaledObjectArgs = CustomResourceArgsOf<ScaledObjectSpec>;
export type TriggerAuthenticationArgs = CustomResourceArgsOf<TriggerAuthenticationSpec>;

/** Scales a workload by what triggers say; makes a HorizontalPodAutoscaler for it. */
export class ScaledObject extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: ScaledObjectArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", ...args }, opts);
  }
}

/** Where a trigger finds its credentials. */
export class TriggerAuthentication extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: TriggerAuthenticationArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: "keda.sh/v1alpha1", kind: "TriggerAuthentication", ...args }, opts);
  }
}
