/**
 * Which GPUs a node has and which pods hold them: what the real exporter asks NVML and the kubelet's pod-resources socket.
 * Here the embedded environment's node agent writes it as a file into the folder that is mounted in the socket's place.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Name of the file within the folder. */
export const INVENTORY_FILE = "gpus.json";

/** A container that holds GPUs. */
export interface Holder {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** UUIDs, in the order in which the container sees them. */
  readonly gpus: readonly string[];
  /** Address and port of the engine's API, without scheme. */
  readonly address: string;
}

/** The GPUs of a node. */
export interface Inventory {
  /** Value of the node label nvidia.com/gpu.product. */
  readonly product: string;
  /** Memory of one GPU, in MiB. */
  readonly memoryMiB: number;
  /** UUIDs by index. */
  readonly gpus: readonly string[];
  readonly holders: readonly Holder[];
}

/** The inventory as it is now; undefined while nobody has written one. */
export function readInventory(folder: string): Inventory | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, INVENTORY_FILE), "utf8")) as Inventory;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
