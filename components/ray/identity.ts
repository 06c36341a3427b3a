/** Names and labels by which the objects of one `RayVllmService` find each other. */
import * as pulumi from "@pulumi/pulumi";
import type { RayVllmServiceArgs } from "../ray-vllm-service.ts";
import { lift, merge } from "../support/inputs.ts";
import { identityOf, MODEL_KEY, type Identity } from "../vllm/identity.ts";

/** Pod label that names the RayService; the operator's own name the RayCluster, which changes with every upgrade. */
export const RAY_SERVICE_KEY = "vllm-monitoring/ray-service";
/** Pod label from which the label `job` is made. */
export const ROLE_KEY = "app.kubernetes.io/component";

export const SERVE_PORT = 8000;
/** Port of Ray's agent in each pod, where all metrics of the pod are. */
export const METRICS_PORT = 8080;

export type RayRole = "head" | "worker";

export interface RayIdentity extends Identity {
  headName: pulumi.Input<string>;
}

/**
 * The identity of a served model with selectors of its own. `app.kubernetes.io/name` is left to the operator, whose Service
 * of the head selects by it.
 */
export function rayIdentityOf(componentName: string, args: RayVllmServiceArgs): RayIdentity {
  const base = identityOf(componentName, args);
  const labels = without(base.labels, "app.kubernetes.io/name");
  return {
    ...base,
    headName: lift(base.name, (name) => `${name}-head`),
    selector: { [RAY_SERVICE_KEY]: base.name },
    labels: { ...labels, [RAY_SERVICE_KEY]: base.name },
  };
}

/** Selects the head or the workers of every cluster of the service. */
export function selectorOf(identity: RayIdentity, role: RayRole): Record<string, pulumi.Input<string>> {
  return { ...identity.selector, [ROLE_KEY]: `ray-${role}` };
}

/** Labels and annotations of the pods. */
export function podMetadata(
  identity: RayIdentity,
  role: RayRole,
  args: RayVllmServiceArgs,
  annotations: Record<string, string> = {},
) {
  return {
    labels: merge(args.podLabels, identity.labels, selectorOf(identity, role)),
    annotations: merge(
      identity.annotations,
      args.podAnnotations,
      // The head serves no model: with its name it would count as one more replica.
      role === "head" ? without(identity.podAnnotations, MODEL_KEY) : identity.podAnnotations,
      annotations,
    ),
  };
}

/** The map without one of its keys. */
export function without<T>(map: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
}
