/** Readiness of StatefulSets: every replica is ready and of the newest revision. */

import { generationOf } from "../values/object.ts";
import { type JsonObject, pluck, textAt } from "../values/property.ts";
import { podProblems } from "./pod-status.ts";
import { ownedBy, pods, type Readiness, type ReadinessRule, type Snapshot } from "./readiness.ts";

function count(object: JsonObject, ...path: string[]): number {
  const value = pluck(object, ...path);
  return typeof value === "number" ? value : 0;
}

function judge(snapshot: Snapshot): Readiness {
  const { object } = snapshot;
  const generation = generationOf(object);
  const current =
    generation >= generationOf(snapshot.applied) &&
    count(object, "status", "observedGeneration") >= generation;
  const wanted = count(object, "spec", "replicas");
  const ready = count(object, "status", "readyReplicas");
  const updated = count(object, "status", "updatedReplicas");
  const currentRevision = textAt(object, "status", "currentRevision");
  const updateRevision = textAt(object, "status", "updateRevision");
  const onDelete = generation > 1 && pluck(object, "spec", "updateStrategy", "type") === "OnDelete";

  const revisionReady =
    current && (onDelete || (currentRevision !== "" && currentRevision === updateRevision));
  const replicasReady =
    current &&
    wanted === count(object, "status", "replicas") &&
    wanted === ready &&
    (onDelete || wanted === count(object, "status", "currentReplicas"));
  if (revisionReady && replicasReady) {
    return { ready: true, progress: "✅ StatefulSet initialization complete" };
  }
  // During a roll-out ready replicas may be those of the previous revision.
  const shown = revisionReady ? ready : Math.min(ready, updated);
  const tally = `${String(shown)}/${String(wanted)} Pods ready`;
  const fromPods = ownedBy(snapshot, "Pod", object).flatMap(podProblems);
  return {
    ready: false,
    progress: progress(generation, replicasReady, tally),
    warnings: fromPods,
    problems: [
      ...(replicasReady
        ? []
        : [`${String(shown)} out of ${String(wanted)} replicas succeeded readiness checks`]),
      ...(revisionReady
        ? []
        : [
            `StatefulSet controller failed to advance from revision "${currentRevision}" to revision ` +
              `"${updateRevision}"`,
          ]),
      ...fromPods,
    ],
  };
}

function progress(generation: number, replicasReady: boolean, tally: string): string {
  if (generation <= 1) {
    return `[1/2] Waiting for StatefulSet to create Pods (${tally})`;
  }
  return replicasReady
    ? "[2/3] Waiting for StatefulSet to update .status.currentRevision"
    : `[1/3] Waiting for StatefulSet update to roll out (${tally})`;
}

export const statefulSetRule: ReadinessRule = { related: [pods], onRead: true, judge };
