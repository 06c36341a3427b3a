/** Protection of replicas against drained nodes. */
import type * as k8s from "@pulumi/kubernetes";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { isPending } from "../support/inputs.ts";
import { metadataOf, type Identity } from "./identity.ts";

/**
 * One replica gets no budget: `minAvailable: 1` would block every node drain for ever, and anything else protects
 * nothing. A number that is not known yet, or that an autoscaler changes, gets one.
 */
export function needsDisruptionBudget(args: VllmDeploymentArgs): boolean {
  if (isPending(args.autoscaled) || args.autoscaled === true) return true;
  return isPending(args.replicas) || (args.replicas ?? 1) > 1;
}

/** At most one replica at a time is evicted, however many there are. */
export function disruptionBudgetArgs(identity: Identity): k8s.policy.v1.PodDisruptionBudgetArgs {
  return {
    metadata: metadataOf(identity),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: identity.selector },
      // A replica that never got ready may go; else it would keep its node from draining.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
