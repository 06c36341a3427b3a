/** The fleet: models with replicas and GPUs, node groups, and what they cost in a month. */

import type { NodePrices } from "../../stacks/config/node-prices.ts";
import { isKubernetes, kindOf } from "../model/documents.ts";
import { at, compareText, equal, listOf, textOf, type Json, type JsonObject } from "../model/json.ts";
import type { ResourceRecord, Snapshot } from "../model/snapshot.ts";
import { monthlyCost, type Cost } from "./prices.ts";
import { autoscaledWorkloads, rayScaleOf, type Bounds } from "./scaling.ts";

const GPU = "nvidia.com/gpu";

/** A model that is served. */
export interface ServedModel {
  namespace: string;
  name: string;
  /** Value of the label model_name. */
  servedName: string;
  team: string;
  owner: string;
  /** Undefined when an autoscaler owns the number. */
  replicas: number | undefined;
  /** What the autoscaler keeps it between; undefined where none is known. */
  bounds: Bounds | undefined;
  gpusPerReplica: number;
  /** Product name of the GPUs; empty for any. */
  product: string;
}

/** A group of equal nodes. */
export interface NodeGroup {
  name: string;
  instanceType: string;
  capacityType: string;
  /** US dollars for an hour of a node, when the group says so itself. */
  hourlyPrice: number | undefined;
  minimum: number;
  maximum: number;
  desired: number;
  gpusPerNode: number;
  gpuKind: string;
  settings: JsonObject;
  /** True when the group is there already and a deployment leaves its size alone. */
  keepsSize?: boolean;
}

export interface Fleet {
  models: ServedModel[];
  nodeGroups: NodeGroup[];
}

export interface FleetChange<T> {
  before: T | undefined;
  after: T | undefined;
}

export interface FleetDifference {
  models: FleetChange<ServedModel>[];
  nodeGroups: FleetChange<NodeGroup>[];
  /** GPUs that the models ask for. */
  gpus: { before: number; after: number };
  replicas: { before: number; after: number };
  /** Of all node groups at their desired size. */
  cost: { before: Cost; after: Cost };
}

export function fleetOf({ resources, nodeGroups }: Snapshot): Fleet {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const autoscaled = autoscaledWorkloads(resources);
  return {
    models: resources
      .filter(isKubernetes)
      .flatMap((resource) => {
        const component = byUrn.get(resource.parent ?? "");
        if (kindOf(resource) === "RayService") return rayModel(resource, component);
        if (!serving.includes(kindOf(resource))) return [];
        return servedModel(resource, component).map((model) => {
          const bounds = autoscaled.get(keyOf(model));
          // What the object was made with counts no more once an autoscaler owns the number.
          return bounds === undefined ? model : { ...model, bounds, replicas: undefined };
        });
      })
      .sort((a, b) => compareText(keyOf(a), keyOf(b))),
    nodeGroups: nodeGroups.map(nodeGroupOf).sort((a, b) => compareText(a.name, b.name)),
  };
}

/** Kinds whose replicas serve: of a LeaderWorkerSet each is a group of pods. */
const serving = ["Deployment", "LeaderWorkerSet"];

/** A Deployment, or a set of groups, whose pods ask for GPUs. */
function servedModel(deployment: ResourceRecord, component: ResourceRecord | undefined): ServedModel[] {
  const groups = at(deployment.inputs, "spec", "leaderWorkerTemplate");
  const template = at(groups, "leaderTemplate") ?? at(deployment.inputs, "spec", "template");
  const gpusPerPod = listOf(at(template, "spec", "containers"))
    .map((container) => Number(at(container, "resources", "limits", GPU) ?? 0))
    .reduce((sum, count) => sum + count, 0);
  const gpus = gpusPerPod * Number(at(groups, "size") ?? 1);
  if (gpus === 0) return [];
  const replicas = at(deployment.inputs, "spec", "replicas");
  const shared = servedBy(deployment, component, template);
  return [
    {
      ...shared,
      servedName:
        textOf(at(component?.inputs, "model", "servedName")) ||
        textOf(at(template, "metadata", "annotations", "vllm-monitoring/model")) ||
        shared.name,
      replicas: typeof replicas === "number" ? replicas : undefined,
      bounds: undefined,
      gpusPerReplica: gpus,
    },
  ];
}

