/** Readiness of Deployments: the newest ReplicaSet is complete and the Deployment says that it is available. */

import { annotationOf, conditionOf, generationOf, nameOf } from "../values/object.ts";
import { isObject, type JsonObject, pluck } from "../values/property.ts";
import { podProblems } from "./pod-status.ts";
import { ownedBy, pods, type Readiness, type ReadinessRule, relatedOf, type Snapshot } from "./readiness.ts";

const revisionKey = "deployment.kubernetes.io/revision";

function numberAt(object: JsonObject | undefined, ...path: string[]): number | undefined {
  const value = pluck(object, ...path);
  return typeof value === "number" ? value : undefined;
}

/** `[reason] message` of a condition that isn't true. */
function complaint(condition: JsonObject | undefined): string[] {
  const { status, reason, message } = condition ?? {};
  return status !== "True" && typeof reason === "string" && typeof message === "string"
    ? [`[${reason}] ${message}`]
    : [];
}

/** PersistentVolumeClaims of the pods that aren't bound. */
function unboundClaims(snapshot: Snapshot): string[] {
  const volumes = pluck(snapshot.object, "spec", "template", "spec", "volumes");
  const wanted = new Set(
    (Array.isArray(volumes) ? volumes : []).map((volume) =>
      pluck(volume, "persistentVolumeClaim", "claimName"),
    ),
  );
  return relatedOf(snapshot, "PersistentVolumeClaim")
    .filter((claim) => wanted.has(nameOf(claim)) && pluck(claim, "status", "phase") !== "Bound")
    .map(nameOf);
}

function judge(snapshot: Snapshot): Readiness {
  const { object } = snapshot;
  const observed = numberAt(object, "status", "observedGeneration");
  const current = observed === generationOf(object) && generationOf(object) >= generationOf(snapshot.applied);
  const revision = annotationOf(object, revisionKey);
  const progressing = conditionOf(object, "Progressing");
  const availableCondition = conditionOf(object, "Available");
  const available = availableCondition?.["status"] === "True";
  const rolledOut = progressing?.["status"] === "True" && progressing["reason"] === "NewReplicaSetAvailable";

  const replicaSet = ownedBy(snapshot, "ReplicaSet", object).find(
    (candidate) => revision !== "" && annotationOf(candidate, revisionKey) === revision,
  );
  const wanted = numberAt(replicaSet, "spec", "replicas") ?? 1;
  const readyReplicas = numberAt(replicaSet, "status", "readyReplicas");
  const complete =
    replicaSet !== undefined && (readyReplicas === undefined ? wanted === 0 : readyReplicas >= wanted);
  const unbound = unboundClaims(snapshot);

  // A first roll-out has no predecessor, so there is no progress to be reported.
  const ready =
    (current || snapshot.reading) &&
    available &&
    (rolledOut || revision === "1") &&
    complete &&
    unbound.length === 0;
  if (ready) {
    const progress = "✅ Deployment initialization complete";
    return wanted === 0
      ? { ready, progress, warnings: [`Replicas scaled to 0 for Deployment "${nameOf(object)}"`] }
      : { ready, progress };
  }
  const fromPods = ownedBy(snapshot, "Pod", replicaSet).flatMap(podProblems);
  const complaints = [
    ...(isObject(progressing) ? complaint(progressing) : []),
    ...complaint(availableCondition),
  ];
  return {
    ready,
    progress: `Waiting for app ReplicaSet to be available (${String(readyReplicas ?? 0)}/${String(wanted)} Pods available)`,
    warnings: [...complaints, ...fromPods],
    problems: [
      ...complaints,
      ...(unbound.length > 0 ? [`Failed to bind PersistentVolumeClaim(s): "${unbound.join(",")}"`] : []),
      ...shortfall(available, rolledOut || revision === "1", complete, revision),
      ...fromPods,
    ],
  };
}

function shortfall(available: boolean, rolledOut: boolean, complete: boolean, revision: string): string[] {
  if (!available) {
    return ["Minimum number of live Pods was not attained"];
  }
  if (!rolledOut || (!complete && revision === "1")) {
    return ["Minimum number of Pods to consider the application live was not attained"];
  }
  return complete
    ? []
    : ["Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live"];
}

export const deploymentRule: ReadinessRule = {
  related: [
    { apiVersion: "apps/v1", kind: "ReplicaSet" },
    pods,
    { apiVersion: "v1", kind: "PersistentVolumeClaim" },
  ],
  onRead: true,
  judge,
};
