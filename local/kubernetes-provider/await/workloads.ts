/** Readiness of DaemonSets, Jobs, Pods and ReplicationControllers. */

import { conditionOf, generationOf } from "../values/object.ts";
import { type JsonObject, pluck, textOf } from "../values/property.ts";
import { displayName, podProblems, podStages } from "./pod-status.ts";
import { ownedBy, pods, type Readiness, type ReadinessRule, type Snapshot } from "./readiness.ts";

function count(object: JsonObject, ...path: string[]): number | undefined {
  const value = pluck(object, ...path);
  return typeof value === "number" ? value : undefined;
}

function judgeDaemonSet(snapshot: Snapshot): Readiness {
  const { object } = snapshot;
  const progress = daemonSetShortfall(object, generationOf(snapshot.applied));
  if (progress === undefined) {
    const replicas = String(count(object, "status", "desiredNumberScheduled"));
    return { ready: true, progress: `✅ All replicas scheduled as expected. Replicas: ${replicas}` };
  }
  const fromPods = ownedBy(snapshot, "Pod", object).flatMap(podProblems);
  return { ready: false, progress, warnings: fromPods, problems: [progress, ...fromPods] };
}

function daemonSetShortfall(object: JsonObject, appliedGeneration: number): string | undefined {
  const generation = generationOf(object);
  const observed = count(object, "status", "observedGeneration") ?? 0;
  if (observed < generation || generation < appliedGeneration) {
    return `DaemonSet generation is ${String(generation)}, but latest observed generation is ${String(observed)}`;
  }
  const desired = count(object, "status", "desiredNumberScheduled");
  if (desired === undefined) {
    return "Missing .status.desiredNumberScheduled";
  }
  for (const [label, field] of [
    ["Current", "currentNumberScheduled"],
    ["Updated", "updatedNumberScheduled"],
    ["Available", "numberAvailable"],
    ["Ready", "numberReady"],
  ] as const) {
    const actual = count(object, "status", field) ?? 0;
    if (desired > actual) {
      return `${label}: ${String(actual)}/${String(desired)}`;
    }
  }
  return undefined;
}

export const daemonSetRule: ReadinessRule = { related: [pods], onRead: true, judge: judgeDaemonSet };

function judgeJob(snapshot: Snapshot): Readiness {
  const { object } = snapshot;
  const started = pluck(object, "status", "startTime") !== undefined;
  const failure = conditionOf(object, "Failed");
  if (
    failure?.["status"] === "True" &&
    /^(BackoffLimitExceeded|DeadlineExceeded)$/.test(textOf(failure["reason"]))
  ) {
    const problem = `[${textOf(failure["reason"])}] ${textOf(failure["message"])}`;
    const fromPods = ownedBy(snapshot, "Pod", object).flatMap(podProblems);
    return { ready: false, failed: true, problems: [problem, ...fromPods] };
  }
  const fields = ["active", "succeeded", "failed"] as const;
  const [active, succeeded, failed] = fields.map((field) => String(count(object, "status", field) ?? 0));
  const tally = `(Active: ${active ?? ""} | Succeeded: ${succeeded ?? ""} | Failed: ${failed ?? ""})`;
  if (started && conditionOf(object, "Complete")?.["status"] === "True") {
    return { ready: true, progress: `✅ Job "${displayName(object)}" succeeded ${tally}` };
  }
  const progress = started
    ? `Waiting for Job "${displayName(object)}" to succeed ${tally}`
    : `Waiting for Job "${displayName(object)}" to start`;
  const fromPods = ownedBy(snapshot, "Pod", object).flatMap(podProblems);
  return {
    ready: false,
    progress,
    // Pods of a running Job are never ready: that is no trouble.
    warnings: fromPods.filter((problem) => !problem.includes("containers with unready status")),
    problems: [progress, ...fromPods],
  };
}

export const jobRule: ReadinessRule = { related: [pods], onRead: true, judge: judgeJob };

function judgePod({ object }: Snapshot): Readiness {
  const stages = podStages(object);
  const ready = stages.every((stage) => stage.done);
  const progress = ready ? `✅ Pod "${displayName(object)}" is ready` : (stages.at(-1)?.description ?? "");
  return { ready, progress, problems: podProblems(object), warnings: podProblems(object) };
}

export const podRule: ReadinessRule = { onRead: true, judge: judgePod };

function judgeReplicationController({ object }: Snapshot): Readiness {
  const wanted = count(object, "spec", "replicas");
  const available = count(object, "status", "availableReplicas");
  const progress = `Waiting for ReplicationController (${String(available ?? 0)}/${String(wanted ?? 1)} Pods available)`;
  return { ready: wanted !== undefined && wanted === available, progress, problems: [progress] };
}

export const replicationControllerRule: ReadinessRule = { onRead: false, judge: judgeReplicationController };
