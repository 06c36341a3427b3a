/** Arithmetic of a vLLM pod: GPUs, processes, start-up and drain times. Pure. */
import type * as pulumi from "@pulumi/pulumi";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { hasPending, knownView, settle } from "../support/inputs.ts";
import { DEFAULT_LOAD_SECONDS, loadSecondsFor } from "./load-time.ts";
import { VllmRolloutMode, VllmVolumeMedium } from "./pod-args.ts";

/** The arguments the arithmetic needs. */
const PLAN_FIELDS = [
  "replicas",
  "autoscaled",
  "parallelism",
  "gpu",
  "apiServerCount",
  "multiprocessMetrics",
  "resources",
  "startup",
  "drain",
  "rollout",
] as const;
type PlanField = (typeof PLAN_FIELDS)[number];
export type PlanArgs = pulumi.Unwrap<Pick<VllmDeploymentArgs, PlanField>>;

/** Seconds between probes of /health while a model loads. */
export const STARTUP_PERIOD_SECONDS = 10;
/** Seconds a process gets to exit after it drained; then the kubelet kills it. */
export const EXIT_SECONDS = 15;

/** Everything about the pods that follows from numbers. */
export interface VllmPlan {
  /** Undefined when an autoscaler owns the number. */
  replicas: number | undefined;
  tensor: number;
  pipeline: number;
  data: number;
  gpusPerReplica: number;
  /** `--api-server-count`, undefined to leave it to vLLM. */
  apiServerCount: number | undefined;
  /** Volume at PROMETHEUS_MULTIPROC_DIR; undefined in single-process mode. */
  multiprocessVolume: { medium: VllmVolumeMedium; sizeLimit: string } | undefined;
  resources: {
    cpuRequest: string;
    cpuLimit: string | undefined;
    memoryRequest: string;
    memoryLimit: string;
    sharedMemory: string;
  };
  /** Failed start-up probes before the container is killed. */
  startupFailureThreshold: number;
  /** Time for one pod to be scheduled, pull its image and start. */
  progressDeadlineSeconds: number;
  /** Time for a whole rollout, pod after pod. */
  rolloutTimeoutSeconds: number;
  preStopSeconds: number;
  shutdownSeconds: number;
  terminationGracePeriodSeconds: number;
  maxSurge: number;
  maxUnavailable: number;
}

/** The plan, at once when its arguments are plain. */
export function planOf(args: VllmDeploymentArgs): pulumi.Input<VllmPlan> {
  const relevant = Object.fromEntries(
    PLAN_FIELDS.filter((field) => args[field] !== undefined).map((field) => [field, args[field]]),
  ) as Pick<VllmDeploymentArgs, PlanField>;
  if (!hasPending(relevant)) return computePlan(knownView(relevant));
  return settle(relevant).apply(({ value }) => computePlan(value));
}

/** Applies the defaults and does the sums; expects arguments that passed the rules. */
export function computePlan(args: PlanArgs): VllmPlan {
  const { tensor = 1, pipeline = 1, data = 1 } = args.parallelism ?? {};
  const replicas = args.replicas ?? 1;
  const { preStopSeconds = 15, shutdownSeconds = 60, terminationGracePeriodSeconds } = args.drain ?? {};
  const startupFailureThreshold = startupThreshold(expectedLoad(args.startup));
  const progressDeadlineSeconds = startupFailureThreshold * STARTUP_PERIOD_SECONDS + SCHEDULING_SECONDS;
  const surge = args.rollout === VllmRolloutMode.SurgeFirst;
  return {
    replicas: args.autoscaled === true ? undefined : replicas,
    tensor,
    pipeline,
    data,
    gpusPerReplica: tensor * pipeline * data,
    apiServerCount: args.apiServerCount,
    multiprocessVolume: multiprocessVolume(args),
    resources: resourcesOf(args),
    startupFailureThreshold,
    progressDeadlineSeconds,
    rolloutTimeoutSeconds: progressDeadlineSeconds * Math.max(1, replicas),
    preStopSeconds,
    shutdownSeconds,
    terminationGracePeriodSeconds: terminationGracePeriodSeconds ?? drainSum(preStopSeconds, shutdownSeconds),
    maxSurge: surge ? 1 : 0,
    maxUnavailable: surge ? 0 : 1,
  };
}

/** Room for a node to come up and for an image of some 10 GB to be pulled. */
const SCHEDULING_SECONDS = 900;

/** Seconds a pod needs from SIGTERM to its last request's end and exit. */
export function drainSum(preStopSeconds: number, shutdownSeconds: number): number {
  return preStopSeconds + shutdownSeconds + EXIT_SECONDS;
}

function expectedLoad({ expectedLoadSeconds, weightsGiB }: NonNullable<PlanArgs["startup"]> = {}): number {
  return (
    expectedLoadSeconds ?? (weightsGiB === undefined ? DEFAULT_LOAD_SECONDS : loadSecondsFor(weightsGiB))
  );
}

/** Probes that may fail while the model loads: twice the expected time, at least five minutes. */
export function startupThreshold(expectedLoadSeconds: number): number {
  return Math.ceil(Math.max(2 * expectedLoadSeconds, 300) / STARTUP_PERIOD_SECONDS);
}

/** The volume is needed once a server has several front-end processes, which data parallelism brings by itself. */
function multiprocessVolume(args: PlanArgs): VllmPlan["multiprocessVolume"] {
  const {
    always = false,
    medium = VllmVolumeMedium.Disk,
    sizeLimit = "64Mi",
  } = args.multiprocessMetrics ?? {};
  const isNeeded = always || (args.apiServerCount ?? 1) > 1 || (args.parallelism?.data ?? 1) > 1;
  return isNeeded ? { medium, sizeLimit } : undefined;
}

function resourcesOf(args: PlanArgs): VllmPlan["resources"] {
  const { cpuRequest = "4", cpuLimit, memoryLimit = "32Gi", sharedMemory = "2Gi" } = args.resources ?? {};
  return {
    cpuRequest,
    cpuLimit,
    memoryLimit,
    memoryRequest: args.resources?.memoryRequest ?? memoryLimit,
    sharedMemory,
  };
}
