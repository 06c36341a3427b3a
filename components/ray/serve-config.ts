/** Configuration of Ray Serve: one application of Ray Serve LLM that serves one model. */
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { RayVllmServiceArgs } from "../ray-vllm-service.ts";
import { hasPending, knownView } from "../support/inputs.ts";
import { engineArguments, given, sourceOf, type EngineArgs } from "./engine.ts";
import { SERVE_PORT, type RayIdentity } from "./identity.ts";
import type { DeploymentScale, RayPlan } from "./plan.ts";

const CONFIG_FIELDS = [
  "model",
  "parallelism",
  "maxSequences",
  "gpuMemoryUtilization",
  "engineArguments",
  "loraDirectory",
] as const;

interface ConfigInputs {
  name: string;
  servedName: string;
  plan: RayPlan;
  args: EngineArgs;
}

/** `serveConfigV2`, at once when all arguments are plain. */
export function serveConfigText(
  identity: RayIdentity,
  plan: pulumi.Input<RayPlan>,
  args: RayVllmServiceArgs,
): pulumi.Input<string> {
  const fields = Object.fromEntries(
    CONFIG_FIELDS.filter((field) => args[field] !== undefined).map((field) => [field, args[field]]),
  );
  const inputs = { name: identity.name, servedName: identity.servedName, plan, args: fields };
  if (!hasPending(inputs)) return textOf(knownView(inputs) as ConfigInputs);
  return pulumi.output(inputs).apply((known) => textOf(known as ConfigInputs));
}

function textOf(inputs: ConfigInputs): string {
  return stringify(serveConfig(inputs), { lineWidth: 0 });
}

/**
 * The configuration as an object.
 *
 * Source: ray.serve.schema.ServeDeploySchema, ray.serve.llm.LLMServingArgs (Ray 2.60).
 */
export function serveConfig({ name, servedName, plan, args }: ConfigInputs): object {
  return {
    proxy_location: "EveryNode",
    http_options: { host: "0.0.0.0", port: SERVE_PORT },
    applications: [
      {
        // The label `application` of Ray Serve's metrics.
        name,
        route_prefix: "/",
        import_path: "ray.serve.llm:build_openai_app",
        args: {
          llm_configs: [modelConfig(servedName, plan, args)],
          ingress_deployment_config: scaleOf(plan.ingress, plan),
        },
      },
    ],
  };
}

function modelConfig(servedName: string, plan: RayPlan, args: EngineArgs): object {
  const { lora } = args.model;
  return given({
    model_loading_config: { model_id: servedName, model_source: sourceOf(args.model.source).modelSource },
    engine_kwargs: engineArguments(args),
    // PACK may split a replica that fits into one pod over two, with its tensor parallelism across the network.
    placement_group_config: {
      bundle_per_worker: { GPU: 1 },
      strategy: plan.workersPerReplica === 1 ? "STRICT_PACK" : "PACK",
    },
    lora_config:
      lora === undefined
        ? undefined
        : given({
            dynamic_lora_loading_path: args.loraDirectory,
            max_num_adapters_per_replica: lora.maxCpuAdapters ?? lora.maxAdapters ?? 1,
          }),
    // Ray's own default; without it there is no series of the engine at all.
    log_engine_metrics: true,
    deployment_config: {
      ...scaleOf(plan.model, plan),
      // What a replica that is removed gets to finish its requests.
      graceful_shutdown_timeout_s: plan.pod.shutdownSeconds,
    },
  });
}

function scaleOf(scale: DeploymentScale, plan: RayPlan): object {
  return {
    autoscaling_config: {
      min_replicas: scale.minReplicas,
      max_replicas: scale.maxReplicas,
      target_ongoing_requests: scale.targetOngoingRequests,
      upscale_delay_s: plan.upscaleDelaySeconds,
      downscale_delay_s: plan.downscaleDelaySeconds,
    },
    max_ongoing_requests: scale.maxOngoingRequests,
  };
}
