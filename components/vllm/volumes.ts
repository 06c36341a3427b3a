/** Volumes of a vLLM pod, each with the place where the container sees it. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { concat, lift } from "../support/inputs.ts";
import { HOME_DIRECTORY, HUB_CACHE_DIRECTORY } from "./environment.ts";
import { MODEL_DIRECTORY } from "./flags.ts";
import { VllmModelSourceKind, type VllmModelSourceArgs } from "./model-args.ts";
import { MULTIPROCESS_DIRECTORY } from "./multiprocess.ts";
import type { VllmPlan } from "./plan.ts";
import { VllmVolumeMedium, type VllmExtraVolumeArgs } from "./pod-args.ts";

type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;
interface Mounted {
  volume: Volume;
  mount: VolumeMount;
}
type MountedList = pulumi.Input<pulumi.Input<Mounted>[]>;

/** Volumes and mounts in the same order. */
export function volumesOf(plan: pulumi.Input<VllmPlan>, args: VllmDeploymentArgs) {
  const mounted = concat<Mounted>(
    [
      // The root file system is read-only; these are what vLLM, its compilers and libraries write to.
      scratch("vllm-tmp", "/tmp"),
      scratch("vllm-home", HOME_DIRECTORY),
    ],
    lift(plan, planVolumes),
    lift(args.model, ({ source }) => lift(source, sourceVolumes)),
    lift(args.extraVolumes ?? [], (volumes) => volumes.map((volume) => lift(volume, extraVolume))),
  );
  return {
    volumes: lift(mounted, (list) => list.map((one) => lift(one, ({ volume }) => volume))),
    volumeMounts: lift(mounted, (list) => list.map((one) => lift(one, ({ mount }) => mount))),
  };
}

/** Paths in the container that belong to the component. */
export const OWN_MOUNT_PATHS = [
  "/tmp",
  HOME_DIRECTORY,
  "/dev/shm",
  MODEL_DIRECTORY,
  HUB_CACHE_DIRECTORY,
  MULTIPROCESS_DIRECTORY,
];

function planVolumes(plan: VllmPlan): Mounted[] {
  const shared: Mounted = {
    volume: { name: "vllm-shm", emptyDir: { medium: "Memory", sizeLimit: plan.resources.sharedMemory } },
    mount: { name: "vllm-shm", mountPath: "/dev/shm" },
  };
  if (plan.multiprocessVolume === undefined) return [shared];
  const { medium, sizeLimit } = plan.multiprocessVolume;
  const inMemory = medium === VllmVolumeMedium.Memory ? { medium: "Memory" } : {};
  return [
    shared,
    {
      volume: { name: "vllm-metrics", emptyDir: { ...inMemory, sizeLimit } },
      mount: { name: "vllm-metrics", mountPath: MULTIPROCESS_DIRECTORY },
    },
  ];
}

function sourceVolumes({ kind, hub, nfs, claim }: VllmModelSourceArgs): MountedList {
  return lift(kind, (known): MountedList => {
    if (known === VllmModelSourceKind.Hub && hub !== undefined) {
      return lift(hub, ({ cacheClaim }) => [hubCache(cacheClaim)]);
    }
    if (known === VllmModelSourceKind.Nfs && nfs !== undefined) {
      return lift(nfs, ({ server, path }) => [model({ nfs: { server, path, readOnly: true } })]);
    }
    if (known === VllmModelSourceKind.Claim && claim !== undefined) {
      return lift(claim, ({ name }) => [
        model({ persistentVolumeClaim: { claimName: name, readOnly: true } }),
      ]);
    }
    return [];
  });
}

function hubCache(cacheClaim: pulumi.Input<string> | undefined): Mounted {
  const mount = { name: "vllm-hub-cache", mountPath: HUB_CACHE_DIRECTORY };
  if (cacheClaim === undefined) return { volume: { name: mount.name, emptyDir: {} }, mount };
  return { volume: { name: mount.name, persistentVolumeClaim: { claimName: cacheClaim } }, mount };
}

function model(medium: Partial<Volume>): Mounted {
  return {
    volume: { name: "vllm-model", ...medium },
    mount: { name: "vllm-model", mountPath: MODEL_DIRECTORY, readOnly: true },
  };
}

function scratch(name: string, mountPath: string): Mounted {
  return { volume: { name, emptyDir: {} }, mount: { name, mountPath } };
}

function extraVolume(extra: VllmExtraVolumeArgs): Mounted {
  const { name, mountPath, readOnly = true, claim, configMap, secret } = extra;
  return {
    volume: {
      name,
      ...(claim === undefined ? {} : { persistentVolumeClaim: { claimName: claim, readOnly } }),
      ...(configMap === undefined ? {} : { configMap: { name: configMap } }),
      ...(secret === undefined ? {} : { secret: { secretName: secret } }),
    },
    mount: { name, mountPath, readOnly },
  };
}
