/** Arguments that the DaemonSets of GPU nodes share. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Requests and limits of a container, as quantities. */
export interface GpuDaemonResourcesArgs {
  cpuRequest?: pulumi.Input<string>;
  /** Default: no limit, because throttling makes a sampler late. */
  cpuLimit?: pulumi.Input<string>;
  memoryRequest?: pulumi.Input<string>;
  memoryLimit?: pulumi.Input<string>;
}

/** A taint that the pods tolerate; without a value any. */
export interface GpuTolerationArgs {
  key: pulumi.Input<string>;
  value?: pulumi.Input<string>;
  /** Default: every effect. */
  effect?: pulumi.Input<string>;
}

/** Which nodes the pods run on. */
export interface GpuPlacementArgs {
  /** Labels of the nodes. Default nvidia.com/gpu.present=true, which `GpuNodeGroup` writes. */
  nodeSelector?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Default: every taint is tolerated, because a GPU without its DaemonSets is no use to anyone. */
  tolerations?: pulumi.Input<pulumi.Input<GpuTolerationArgs>[]>;
  /** Default system-node-critical: without it no GPU can be given out, or none is watched. */
  priorityClassName?: pulumi.Input<string>;
  /** Runtime class that gives pods the NVIDIA runtime. Default: none, it is the default runtime of EKS' NVIDIA images. */
  runtimeClassName?: pulumi.Input<string>;
}

/** Numbers of {@link GpuDaemonResourcesArgs} unless told otherwise. */
export interface DefaultResources {
  cpuRequest: string;
  memoryRequest: string;
  memoryLimit: string;
}

export function resourcesOf(
  given: GpuDaemonResourcesArgs | undefined,
  defaults: DefaultResources,
): k8s.types.input.core.v1.ResourceRequirements {
  return {
    requests: {
      cpu: given?.cpuRequest ?? defaults.cpuRequest,
      memory: given?.memoryRequest ?? defaults.memoryRequest,
    },
    limits: {
      memory: given?.memoryLimit ?? defaults.memoryLimit,
      ...(given?.cpuLimit === undefined ? {} : { cpu: given.cpuLimit }),
    },
  };
}
