/** Volumes of the programs that keep something on disk. */
import type * as k8s from "@pulumi/kubernetes";

import { quantity } from "./sizes.ts";
import { DATA_FOLDER } from "./pod.ts";
import type { ThanosVolumeArgs } from "./storage-args.ts";

/** Name of the volume, and of the claims' template. */
const DATA = "data";
export const dataMount: k8s.types.input.core.v1.VolumeMount = { name: DATA, mountPath: DATA_FOLDER };

/** The pod's own volume where the data is ephemeral. */
export function dataVolumes(
  volume: ThanosVolumeArgs | undefined,
  bytes: number,
): k8s.types.input.core.v1.Volume[] {
  if (volume?.ephemeral !== true) return [];
  return [{ name: DATA, emptyDir: { sizeLimit: volume.size ?? quantity(bytes) } }];
}

/** The template of claims where it is not. */
export function claimTemplates(
  volume: ThanosVolumeArgs | undefined,
  bytes: number,
): k8s.types.input.core.v1.PersistentVolumeClaim[] {
  if (volume?.ephemeral === true) return [];
  return [
    {
      metadata: { name: DATA },
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(volume?.storageClassName === undefined ? {} : { storageClassName: volume.storageClassName }),
        resources: { requests: { storage: volume?.size ?? quantity(bytes) } },
      },
    },
  ];
}
