import type { z } from "zod";
import { expects } from "./messages.ts";
import { instanceType, provisionSchema } from "./provision.ts";
import { choice, dnsLabel, dollars, integer, labelKey, labelValue, labels, list, mapping } from "./types.ts";

/** GPU kinds and the product name that NVIDIA's GPU feature discovery gives their nodes (label nvidia.com/gpu.product). */
export const gpuProducts = {
  t4: "Tesla-T4",
  a10g: "NVIDIA-A10G",
  l4: "NVIDIA-L4",
  l40s: "NVIDIA-L40S",
  "a100-40gb": "NVIDIA-A100-SXM4-40GB",
  "a100-80gb": "NVIDIA-A100-SXM4-80GB",
  "h100-80gb": "NVIDIA-H100-80GB-HBM3",
  h200: "NVIDIA-H200",
  b200: "NVIDIA-B200",
  b300: "NVIDIA-B300",
  "rtx-pro-6000": "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition",
} as const;
export type GpuKind = keyof typeof gpuProducts;
const gpuKindNames = Object.keys(gpuProducts) as [GpuKind, ...GpuKind[]];

export const gpuKind = choice(gpuKindNames).meta({
  description: "Kind of GPU. Selects nodes by their label nvidia.com/gpu.product.",
});

const taint = mapping(
  {
    key: labelKey.meta({ description: "Key of the taint." }),
    value: labelValue.optional().meta({ description: "Value of the taint." }),
    effect: choice(["NoSchedule", "PreferNoSchedule", "NoExecute"]).meta({
      description: "What happens to pods that do not tolerate it.",
    }),
  },
  "A taint of the group's nodes. GPU models tolerate the taints of the groups that can take them.",
);

const nodeCount = (description: string) => integer(0, 10_000, "nodes").meta({ description });

export const nodeGroupSchema = mapping(
  {
    name: dnsLabel.meta({ description: "Name of the node group." }),
    instanceType: instanceType.optional().meta({ description: "Machine type at the cloud provider." }),
    gpu: mapping(
      {
        kind: gpuKind,
        count: integer(1, 16, "GPUs").meta({ description: "GPUs of one node." }),
      },
      "GPUs of one node. Default: none.",
    ).optional(),
    minSize: nodeCount("Fewest nodes."),
    maxSize: nodeCount("Most nodes."),
    desiredSize: nodeCount(
      "Nodes at first; an autoscaler owns the number later. Default: minSize.",
    ).optional(),
    capacityType: choice(["on-demand", "spot", "capacity-reservation", "capacity-block"])
      .default("on-demand")
      .meta({ description: "How the nodes are paid for." }),
    hourlyPrice: dollars.optional().meta({
      description:
        "US dollars for an hour of one node, as your contract says. Default: that of the instance type in stacks/node-prices.yaml, where there is one.",
    }),
    taints: list(taint, "taints").default([]).meta({ description: "Taints of the nodes." }),
    labels: labels.default({}).meta({ description: "Labels of the nodes." }),
    provision: provisionSchema.prefault({ kind: "existing" }),
  },
  "A group of equal nodes.",
);

export const nodeGroupsSchema = list(nodeGroupSchema, "node groups")
  .min(1, { error: expects("at least one node group") })
  .meta({ description: "The cluster's nodes. The fleet is checked against their GPUs." });

export type NodeGroupSettings = z.output<typeof nodeGroupSchema>;
export type TaintSettings = z.output<typeof taint>;
