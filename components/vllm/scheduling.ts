/** Node choice of vLLM pods. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { lift, merge } from "../support/inputs.ts";
import type { Identity } from "./identity.ts";
import type { VllmSchedulingArgs, VllmTolerationArgs } from "./pod-args.ts";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** Node label that NVIDIA's GPU feature discovery sets. */
const GPU_PRODUCT_LABEL = "nvidia.com/gpu.product";
const GPU_TAINT: VllmTolerationArgs = { key: "nvidia.com/gpu", effect: "NoSchedule" };

/**
 * @param revisionLabel pod label that tells the pods of one revision from those of the one before: each is spread by itself
 */
export function schedulingOf(
  identity: Pick<Identity, "selector">,
  args: Pick<VllmDeploymentArgs, "gpu" | "scheduling">,
  revisionLabel = "pod-template-hash",
): Partial<PodSpec> {
  const scheduling = args.scheduling ?? {};
  const selector = nodeSelector(args, scheduling);
  return {
    ...(selector === undefined ? {} : { nodeSelector: selector }),
    tolerations: lift(scheduling, ({ tolerations }) =>
      lift(tolerations ?? [GPU_TAINT], (list) => list.map((one) => lift(one, toleration))),
    ),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: lift(
          scheduling,
          ({ spreadTopologyKey }) => spreadTopologyKey ?? "kubernetes.io/hostname",
        ),
        // GPU nodes are few: better two replicas on one than one replica pending.
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: identity.selector },
        matchLabelKeys: [revisionLabel],
      },
    ],
    ...optional(scheduling, "priorityClassName"),
    ...optional(scheduling, "runtimeClassName"),
  };
}

function nodeSelector(
  args: Pick<VllmDeploymentArgs, "gpu">,
  scheduling: pulumi.Input<VllmSchedulingArgs>,
): PodSpec["nodeSelector"] {
  const selector = lift(args.gpu ?? {}, ({ product }) =>
    lift(scheduling, ({ nodeSelector: given }) => {
      if (product === undefined) return given;
      return merge(given, { [GPU_PRODUCT_LABEL]: product });
    }),
  );
  return selector;
}

function toleration({ key, value, effect = "NoSchedule" }: VllmTolerationArgs) {
  return value === undefined
    ? { key, operator: "Exists", effect }
    : { key, operator: "Equal", value, effect };
}

/** The field when it is given; with pending arguments it is there and may turn out empty. */
function optional(
  scheduling: pulumi.Input<VllmSchedulingArgs>,
  field: "priorityClassName" | "runtimeClassName",
): Partial<PodSpec> {
  const value = lift(scheduling, (known) => known[field]);
  return value === undefined ? {} : { [field]: value };
}
