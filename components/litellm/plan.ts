/** Arithmetic of a gateway pod: memory, CPU and the time it takes to stop. Pure. */
import type * as pulumi from "@pulumi/pulumi";
import type { GatewayDrainArgs, GatewayResourcesArgs } from "./args.ts";

/** Seconds the processes get to exit after the last request; then the kubelet kills them. */
export const EXIT_SECONDS = 15;
export const DEFAULT_WORKERS = 2;
export const DEFAULT_REPLICAS = 2;

/** Everything about a pod that follows from numbers. */
export interface GatewayPlan {
  preStopSeconds: number;
  requestSeconds: number;
  terminationGracePeriodSeconds: number;
  cpuRequest: string;
  memory: string;
}

/** Applies the defaults and does the sums; expects arguments that passed the rules. */
export function gatewayPlan(
  workers = DEFAULT_WORKERS,
  drain: pulumi.Unwrap<GatewayDrainArgs> = {},
  resources: pulumi.Unwrap<GatewayResourcesArgs> = {},
): GatewayPlan {
  const { preStopSeconds = 10, requestSeconds = 120 } = drain;
  return {
    preStopSeconds,
    requestSeconds,
    terminationGracePeriodSeconds:
      drain.terminationGracePeriodSeconds ?? drainSeconds(preStopSeconds, requestSeconds),
    cpuRequest: resources.cpuRequest ?? `${String(workers * 500)}m`,
    memory: resources.memory ?? `${String(512 + workers * 768)}Mi`,
  };
}

/** Seconds from the kubelet's first call to the exit of the last process. */
export function drainSeconds(preStopSeconds: number, requestSeconds: number): number {
  return preStopSeconds + requestSeconds + EXIT_SECONDS;
}
