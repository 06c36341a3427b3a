import type { KubeRayOperatorArgs } from "../../components/kuberay-operator.ts";
import type { RayVllmServiceArgs } from "../../components/ray-vllm-service.ts";
import type { RayEngineSettings } from "../config/engine.ts";
import type { ModelSettings } from "../config/model.ts";
import type { Settings } from "../config/settings.ts";
import { given } from "./fields.ts";
import { HUB_TOKEN_KEY, namespaceOf, vllmModelArgs, type FilledWeights } from "./model.ts";
import { secretName } from "./secrets.ts";

/** A model that Ray serves. */
export type RayModelSettings = ModelSettings & { engine: RayEngineSettings };

export function isRayModel(model: ModelSettings): model is RayModelSettings {
  return model.engine.kind === "ray";
}

/** Arguments of the RayService of one model: those of a Deployment, as far as they mean the same, and Ray's own. */
export function rayVllmServiceArgs(
  model: RayModelSettings,
  settings: Settings,
  filled?: FilledWeights,
): RayVllmServiceArgs {
  const { extraArgs, model: served, ...shared } = vllmModelArgs(model, settings, filled);
  const { engine } = model;
  return {
    ...shared,
    model:
      engine.loraDirectory === undefined || "lora" in served
        ? served
        : { ...served, lora: given("maxRank", model.maxLoraRank) },
    rayVersion: engine.rayVersion,
    autoscaling: {
      minReplicas: model.replicas,
      ...given("maxReplicas", engine.maxReplicas),
      ...given("targetOngoingRequests", engine.targetOngoingRequests),
      ...given("maxOngoingRequests", engine.maxOngoingRequests),
    },
    placement: engine.placement,
    authentication: engine.authentication,
    upgrade: engine.upgrade,
    operatorNamespace: settings.fleet.rayOperator.namespace,
    engineArguments: Object.fromEntries(extraArgs.map(engineArgument)),
    ...given("loraDirectory", engine.loraDirectory),
    ...(engine.redis === undefined ? {} : { faultTolerance: redisArgs(engine.redis) }),
    waitForReady: settings.cluster.kind !== "embedded",
  };
}

/** Arguments of the operator; undefined where no model needs it, or somebody else brings it. */
export function kubeRayOperatorArgs(settings: Settings): KubeRayOperatorArgs | undefined {
  const { rayOperator, models } = settings.fleet;
  const namespaces = models.filter(isRayModel).map((model) => namespaceOf(model, settings));
  if (!rayOperator.install || namespaces.length === 0) return undefined;
  return {
    namespace: rayOperator.namespace,
    watchNamespaces: [...new Set(namespaces)].sort(),
    ...given("image", rayOperator.image),
  };
}

function redisArgs({ address, passwordFromSecret: key }: NonNullable<RayEngineSettings["redis"]>) {
  return {
    redisAddress: address,
    ...(key === undefined ? {} : { passwordSecret: { name: secretName(key), key: HUB_TOKEN_KEY } }),
  };
}

/** An argument of vLLM's command line by its Python name: `--max-loras=4` is `max_loras: 4`. */
function engineArgument(argument: string): [name: string, value: unknown] {
  const [flag = "", ...rest] = argument.split("=");
  const name = flag.replace(/^--/, "").replaceAll("-", "_");
  if (rest.length > 0) return [name, parsed(rest.join("="))];
  return name.startsWith("no_") ? [name.slice(3), false] : [name, true];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
