import type * as pulumi from "@pulumi/pulumi";

import { ModelWeightsOrigin, type ModelWeightsArgs } from "../../components/model-weights/args.ts";
import {
  VllmModelSourceKind,
  type VllmLoraArgs,
  type VllmModelSourceArgs,
} from "../../components/vllm/model-args.ts";
import type { VllmClientArgs, VllmTolerationArgs } from "../../components/vllm/pod-args.ts";
import type { VllmDeploymentArgs } from "../../components/vllm-deployment.ts";
import type { ModelSettings, ModelSource } from "../config/model.ts";
import { gpuProducts, type NodeGroupSettings } from "../config/node-groups.ts";
import type { Settings } from "../config/settings.ts";
import { loadSecondsOf } from "./load-time.ts";
import { droppedMetrics } from "./metrics.ts";
import { given, inOrder } from "./fields.ts";
import { gatewayPodLabels } from "./gateway.ts";
import { secretName } from "./secrets.ts";

/** Namespace of a model. */
export function namespaceOf(model: ModelSettings, settings: Settings): string {
  return model.namespace ?? settings.fleet.namespace;
}

/** All namespaces that models run in, sorted. */
export function fleetNamespaces(settings: Settings): string[] {
  return [...new Set(settings.fleet.models.map((model) => namespaceOf(model, settings)))].sort();
}

/** Arguments of the deployment of one model. */
export function vllmDeploymentArgs(
  model: ModelSettings,
  settings: Settings,
  filled?: FilledWeights,
): VllmDeploymentArgs {
  return {
    ...vllmModelArgs(model, settings, filled),
    ...(model.autoscaling === undefined ? { replicas: model.replicas } : { autoscaled: true }),
    ...given("apiServerCount", model.apiServerCount),
  };
}

/**
 * Arguments that mean the same whatever serves the model.
 *
 * @param filled the volume with the weights, where the stack fills one
 */
export function vllmModelArgs(model: ModelSettings, settings: Settings, filled?: FilledWeights) {
  const { cpu, memory, sharedMemory } = model.resources;
  return {
    name: model.name,
    namespace: namespaceOf(model, settings),
    owner: model.owner.contact,
    team: model.owner.team,
    image: model.image,
    model: {
      source: sourceArgs(model.source, filled),
      servedName: model.servedModelName,
      maxLength: model.maxModelLength,
      ...given("quantization", model.quantization),
      ...given("kvCacheDtype", model.kvCacheDtype),
      ...given("lora", loraArgs(model)),
    },
    parallelism: {
      tensor: model.tensorParallelSize,
      pipeline: model.pipelineParallelSize,
      data: model.dataParallelSize,
    },
    gpu: { count: model.gpu.count, product: gpuProducts[model.gpu.kind] },
    ...given("maxSequences", model.maxNumSeqs),
    ...given("gpuMemoryUtilization", model.gpuMemoryUtilization),
    resources: {
      ...given("cpuRequest", cpu),
      ...given("memoryLimit", memory),
      ...given("sharedMemory", sharedMemory),
    },
    startup: { expectedLoadSeconds: loadSecondsOf(model) },
    scheduling: { tolerations: tolerationsOf(model, settings.nodeGroups) },
    network: {
      monitoringNamespace: settings.monitoring.namespace,
      clients: clientsOf(settings),
    },
    monitor: {
      interval: settings.monitoring.scrapeInterval,
      timeout: settings.monitoring.scrapeTimeout,
      ...given("dropMetrics", droppedMetrics(model, settings)),
    },
    extraArgs: model.extraArguments,
    podLabels: model.labels,
  } satisfies VllmDeploymentArgs;
}

/** Whole namespaces as the configuration says, and of the gateway's namespace nothing but the gateway. */
function clientsOf({ fleet, gateway }: Settings): VllmClientArgs[] {
  return [
    ...inOrder(fleet.clientNamespaces, String).map((namespace) => ({ namespace })),
    ...(gateway === undefined ? [] : [{ namespace: gateway.namespace, podLabels: gatewayPodLabels }]),
  ];
}

