/** What follows from the arguments of a `ModelAutoscaler`: its queries, its bounds, its pace. Pure. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ModelAutoscalerArgs } from "./args.ts";
import { idleWindow, scaleDownWindow } from "./arithmetic.ts";
import {
  gatewayQuery,
  gpuQuery,
  kvCacheQuery,
  runningQuery,
  SignalName,
  timeToFirstTokenQuery,
  waitingQuery,
  type Target,
} from "./signals.ts";

export type KnownAutoscaler = pulumi.Unwrap<ModelAutoscalerArgs>;

/** A signal and its query, which answers how many replicas are wanted. */
export interface SignalQuery {
  name: SignalName;
  query: string;
}

export interface AutoscalerPlan {
  deployment: string;
  namespace: string;
  minReplicas: number;
  maxReplicas: number;
  queries: SignalQuery[];
  behavior: k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerBehavior;
  pollingSeconds: number;
  idleSeconds: number;
  failureThreshold: number;
}

/** Percentile of the time to first token, unless told otherwise. */
const DEFAULT_PERCENTILE = 95;

/** Applies the defaults; expects arguments that passed the rules. */
export function autoscalerPlan(args: KnownAutoscaler): AutoscalerPlan {
  const { namespace, deployment, modelName, minReplicas = 1, maxReplicas, keda } = args;
  const target = { namespace, deployment, modelName, minReplicas };
  return {
    deployment,
    namespace,
    minReplicas,
    maxReplicas,
    queries: [
      ...signalQueries(target, args.signals),
      ...(keda?.activation === undefined
        ? []
        : [{ name: SignalName.Gateway, query: gatewayQuery(keda.activation.gatewayModel) }]),
    ],
    behavior: behaviorOf(args),
    pollingSeconds: keda?.pollingSeconds ?? 15,
    idleSeconds: idleWindow(args.loadSeconds, keda?.idleSeconds),
    failureThreshold: keda?.failureThreshold ?? 3,
  };
}

function signalQueries(target: Target, signals: KnownAutoscaler["signals"]): SignalQuery[] {
  const { waitingRequests, runningRequests, kvCacheUsage, timeToFirstToken, gpuUtilisation } = signals;
  return [
    waitingRequests && {
      name: SignalName.Waiting,
      query: waitingQuery(target, waitingRequests.perReplica),
    },
    runningRequests && {
      name: SignalName.Running,
      query: runningQuery(target, runningRequests.perReplica),
    },
    kvCacheUsage && { name: SignalName.KvCache, query: kvCacheQuery(target, kvCacheUsage.percent) },
    timeToFirstToken && {
      name: SignalName.TimeToFirstToken,
      query: timeToFirstTokenQuery(
        target,
        timeToFirstToken.seconds,
        timeToFirstToken.percentile ?? DEFAULT_PERCENTILE,
      ),
    },
    gpuUtilisation && { name: SignalName.Gpu, query: gpuQuery(target, gpuUtilisation.percent) },
  ].filter((signal) => signal !== undefined);
}

/** Up at once, at most doubling in a minute; down one by one, when demand has been low for long enough. */
function behaviorOf({ pace, loadSeconds }: KnownAutoscaler): AutoscalerPlan["behavior"] {
  return {
    scaleUp: {
      stabilizationWindowSeconds: pace?.scaleUpSeconds ?? 0,
      selectPolicy: "Max",
      policies: [
        { type: "Percent", value: 100, periodSeconds: 60 },
        { type: "Pods", value: 2, periodSeconds: 60 },
      ],
    },
    scaleDown: {
      stabilizationWindowSeconds: scaleDownWindow(loadSeconds, pace?.scaleDownSeconds),
      selectPolicy: "Max",
      policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
    },
  };
}
