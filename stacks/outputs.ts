import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/**
 * Version of {@link PlatformOutputs}. A new field keeps it; a field that goes or changes its meaning raises it, and
 * {@link readPlatform} of an older release then refuses the outputs instead of misreading them.
 */
export const OUTPUTS_VERSION = 1;

const modelOutputs = z.object({
  name: z.string(),
  namespace: z.string(),
  /** Value of the label `model_name`. */
  servedModelName: z.string(),
  /** Base URL inside the cluster. */
  endpoint: z.string(),
  team: z.string(),
  replicas: z.number(),
  gpuKind: z.string(),
  /** GPUs of one replica. */
  gpuCount: z.number(),
});

const nodeGroupOutputs = z.object({
  name: z.string(),
  /** `existing`, `simulated`, `managed`, `karpenter` or `auto-mode`. */
  provisioner: z.string(),
  gpuKind: z.string(),
  /** GPUs of one node. */
  gpusPerNode: z.number(),
  maximumNodes: z.number(),
  /** What an autoscaler of pods can count on. */
  maximumGpus: z.number(),
});

/** What a stack says of one node group with GPUs. */
export type NodeGroupOutputs = z.output<typeof nodeGroupOutputs>;

const platformOutputs = z.object({
  version: z.literal(OUTPUTS_VERSION),
  environment: z.string(),
  cluster: z.string(),
  monitoring: z.object({
    namespace: z.string(),
    /** URL inside the cluster. */
    prometheusUrl: z.string(),
    /** URL inside the cluster. */
    alertmanagerUrl: z.string(),
    /** Labels on everything that leaves Prometheus. */
    externalLabels: z.record(z.string(), z.string()),
    dashboardConfigMaps: z.array(z.string()),
  }),
  /** Long-term storage. Absent without an object store. */
  history: z
    .object({
      /** Address that Grafana asks, inside the cluster. */
      queryUrl: z.string(),
      /** StoreAPI of the whole cluster, host:port inside the cluster, for a global query. */
      grpcAddress: z.string(),
      /** Bucket, empty with a directory. */
      bucket: z.string(),
    })
    .optional(),
  models: z.array(modelOutputs),
  /** Groups with GPUs. Older releases told none. */
  nodeGroups: z.array(nodeGroupOutputs).default([]),
  /** Absent without a gateway. */
  gateway: z.object({ /** Base URL inside the cluster. */ endpoint: z.string() }).optional(),
});

/** What a stack of this project exports, under the one name `platform`. */
export type PlatformOutputs = z.output<typeof platformOutputs>;

/** Name of the stack output. */
export const PLATFORM_OUTPUT = "platform";

/**
 * The outputs of another stack of this project, checked.
 *
 * @throws (as a failed output) when the stack exports no platform, or one of another version
 */
export function readPlatform(reference: pulumi.StackReference): pulumi.Output<PlatformOutputs> {
  return reference.requireOutput(PLATFORM_OUTPUT).apply((value: unknown) => {
    const result = platformOutputs.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const path = [PLATFORM_OUTPUT, ...(issue?.path ?? [])].join(".");
    throw new Error(
      `${path}: ${issue?.message ?? "unreadable"}; this release reads version ${String(OUTPUTS_VERSION)} of the outputs, update the other stack or this one`,
    );
  });
}
