import { gpuInstanceTypes } from "../../components/gpu/instance-types.ts";
import { weightFormatOf } from "../../components/gpu/weights.ts";
import { isEks } from "./cluster.ts";
import type { Finding } from "./findings.ts";
import type { NodeGroupSettings } from "./node-groups.ts";
import type { Path } from "./problems.ts";
import type { Element, View } from "./view.ts";

/** Checks of how the nodes come to be, against the cluster and the instance types. */
export function nodeChecks(view: View): Finding[] {
  return [
    ...view.nodeGroups.flatMap(({ path, value }) => [
      ...machineChecks(path, value),
      ...(view.cluster === undefined ? [] : provisionChecks(path, value, view.cluster)),
    ]),
    ...networkChecks(view),
    ...systemChecks(view),
    ...sizeChecks(view),
    ...scalerChecks(view),
  ];
}

/** What the group says of its machines against the table of instance types. */
function machineChecks(path: Path, { instanceType, gpu, provision }: NodeGroupSettings): Finding[] {
  if (provision.kind !== "existing" && gpu === undefined)
    return [
      {
        path: [...path, "provision", "kind"],
        expected: "existing: only groups with GPUs are made one by one",
        remedy: "remove provision, or say what GPUs the nodes have",
      },
    ];
  if (provision.kind !== "existing" && instanceType === undefined)
    return [
      {
        path: [...path, "instanceType"],
        expected: `an instance type, which a ${provision.kind} group is made of`,
        remedy: "add it, such as p5.48xlarge",
      },
    ];
  const type = gpuInstanceTypes.get(instanceType ?? "");
  if (type === undefined) return [];
  const has = `${String(type.gpuCount)} ${type.gpuKind ?? type.gpuProduct}`;
  if (gpu === undefined)
    return [
      {
        path: [...path, "gpu"],
        expected: `the GPUs of ${type.name}: ${has}`,
        remedy: "add gpu.kind and gpu.count, or choose a machine without GPUs",
      },
    ];
  if (gpu.kind !== type.gpuKind)
    return [
      {
        path: [...path, "gpu", "kind"],
        expected: `${type.gpuKind ?? type.gpuProduct}: ${type.name} has ${has}`,
        remedy: "correct gpu.kind or instanceType",
      },
    ];
  if (gpu.count === type.gpuCount) return [];
  return [
    {
      path: [...path, "gpu", "count"],
      expected: `${String(type.gpuCount)}: ${type.name} has ${has}`,
      remedy: "correct gpu.count or instanceType",
    },
  ];
}

function provisionChecks(
  path: Path,
  { gpu, provision }: NodeGroupSettings,
  cluster: NonNullable<View["cluster"]>,
): Finding[] {
  const at = [...path, "provision", "kind"];
  if (!isEks(cluster)) {
    if (provision.kind === "existing") return [];
    const remedy =
      cluster.kind === "embedded"
        ? "remove provision: make up simulates the nodes"
        : "remove provision, or use a cluster of kind eks or new-eks";
    return [{ path: at, expected: `existing on a cluster of kind ${cluster.kind}`, remedy }];
  }
  if (cluster.kind === "eks" || gpu === undefined) return [];
  if (provision.kind === "existing")
    return [
      {
        path: at,
        expected: "managed or auto-mode: on a new cluster nobody else makes the nodes",
        remedy: "say by what means the nodes are made",
      },
    ];
  if (provision.kind === "karpenter")
    return [
      {
        path: at,
        expected: "managed or auto-mode: a new cluster has no Karpenter yet",
        remedy: "use managed, or cluster.autoMode with auto-mode",
      },
    ];
  if (provision.kind !== "auto-mode" || cluster.autoMode) return [];
  return [
    {
      path: at,
      expected: "managed: the cluster is made without Auto Mode",
      remedy: "set cluster.autoMode, or use managed",
    },
  ];
}

function networkChecks({ cluster, nodeGroups }: View): Finding[] {
  if (cluster?.kind !== "eks" || cluster.network !== undefined) return [];
  const made = nodeGroups.filter(({ value }) => value.provision.kind !== "existing");
  const needsAddons = cluster.addons.podIdentityAgent || cluster.addons.nodeMonitoringAgent;
  if (made.length === 0 && !needsAddons) return [];
  return [
    {
      path: ["cluster", "network"],
      got: "nothing",
      expected: `the cluster's network, which ${made.map(({ value }) => value.name).join(", ") || "cluster.addons"} needs`,
      remedy: "aws eks describe-cluster --name <name> --query cluster.resourcesVpcConfig",
    },
  ];
}

/** The nodes for everything without GPUs of a cluster that the stack makes. */
function systemChecks({ cluster, nodeGroups }: View): Finding[] {
  if (cluster?.kind !== "new-eks") return [];
  const system = nodeGroups.filter(({ value }) => value.gpu === undefined);
  const surplus: Element<NodeGroupSettings>[] = cluster.autoMode ? system : system.slice(1);
  return surplus.map(({ path, value }) => ({
    path,
    got: value.name,
    expected: cluster.autoMode
      ? "no group without GPUs: Auto Mode makes the system nodes by itself"
      : "one group without GPUs, which becomes the system nodes of the new cluster",
    remedy: "remove it",
  }));
}

/** Sizes that say nothing of how the weights are kept. */
function sizeChecks({ models }: View): Finding[] {
  return models.flatMap(({ path, value: { size, quantization } }) => {
    if (size === undefined || size.weightFormat !== undefined) return [];
    if (weightFormatOf(quantization) !== undefined) return [];
    return [
      {
        path: [...path, "size", "weightFormat"],
        got: "nothing",
        expected: `the format of the weights: with quantization ${quantization ?? "auto"} only the checkpoint knows it`,
        remedy: "write what the checkpoint holds, such as fp8 or int8, or leave size out",
      },
    ];
  });
}

/** Autoscalers scale Deployments; a replica of several nodes is none. */
function scalerChecks({ models }: View): Finding[] {
  return models
    .filter(({ value }) => value.nodes > 1 && value.autoscaling !== undefined)
    .map(({ path, value }) => ({
      path: [...path, "autoscaling"],
      got: `an autoscaler of replicas that span ${String(value.nodes)} nodes`,
      expected: "no autoscaler with nodes over 1: it scales Deployments",
      remedy: "remove autoscaling and set replicas",
    }));
}
