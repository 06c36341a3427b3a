/** What keeps a pod from being ready, in words. */

import { conditionOf, nameOf, namespaceOf } from "../values/object.ts";
import { isObject, type JsonObject, objectsAt, pluck, textAt, textOf } from "../values/property.ts";

/** A stage of a pod's start. */
export interface PodStage {
  readonly description: string;
  readonly done: boolean;
  /** Why it is not done, if the pod tells. */
  readonly problem?: string;
}

/** Name as messages show it, without the default namespace. */
export function displayName(object: JsonObject): string {
  const namespace = namespaceOf(object);
  return namespace === "" || namespace === "default" ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

/** Stages up to and including the first that isn't done. */
export function podStages(pod: JsonObject): PodStage[] {
  const stages: PodStage[] = [];
  for (const stage of [scheduled, initialized, ready]) {
    stages.push(stage(pod));
    if (stages.at(-1)?.done === false) {
      break;
    }
  }
  return stages;
}

/** Whether the pod is ready or has run to its successful end. */
export function isPodReady(pod: JsonObject): boolean {
  return podStages(pod).every((stage) => stage.done);
}

/** Why the pod is not ready, as far as it tells. */
export function podProblems(pod: JsonObject): string[] {
  return podStages(pod).flatMap((stage) => (stage.problem === undefined ? [] : [stage.problem]));
}

function scheduled(pod: JsonObject): PodStage {
  const description = `Waiting for Pod "${displayName(pod)}" to be scheduled`;
  const condition = conditionOf(pod, "PodScheduled");
  if (condition?.["status"] === "True") {
    return { description, done: true };
  }
  const message = textOf(condition?.["message"]);
  if (textOf(condition?.["reason"]) === "" || message === "") {
    return { description, done: false };
  }
  return { description, done: false, problem: `[Pod ${displayName(pod)}]: ${message}` };
}

function initialized(pod: JsonObject): PodStage {
  const description = `Waiting for Pod "${displayName(pod)}" to be initialized`;
  return containerStage(pod, description, "Initialized", false);
}

function ready(pod: JsonObject): PodStage {
  const description = `Waiting for Pod "${displayName(pod)}" to be ready`;
  return containerStage(pod, description, "Ready", textOf(pluck(pod, "status", "phase")) === "Succeeded");
}

function containerStage(pod: JsonObject, description: string, type: string, doneAnyway: boolean): PodStage {
  const condition = conditionOf(pod, type);
  if (condition === undefined) {
    return { description, done: false };
  }
  if (condition["status"] === "True" || doneAnyway) {
    return { description, done: true };
  }
  const message = textOf(condition["reason"]) === "" ? "" : textOf(condition["message"]);
  const problems = [...(message === "" ? [] : [message]), ...containerProblems(pod)];
  if (problems.length === 0) {
    return { description, done: false };
  }
  return { description, done: false, problem: `[Pod ${displayName(pod)}]: ${problems.join("; ")}` };
}

function containerProblems(pod: JsonObject): string[] {
  const problems: string[] = [];
  for (const key of ["initContainerStatuses", "containerStatuses"]) {
    for (const status of objectsAt(pod, "status", key)) {
      problems.push(...containerStatusProblems(status));
    }
  }
  return problems;
}

function containerStatusProblems(status: JsonObject): string[] {
  const problems: string[] = [];
  const name = textOf(status["name"]);
  const terminatedNow = pluck(status, "state", "terminated");
  if (status["ready"] === true || pluck(terminatedNow, "exitCode") === 0) {
    return problems;
  }
  const waiting = pluck(status, "state", "waiting");
  const waitingReason = textOf(pluck(waiting, "reason"));
  if (isObject(waiting) && waitingReason !== "ContainerCreating" && waitingReason !== "PodInitializing") {
    problems.push(`[${waitingReason}] ${shortenPullMessage(textOf(pluck(waiting, "message")))}`.trim());
  }
  const reason = textOf(pluck(terminatedNow, "reason"));
  if (reason !== "") {
    const message = textOf(pluck(terminatedNow, "message"));
    const code = textAt(terminatedNow, "exitCode");
    problems.push(
      message === ""
        ? `container "${name}" completed with exit code ${code}`
        : `[${reason}] ${shortenPullMessage(message)}`,
    );
  }
  const last = pluck(status, "lastState", "terminated");
  if (isObject(last)) {
    const end = textOf(last["finishedAt"]);
    const why = `${textOf(last["reason"])}: exit code ${textOf(last["exitCode"])}`;
    problems.push(`container "${name}" terminated at ${end} (${why})`);
    const message = textOf(last["message"]);
    if (message !== "") {
      problems.push(message);
    }
  }
  return problems;
}

function shortenPullMessage(message: string): string {
  return message
    .replace(/^rpc error: code = Unknown desc = Error response from daemon: /, "")
    .replace(/: manifest unknown$/, "");
}
