/** Protection of workers against drained nodes. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { isPending, lift } from "../support/inputs.ts";
import { metadataOf } from "../vllm/identity.ts";
import { selectorOf, type RayIdentity } from "./identity.ts";
import type { RayPlan } from "./plan.ts";

/** As with `VllmDeployment`: where one replica is all there is, a budget would block every node drain for ever. */
export function needsDisruptionBudget(plan: pulumi.Input<RayPlan>): boolean {
  return isPending(plan) || plan.model.minReplicas > 1;
}

/**
 * At most one replica's pods are evicted below the fewest that always run. A number, because the API knows no scale of a
 * RayCluster and counts the disruptions that `maxUnavailable` allows from it.
 */
export function disruptionBudgetArgs(
  identity: RayIdentity,
  plan: pulumi.Input<RayPlan>,
): k8s.policy.v1.PodDisruptionBudgetArgs {
  return {
    metadata: metadataOf(identity),
    spec: {
      minAvailable: lift(plan, ({ model, workersPerReplica }) => (model.minReplicas - 1) * workersPerReplica),
      selector: { matchLabels: selectorOf(identity, "worker") },
      // A worker that never got ready may go; else it would keep its node from draining.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
