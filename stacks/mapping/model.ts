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
export function vllmDeploymentArgs(model: ModelSettings, settings: Settings): VllmDeploymentArgs {
  return {
    ...vllmModelArgs(model, settings),
    ...(model.autoscaling === undefined ? { replicas: model.replicas } : { autoscaled: true }),
    ...given("apiServerCount", model.apiServerCount),
  };
}

/** Arguments that mean the same whatever serves the model. */
export function vllmModelArgs(model: ModelSettings, settings: Settings) {
  const { cpu, memory, sharedMemory } = model.resources;
  return {
    name: model.name,
    namespace: namespaceOf(model, settings),
    owner: model.owner.contact,
    team: model.owner.team,
    image: model.image,
    model: {
      source: sourceArgs(model.source),
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
    startup: { expectedLoadSeconds: model.loadSeconds },
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

function sourceArgs(source: ModelSource): VllmModelSourceArgs {
  switch (source.kind) {
    case "hub":
      return {
        kind: VllmModelSourceKind.Hub,
        hub: {
          id: source.repository,
          revision: source.revision,
          ...(source.tokenFromSecret === undefined
            ? {}
            : { tokenSecret: { name: secretName(source.tokenFromSecret), key: HUB_TOKEN_KEY } }),
        },
      };
    case "s3":
      return {
        kind: VllmModelSourceKind.S3,
        s3: { uri: source.uri, ...given("region", source.region), ...given("endpoint", source.endpoint) },
      };
    case "nfs":
      return {
        kind: VllmModelSourceKind.Nfs,
        nfs: { server: source.server, path: source.path, ...given("directory", source.subPath) },
      };
  }
}

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
