/** Arithmetic of a model under Ray: replicas, requests in flight, worker pods. Pure. */
import * as pulumi from "@pulumi/pulumi";
import type { RayVllmServiceArgs } from "../ray-vllm-service.ts";
import { hasPending, knownView } from "../support/inputs.ts";
import { parseQuantity } from "../support/quantity.ts";
import { computePlan, type VllmPlan } from "../vllm/plan.ts";
import { RayReplicaPlacement } from "./args.ts";

const PLAN_FIELDS = [
  "autoscaling",
  "placement",
  "workerGroups",
  "maxSequences",
  "parallelism",
  "gpu",
  "resources",
  "startup",
  "drain",
] as const;
type PlanField = (typeof PLAN_FIELDS)[number];
export type RayPlanArgs = pulumi.Unwrap<Pick<RayVllmServiceArgs, PlanField>>;

/** Name of the worker group when none is given. */
export const DEFAULT_GROUP = "gpu";
const DEFAULT_TARGET = 64;

/** Bounds of one worker group, in pods. */
export interface WorkerBounds {
  name: string;
  minWorkers: number;
  maxWorkers: number;
}

/** How often one of Ray Serve's deployments runs. */
export interface DeploymentScale {
  minReplicas: number;
  maxReplicas: number;
  targetOngoingRequests: number;
  maxOngoingRequests: number;
}

export interface RayPlan {
  /** Resources, probes and drain of a worker pod, as those of a pod of `vllm serve`. */
  pod: VllmPlan;
  /** Replicas of the model. */
  model: DeploymentScale;
  /** Replicas of the HTTP front end: two for each of the model, as Ray advises; each takes half of its requests. */
  ingress: DeploymentScale;
  upscaleDelaySeconds: number;
  downscaleDelaySeconds: number;
  workersPerReplica: number;
  gpusPerWorker: number;
  /** CPUs of a worker pod that Ray gives to actors. */
  cpusPerWorker: number;
  /** Shared memory of a worker pod that Ray's object store takes, in bytes. */
  objectStoreBytes: number;
  groups: WorkerBounds[];
  /** Whether Ray changes the number of worker pods. */
  autoscaled: boolean;
}

/** The plan, at once when its arguments are plain. */
export function rayPlanOf(args: RayVllmServiceArgs): pulumi.Input<RayPlan> {
  const relevant = Object.fromEntries(
    PLAN_FIELDS.filter((field) => args[field] !== undefined).map((field) => [field, args[field]]),
  ) as Pick<RayVllmServiceArgs, PlanField>;
  if (!hasPending(relevant)) return computeRayPlan(knownView(relevant));
  return pulumi.output(relevant).apply((known) => computeRayPlan(known));
}

/** Applies the defaults and does the sums; expects arguments that passed the rules. */
export function computeRayPlan(args: RayPlanArgs): RayPlan {
  const { minReplicas = 1 } = args.autoscaling ?? {};
  const {
    maxReplicas = minReplicas,
    upscaleDelaySeconds = 30,
    downscaleDelaySeconds = 600,
  } = args.autoscaling ?? {};
  // Replicas are Ray's matter: of the pod's plan only what one pod is like counts.
  const pod = computePlan({ ...args, replicas: minReplicas });
  const model = { minReplicas, maxReplicas, ...requestsOf(args) };
  const workersPerReplica = args.placement === RayReplicaPlacement.PodPerStage ? pod.pipeline : 1;
  const groups = groupsOf(args, minReplicas * workersPerReplica, maxReplicas * workersPerReplica);
  return {
    pod,
    model,
    ingress: {
      minReplicas: 2 * minReplicas,
      maxReplicas: 2 * maxReplicas,
      targetOngoingRequests: Math.ceil(model.targetOngoingRequests / 2),
      maxOngoingRequests: model.maxOngoingRequests,
    },
    upscaleDelaySeconds,
    downscaleDelaySeconds,
    workersPerReplica,
    gpusPerWorker: pod.gpusPerReplica / workersPerReplica,
    cpusPerWorker: Math.floor(parseQuantity(pod.resources.cpuRequest) ?? 0),
    objectStoreBytes: Math.floor((parseQuantity(pod.resources.sharedMemory) ?? 0) / 2),
    groups,
    autoscaled: groups.some(({ minWorkers, maxWorkers }) => minWorkers !== maxWorkers),
  };
}

/** Requests in flight per replica. */
export function requestsOf({ autoscaling, maxSequences }: RayPlanArgs) {
  const targetOngoingRequests =
    autoscaling?.targetOngoingRequests ??
    (maxSequences === undefined ? DEFAULT_TARGET : Math.max(1, Math.floor(maxSequences * 0.75)));
  const maxOngoingRequests =
    autoscaling?.maxOngoingRequests ?? Math.max(2 * targetOngoingRequests, maxSequences ?? 0);
  return { targetOngoingRequests, maxOngoingRequests };
}

function groupsOf({ workerGroups }: RayPlanArgs, minimum: number, maximum: number): WorkerBounds[] {
  if (workerGroups === undefined) return [{ name: DEFAULT_GROUP, minWorkers: minimum, maxWorkers: maximum }];
  return workerGroups.map(({ name, minWorkers = 0, maxWorkers }) => ({ name, minWorkers, maxWorkers }));
}
