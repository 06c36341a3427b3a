/** What the engine on a GPU did since it was last asked, from the device report of a vLLM simulator. */

import type { DeviceReport } from "../vllm-simulator/engine/device.ts";

/** What a GPU does, as shares of time (0 to 1). */
export interface Load {
  readonly busy: number;
  readonly tensor: number;
  readonly memory: number;
  readonly communication: number;
  /** Share of device memory in use. */
  readonly memoryUsed: number;
  /** Whether weights are being brought to the GPU. */
  readonly loading: boolean;
}

/** A GPU that nobody has. */
export const idle: Load = {
  busy: 0,
  tensor: 0,
  memory: 0,
  communication: 0,
  memoryUsed: 0,
  loading: false,
};

/** A GPU whose holder does not answer yet: it loads its model. */
export const loading: Load = { ...idle, memoryUsed: 0.02, loading: true };

const share = (seconds: number, elapsed: number): number => Math.min(1, Math.max(0, seconds / elapsed));

/**
 * The load of one GPU of a replica between two reports.
 *
 * @param place which of the replica's GPUs, from 0
 * @param elapsed seconds between the reports
 */
export function loadOf(
  place: number,
  report: DeviceReport,
  before: DeviceReport | undefined,
  elapsed: number,
): Load {
  const index = Math.floor(place / Math.max(1, report.gpusPerEngine));
  const now = report.engines[index];
  const then = before?.engines[index];
  const memoryUsed = report.gpuMemoryUtilization;
  // A restarted engine counts from zero: what it did before is not known, and what it did since fits in the time.
  const isComparable = now !== undefined && then !== undefined && now.busySeconds >= then.busySeconds;
  if (!isComparable || elapsed <= 0) return { ...idle, memoryUsed };
  return {
    busy: share(now.busySeconds - then.busySeconds, elapsed),
    tensor: share(now.computeSeconds - then.computeSeconds, elapsed),
    memory: share(now.memorySeconds - then.memorySeconds, elapsed),
    communication: share(now.communicationSeconds - then.communicationSeconds, elapsed),
    memoryUsed,
    loading: false,
  };
}
