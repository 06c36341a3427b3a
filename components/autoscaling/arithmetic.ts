/** Arithmetic of autoscaling: how long demand must last, and how many replicas have room. Pure. */

/** The longest window that a HorizontalPodAutoscaler takes, in seconds. */
export const LONGEST_WINDOW = 3600;

/** Seconds that demand must stay low before replicas go: a replica that comes back loads for as long again. */
export function scaleDownWindow(loadSeconds: number, given?: number): number {
  return given ?? Math.min(LONGEST_WINDOW, Math.max(300, 2 * loadSeconds));
}

/** Seconds without demand before the last replica goes. */
export function idleWindow(loadSeconds: number, given?: number): number {
  return given ?? Math.max(900, 3 * loadSeconds);
}

/** A group of equal nodes. */
export interface NodeRoom {
  maxNodes: number;
  gpusPerNode: number;
}

/** Replicas that fit on the nodes at most: a replica never spans two of them. */
export function roomFor(gpusPerReplica: number, nodes: readonly NodeRoom[]): number {
  return nodes.reduce(
    (sum, { maxNodes, gpusPerNode }) => sum + maxNodes * Math.floor(gpusPerNode / gpusPerReplica),
    0,
  );
}

/** Replicas that an autoscaler wants for a demand (the sum over replicas, in replicas), within its bounds. */
export function desiredReplicas(demand: number, minimum: number, maximum: number): number {
  return Math.min(maximum, Math.max(minimum, Math.ceil(demand)));
}
