import {
  CoreV1Api,
  StorageV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Node,
  type V1Taint,
} from "@kubernetes/client-node";

import { provisionerName, storageClassName } from "./node/provisioner.ts";

/** Simulated nodes of one kind. */
export interface NodeGroup {
  readonly name: string;
  readonly count: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly V1Taint[];
  /** Capacity by resource, e.g. `{ cpu: "96", memory: "1Ti", "nvidia.com/gpu": "8" }`. */
  readonly capacity: Readonly<Record<string, string>>;
}

/** Label of the node group on each of its nodes. */
export const nodeGroupLabel = "vllm-monitoring/node-group";

/** The nodes of a group: `<group>-0`, `<group>-1`, … */
export function nodesOf(group: NodeGroup): V1Node[] {
  const capacity = { pods: "250", ...group.capacity };
  return Array.from({ length: group.count }, (_, index) => {
    const name = `${group.name}-${String(index)}`;
    return {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        labels: {
          "kubernetes.io/hostname": name,
          "kubernetes.io/os": "linux",
          "kubernetes.io/arch": "amd64",
          [nodeGroupLabel]: group.name,
          ...group.labels,
        },
        annotations: { "kwok.x-k8s.io/node": "fake" },
      },
      spec: { taints: [...group.taints] },
      status: { capacity, allocatable: capacity },
    };
  });
}

/**
 * Makes sure that the cluster has its default storage class: claims become folders of this machine.
 */
export async function ensureStorageClass(kubeconfig: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  await config.makeApiClient(StorageV1Api).patchStorageClass(
    {
      name: storageClassName,
      body: {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: {
          name: storageClassName,
          annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
        },
        provisioner: provisionerName,
        reclaimPolicy: "Delete",
        volumeBindingMode: "Immediate",
      },
      fieldManager: "vllm-monitoring-local",
      force: true,
    },
    setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
  );
}

/** Nodes that are there but of no group that is wanted. */
export function surplusNodes(
  existing: readonly V1Node[],
  groups: readonly NodeGroup[],
  otherGroups: readonly string[],
): string[] {
  const wanted = new Set(groups.flatMap(nodesOf).map((node) => node.metadata?.name));
  return existing
    .filter((node) => !otherGroups.includes(node.metadata?.labels?.[nodeGroupLabel] ?? ""))
    .flatMap((node) => node.metadata?.name ?? [])
    .filter((name) => !wanted.has(name));
}

/**
 * Makes the cluster's nodes exactly those of the groups.
 *
 * @param otherGroups names of groups whose nodes are left alone
 * @returns how many nodes were created and deleted
 */
export async function ensureNodes(
  kubeconfig: string,
  groups: readonly NodeGroup[],
  otherGroups: readonly string[] = [],
): Promise<{ readonly created: number; readonly deleted: number }> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const apply = setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply);
  const wanted = groups.flatMap(nodesOf);
  const { items } = await core.listNode();
  const existing = new Set(items.map((node) => node.metadata?.name));
  for (const node of wanted) {
    const name = node.metadata?.name ?? "";
    await core.patchNode({ name, body: node, fieldManager: "vllm-monitoring-local", force: true }, apply);
    // A node's capacity is part of its status, which only the status endpoint takes.
    await core.patchNodeStatus(
      { name, body: node, fieldManager: "vllm-monitoring-local", force: true },
      apply,
    );
  }
  const surplus = surplusNodes(items, groups, otherGroups);
  for (const name of surplus) {
    await core.deleteNode({ name });
  }
  return {
    created: wanted.filter((node) => !existing.has(node.metadata?.name)).length,
    deleted: surplus.length,
  };
}
