import { mkdirSync, rmSync } from "node:fs";
import * as path from "node:path";

import type { CoreV1Api, V1PersistentVolume, V1PersistentVolumeClaim } from "@kubernetes/client-node";

import { keyOf, statusCode, type Cluster } from "./cluster.ts";

/** Name of the storage class, and of the provisioner that it names. */
export const storageClassName = "standard";
export const provisionerName = "local.vllm-monitoring/directory";

/** Folder of a claim's data; it outlives the pods that use it. */
export function claimDirectory(root: string, namespace: string, claim: string): string {
  return path.join(root, `${namespace}_${claim}`);
}

/** The volume that satisfies a claim: a folder of this machine. */
export function persistentVolume(claim: V1PersistentVolumeClaim, root: string): V1PersistentVolume {
  const { name = "", namespace = "", uid = "" } = claim.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: `pvc-${uid}`,
      annotations: { "pv.kubernetes.io/provisioned-by": provisionerName },
    },
    spec: {
      capacity: { storage: claim.spec?.resources?.requests?.["storage"] ?? "1Gi" },
      accessModes: claim.spec?.accessModes ?? ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Delete",
      storageClassName: claim.spec?.storageClassName ?? storageClassName,
      volumeMode: "Filesystem",
      hostPath: { path: claimDirectory(root, namespace, name) },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid },
    },
  };
}

/** Gives each claim of the local storage class a folder, and takes it away with the claim. */
export class Provisioner {
  private readonly core: CoreV1Api;
  private readonly root: string;

  constructor(cluster: Cluster, root: string) {
    this.core = cluster.core;
    this.root = root;
    cluster.claims.on("add", (claim) => {
      this.run(claim, this.provision(claim));
    });
    cluster.claims.on("update", (claim) => {
      this.run(claim, this.provision(claim));
    });
    cluster.claims.on("delete", (claim) => {
      this.run(claim, this.release(claim));
    });
  }

  private run(claim: V1PersistentVolumeClaim, work: Promise<void>): void {
    work.catch((error: unknown) => {
      console.error(`claim ${keyOf(claim)}:`, error instanceof Error ? error.message : error);
    });
  }

  private async provision(claim: V1PersistentVolumeClaim): Promise<void> {
    const unbound = claim.status?.phase !== "Bound" && claim.metadata?.deletionTimestamp === undefined;
    if (!unbound || claim.spec?.storageClassName !== storageClassName) {
      return;
    }
    const volume = persistentVolume(claim, this.root);
    mkdirSync(volume.spec?.hostPath?.path ?? this.root, { recursive: true, mode: 0o700 });
    await this.core.createPersistentVolume({ body: volume }).catch((error: unknown) => {
      if (statusCode(error) !== 409) {
        throw error;
      }
    });
  }

  private async release(claim: V1PersistentVolumeClaim): Promise<void> {
    if (claim.spec?.storageClassName !== storageClassName) {
      return;
    }
    const { name = "", namespace = "", uid = "" } = claim.metadata ?? {};
    await this.core.deletePersistentVolume({ name: `pvc-${uid}` }).catch((error: unknown) => {
      if (statusCode(error) !== 404) {
        throw error;
      }
    });
    rmSync(claimDirectory(this.root, namespace, name), { recursive: true, force: true });
  }
}