/** What a served model has of its object, whatever the kind, and of the template of its pods with GPUs. */
function servedBy(
  resource: ResourceRecord,
  component: ResourceRecord | undefined,
  template: Json | undefined,
) {
  const labelled = (what: string) =>
    textOf(at(template, "metadata", "annotations", `vllm-monitoring/${what}`)) ||
    textOf(at(component?.inputs, what));
  return {
    namespace: textOf(at(resource.inputs, "metadata", "namespace")),
    name: textOf(at(resource.inputs, "metadata", "name")) || resource.name,
    team: labelled("team"),
    owner: labelled("owner"),
    product: textOf(at(template, "spec", "nodeSelector", "nvidia.com/gpu.product")),
  };
}

/** A RayService of Ray Serve LLM; Ray adds and removes the replicas itself. */
function rayModel(service: ResourceRecord, component: ResourceRecord | undefined): ServedModel[] {
  const scale = rayScaleOf(service);
  if (scale === undefined) return [];
  const { servedName, gpusPerReplica, bounds } = scale;
  const template = at(service.inputs, "spec", "rayClusterConfig", "workerGroupSpecs", 0, "template");
  const isFixed = bounds.minimum === bounds.maximum;
  return [
    {
      ...servedBy(service, component, template),
      servedName,
      replicas: isFixed ? bounds.minimum : undefined,
      bounds: isFixed ? undefined : bounds,
      gpusPerReplica,
    },
  ];
}

function nodeGroupOf(settings: JsonObject): NodeGroup {
  const count = (key: string) => Number(settings[key] ?? 0);
  return {
    name: textOf(settings["name"]),
    instanceType: textOf(settings["instanceType"]),
    capacityType: textOf(settings["capacityType"]) || "on-demand",
    hourlyPrice: typeof settings["hourlyPrice"] === "number" ? settings["hourlyPrice"] : undefined,
    minimum: count("minSize"),
    maximum: count("maxSize"),
    desired: Number(settings["desiredSize"] ?? settings["minSize"] ?? 0),
    gpusPerNode: Number(at(settings, "gpu", "count") ?? 0),
    gpuKind: textOf(at(settings, "gpu", "kind")),
    settings,
  };
}

function keyOf({ namespace, name }: ServedModel): string {
  return `${namespace}/${name}`;
}

/** GPUs of all replicas. */
export function gpusOf(model: ServedModel): number {
  return replicasOf(model) * model.gpusPerReplica;
}

/** Replicas; of an autoscaled model the fewest, and one where nothing says how many. */
function replicasOf({ replicas, bounds }: ServedModel): number {
  return replicas ?? bounds?.minimum ?? 1;
}

/** @param keptSizes names of node groups whose desired size counts only when they are made */
export function diffFleets(
  base: Snapshot,
  head: Snapshot,
  prices: NodePrices,
  keptSizes: ReadonlySet<string> = new Set(),
): FleetDifference {
  const before = fleetOf(base);
  const after = withKeptSizes(fleetOf(head), before, keptSizes);
  const total = (models: ServedModel[], of: (model: ServedModel) => number) =>
    models.reduce((sum, model) => sum + of(model), 0);
  return {
    models: differing(before.models, after.models, keyOf),
    nodeGroups: differing(before.nodeGroups, after.nodeGroups, ({ name }) => name),
    gpus: { before: total(before.models, gpusOf), after: total(after.models, gpusOf) },
    replicas: {
      before: total(before.models, replicasOf),
      after: total(after.models, replicasOf),
    },
    cost: {
      before: monthlyCost(before.nodeGroups, prices),
      after: monthlyCost(after.nodeGroups, prices),
    },
  };
}

/** Groups at the size that they have, as far as their bounds let them. */
function withKeptSizes(after: Fleet, before: Fleet, kept: ReadonlySet<string>): Fleet {
  const sizes = new Map(before.nodeGroups.map(({ name, desired }) => [name, desired]));
  return {
    ...after,
    nodeGroups: after.nodeGroups.map((group): NodeGroup => {
      const size = sizes.get(group.name);
      if (size === undefined || !kept.has(group.name) || size === group.desired) return group;
      const desired = Math.max(group.minimum, Math.min(group.maximum, size));
      return { ...group, desired, keepsSize: true };
    }),
  };
}

function differing<T>(before: T[], after: T[], key: (item: T) => string): FleetChange<T>[] {
  const [old, now] = [before, after].map((list) => new Map(list.map((item) => [key(item), item])));
  const names = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  return [...names]
    .sort(compareText)
    .map((name) => ({ before: old?.get(name), after: now?.get(name) }))
    .filter(({ before: from, after: to }) => !equal(from as Json | undefined, to as Json | undefined));
}
