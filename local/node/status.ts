import type {
  V1ContainerState,
  V1ContainerStatus,
  V1Pod,
  V1PodCondition,
  V1PodStatus,
} from "@kubernetes/client-node";

/** What the node agent knows of one container. */
export interface ContainerRecord {
  readonly name: string;
  readonly image: string;
  readonly state: V1ContainerState;
  readonly lastState?: V1ContainerState;
  readonly restartCount: number;
  /** Whether the startup probe, if any, has passed. */
  readonly started: boolean;
  /** Whether the readiness probe, if any, passes. */
  readonly ready: boolean;
}

/** What the node agent knows of a pod. */
export interface PodRecord {
  readonly initContainers: readonly ContainerRecord[];
  readonly containers: readonly ContainerRecord[];
  /** Whether all init containers have ended well. */
  readonly initialized: boolean;
}

const containerStatus = (record: ContainerRecord): V1ContainerStatus => ({
  name: record.name,
  image: record.image,
  imageID: "",
  ready: record.ready,
  started: record.started,
  restartCount: record.restartCount,
  state: record.state,
  lastState: record.lastState ?? {},
});

/** A pod's phase as the kubelet computes it from its containers and restart policy. */
export function podPhase(record: PodRecord, restartPolicy: string): string {
  if (!record.initialized) {
    const failed = record.initContainers.some(
      (container) => (container.state.terminated?.exitCode ?? 0) !== 0,
    );
    return failed && restartPolicy === "Never" ? "Failed" : "Pending";
  }
  const exits = record.containers.map((container) => container.state.terminated?.exitCode);
  if (exits.some((exit) => exit === undefined)) {
    return record.containers.every(
      (container) => container.state.waiting !== undefined && container.restartCount === 0,
    )
      ? "Pending"
      : "Running";
  }
  if (restartPolicy === "Always") {
    return "Running";
  }
  return exits.every((exit) => exit === 0) ? "Succeeded" : restartPolicy === "Never" ? "Failed" : "Running";
}

/**
 * The status to report. Conditions keep the time of their last change.
 *
 * @param now time stamp of this report
 */
export function podStatus(pod: V1Pod, record: PodRecord, now: Date): V1PodStatus {
  const phase = podPhase(record, pod.spec?.restartPolicy ?? "Always");
  const ended = phase === "Succeeded" || phase === "Failed";
  const containersReady = record.initialized && !ended && record.containers.every(({ ready }) => ready);
  const unready = record.containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const previous = new Map((pod.status?.conditions ?? []).map((condition) => [condition.type, condition]));
  const condition = (type: string, holds: boolean, reason?: string, message?: string): V1PodCondition => {
    const status = holds ? "True" : "False";
    const before = previous.get(type);
    return {
      type,
      status,
      lastTransitionTime:
        before?.status === status && before.lastTransitionTime !== undefined
          ? before.lastTransitionTime
          : now,
      ...(holds || reason === undefined ? {} : { reason }),
      ...(holds || message === undefined ? {} : { message }),
    };
  };
  const why = ended ? "PodCompleted" : "ContainersNotReady";
  const message = `containers with unready status: [${unready.join(" ")}]`;
  const gates = (pod.spec?.readinessGates ?? []).every(
    (gate) => previous.get(gate.conditionType)?.status === "True",
  );
  return {
    phase,
    startTime: pod.status?.startTime ?? now,
    conditions: [
      condition("Initialized", record.initialized, "ContainersNotInitialized"),
      condition("ContainersReady", containersReady, why, message),
      condition("Ready", containersReady && gates, why, message),
    ],
    initContainerStatuses: record.initContainers.map(containerStatus),
    containerStatuses: record.containers.map(containerStatus),
  };
}

/** Conditions that the node agent tells of a pod. */
const ownConditions = ["Initialized", "ContainersReady", "Ready"];

/**
 * Whether somebody else changed what the node agent told of a pod: the node lifecycle controller takes the readiness of
 * all pods of a node whose heartbeat is late, and leaves it to the node to give it back.
 *
 * @param told status as it was reported last
 * @param seen status as the API has it
 */
export function isOverruled(told: V1PodStatus, seen: V1PodStatus | undefined): boolean {
  const statusOf = (status: V1PodStatus | undefined, type: string): string | undefined =>
    status?.conditions?.find((condition) => condition.type === type)?.status;
  return ownConditions.some((type) => statusOf(told, type) !== statusOf(seen, type));
}