function hubArgs({ repository, revision, tokenFromSecret }: Extract<ModelSource, { kind: "hub" }>) {
  return {
    id: repository,
    revision,
    ...(tokenFromSecret === undefined
      ? {}
      : { tokenSecret: { name: secretName(tokenFromSecret), key: HUB_TOKEN_KEY } }),
  };
}

function s3Args({ uri, region, endpoint }: Extract<ModelSource, { kind: "s3" }>) {
  return { uri, ...given("region", region), ...given("endpoint", endpoint) };
}

function sourceArgs(source: ModelSource, filled: FilledWeights | undefined): VllmModelSourceArgs {
  switch (source.kind) {
    case "hub":
      return {
        kind: VllmModelSourceKind.Hub,
        hub: hubArgs(source),
      };
    case "s3":
      return {
        kind: VllmModelSourceKind.S3,
        s3: s3Args(source),
      };
    case "nfs":
      return {
        kind: VllmModelSourceKind.Nfs,
        nfs: { server: source.server, path: source.path, ...given("directory", source.subPath) },
      };
    case "claim":
      return {
        kind: VllmModelSourceKind.Claim,
        claim: filled ?? { name: source.claim ?? "", ...given("directory", source.subPath) },
      };
  }
}

/** Where the weights of a model are, once they are there. */
export interface FilledWeights {
  readonly name: pulumi.Input<string>;
  readonly directory: pulumi.Input<string>;
}

/** Arguments of what fills the volume of a model; undefined where nothing does. */
export function modelWeightsArgs(model: ModelSettings, settings: Settings): ModelWeightsArgs | undefined {
  const { source } = model;
  if (source.kind !== "claim" || source.fill === undefined) return undefined;
  const { fill } = source;
  return {
    namespace: namespaceOf(model, settings),
    image: source.fillImage ?? model.image,
    volume: {
      ...given("claim", source.claim),
      ...given("nfs", source.nfs),
      ...given("storageClass", source.storageClass),
      ...given("size", source.size),
    },
    ...(fill.kind === "hub"
      ? { origin: ModelWeightsOrigin.Hub, hub: hubArgs(fill) }
      : { origin: ModelWeightsOrigin.S3, s3: s3Args(fill) }),
  };
}

/** Name of the component that fills the volume of a model. */
export const weightsName = (model: ModelSettings): string => `${model.name}-weights`;

/** Key of the hub token inside its Secret. */
export const HUB_TOKEN_KEY = "token";

function loraArgs({ loraAdapters, maxLoraRank }: ModelSettings): VllmLoraArgs | undefined {
  if (loraAdapters.length === 0) return undefined;
  return {
    // A batch may mix all adapters; fewer slots would make requests for the others wait as "deferred".
    maxAdapters: loraAdapters.length,
    ...given("maxRank", maxLoraRank),
    adapters: inOrder(loraAdapters, ({ name }) => name).map(({ name, source }) => ({ name, path: source })),
  };
}

/** Tolerations of the taints of every node group that has the model's kind of GPU, without repetition. */
export function tolerationsOf(
  model: ModelSettings,
  groups: readonly NodeGroupSettings[],
): VllmTolerationArgs[] {
  const taints = groups
    .filter((group) => group.gpu?.kind === model.gpu.kind)
    .flatMap((group) => group.taints);
  const identity = ({ key, value, effect }: (typeof taints)[number]) => JSON.stringify([key, value, effect]);
  const binding = taints.filter((taint) => taint.effect !== "PreferNoSchedule");
  const unique = [...new Map(binding.map((taint) => [identity(taint), taint])).values()];
  return inOrder(unique, identity).map(({ key, value, effect }) => ({
    key,
    effect,
    ...given("value", value),
  }));
}
