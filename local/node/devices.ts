import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as path from "node:path";

import type { V1Container, V1Node, V1Pod } from "@kubernetes/client-node";

import { INVENTORY_FILE, type Holder, type Inventory } from "../../services/dcgm-simulator/inventory.ts";

/** The kubelet's folder, in whose socket an exporter reads which pod holds which device. */
export const podResources = "/var/lib/kubelet/pod-resources";

const resource = "nvidia.com/gpu";
const productLabel = "nvidia.com/gpu.product";
const memoryLabel = "nvidia.com/gpu.memory";
/** Port of an engine whose container names none. */
const defaultPort = 8000;

/** Folder that stands for {@link podResources} of a node. */
export function podResourcesOf(root: string, node: string): string {
  return path.join(root, node, "pod-resources");
}

/** GPUs of a container: what its limits ask for, as the device plugin gives them. */
function gpusAskedFor({ resources }: V1Container): number {
  return Number(resources?.limits?.[resource] ?? 0);
}

/** The same UUIDs for the same node, whoever asks. */
function uuids(node: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const hex = createHash("sha256")
      .update(`${node}/${String(index)}`)
      .digest("hex");
    return `GPU-${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-")}`;
  });
}

function addressOf(pod: V1Pod, { ports = [] }: V1Container): string {
  const port = ports.find(({ name }) => name === "http") ?? ports[0];
  return `${pod.status?.podIP ?? ""}:${String(port?.containerPort ?? defaultPort)}`;
}

const startOf = ({ metadata }: V1Pod): number => new Date(metadata?.creationTimestamp ?? 0).getTime();

/** Whether a pod holds its devices: it is bound to the node and has not ended. */
function holds(pod: V1Pod, node: string): boolean {
  return (
    pod.spec?.nodeName === node &&
    (pod.status?.podIP ?? "") !== "" &&
    !["Succeeded", "Failed"].includes(pod.status?.phase ?? "")
  );
}

/**
 * The GPUs of a node and who holds them; undefined for a node without. A container keeps the GPUs that it has, others get
 * the first that are free, those that were created first before the rest. Where none are free a container gets none, and the
 * scheduler would not have let it come here.
 */
export function inventoryOf(
  node: V1Node,
  pods: readonly V1Pod[],
  before: Inventory | undefined,
): Inventory | undefined {
  const { name = "", labels = {} } = node.metadata ?? {};
  const count = Number(node.status?.capacity?.[resource] ?? 0);
  if (!(count > 0)) return undefined;
  const gpus = uuids(name, count);
  const wanting = pods
    .filter((pod) => holds(pod, name))
    .sort((a, b) => startOf(a) - startOf(b) || ((a.metadata?.name ?? "") < (b.metadata?.name ?? "") ? -1 : 1))
    .flatMap((pod) =>
      (pod.spec?.containers ?? []).flatMap((container) => {
        const asked = gpusAskedFor(container);
        return asked > 0 ? [{ pod, container, asked }] : [];
      }),
    );
  const kept = ({ pod, container }: { pod: V1Pod; container: V1Container }): readonly string[] =>
    before?.holders.find(
      (holder) =>
        holder.namespace === pod.metadata?.namespace &&
        holder.pod === pod.metadata.name &&
        holder.container === container.name,
    )?.gpus ?? [];
  const taken = new Set(wanting.flatMap(kept));
  const holders = wanting.map(({ pod, container, asked }): Holder => {
    const own = kept({ pod, container });
    const free = gpus.filter((uuid) => !taken.has(uuid));
    const given = own.length === asked ? own : free.slice(0, asked);
    for (const uuid of given) taken.add(uuid);
    return {
      namespace: pod.metadata?.namespace ?? "",
      pod: pod.metadata?.name ?? "",
      container: container.name,
      gpus: given,
      address: addressOf(pod, container),
    };
  });
  return { product: labels[productLabel] ?? "", memoryMiB: Number(labels[memoryLabel] ?? 0), gpus, holders };
}

/** What an earlier agent has written; undefined where none has. */
function read(file: string): { text: string; inventory: Inventory } | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  return { text, inventory: JSON.parse(text) as Inventory };
}

/** Keeps a file for each node with GPUs, in place of the kubelet's socket. */
export class DeviceManager {
  private readonly root: string;
  private readonly written = new Map<string, { readonly text: string; readonly inventory: Inventory }>();

  constructor(root: string) {
    this.root = root;
  }

  /** Writes what changed. */
  update(nodes: readonly V1Node[], pods: readonly V1Pod[]): void {
    for (const node of nodes) {
      const name = node.metadata?.name ?? "";
      const file = path.join(podResourcesOf(this.root, name), INVENTORY_FILE);
      const last = this.written.get(name) ?? read(file);
      const inventory = inventoryOf(node, pods, last?.inventory);
      if (inventory === undefined) continue;
      const text = JSON.stringify(inventory);
      if (text !== last?.text) {
        mkdirSync(path.dirname(file), { recursive: true });
        // An exporter never reads half a file.
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
      }
      this.written.set(name, { text, inventory });
    }
  }
}
