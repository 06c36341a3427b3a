import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { RayService } from "./crds/kuberay.ts";
import { PodMonitor } from "./crds/monitoring.ts";
import type {
  RayAuthentication,
  RayAutoscalingArgs,
  RayFaultToleranceArgs,
  RayHeadArgs,
  RayReplicaPlacement,
  RayUpgrade,
  RayWorkerGroupArgs,
} from "./ray/args.ts";
import { disruptionBudgetArgs, needsDisruptionBudget } from "./ray/disruption.ts";
import { rayIdentityOf } from "./ray/identity.ts";
import { headMonitorArgs, workerMonitorArgs } from "./ray/monitors.ts";
import { headAccountArgs, networkPolicyArgs, workerAccountArgs } from "./ray/network.ts";
import { rayPlanOf } from "./ray/plan.ts";
import { RULES } from "./ray/rules.ts";
import { rayServiceArgs } from "./ray/service.ts";
import { check } from "./support/validation.ts";
import type { ServedModelArgs } from "./vllm/served-model-args.ts";

export * from "./ray/args.ts";

/**
 * Arguments of {@link RayVllmService}.
 *
 * `resources`, `scheduling`, `env`, `extraVolumes` and the sources' credentials are the workers'; the head gets none of
 * them. `drain.preStopSeconds` and `drain.shutdownSeconds` together are how long a stopping worker goes on serving.
 */
export interface RayVllmServiceArgs extends ServedModelArgs {
  /** Image with Ray and vLLM of head and workers, with its digest, `rayproject/ray-llm[:tag]@sha256:…`. */
  image: pulumi.Input<string>;
  /** Version of Ray in the image, `2.60.0`. 2.51 or newer. */
  rayVersion: pulumi.Input<string>;
  /** Replicas and when they are added. Default: one. */
  autoscaling?: pulumi.Input<RayAutoscalingArgs>;
  /** Default `one-pod`. */
  placement?: pulumi.Input<RayReplicaPlacement>;
  /** Default: one group `gpu` with as many pods as the replicas need. */
  workerGroups?: RayWorkerGroupArgs[];
  /** Resources and nodes of the head. */
  head?: pulumi.Input<RayHeadArgs>;
  /** Default: none. */
  faultTolerance?: pulumi.Input<RayFaultToleranceArgs>;
  /** Default `token`. */
  authentication?: pulumi.Input<RayAuthentication>;
  /** Default `new-cluster`. */
  upgrade?: pulumi.Input<RayUpgrade>;
  /** Where the KubeRay operator runs, which must reach the head. Default `kuberay-system`. */
  operatorNamespace?: pulumi.Input<string>;
  /**
   * Arguments of vLLM's engine that have no field of their own, by their Python names (`enable_prefix_caching: true`).
   * Ray refuses those that vLLM does not have.
   */
  // Values of any JSON type: what the schema for other languages calls Any is inferred of nothing else.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  engineArguments?: pulumi.Input<Record<string, any>>;
  /** Object store directory, `s3://…` or `gs://…`, below which requests find LoRA adapters by name. Needs `model.lora`. */
  loraDirectory?: pulumi.Input<string>;
  /** Wait until the application runs. Default true. */
  waitForReady?: pulumi.Input<boolean>;
}

/**
 * One model served by Ray Serve LLM on a cluster that the KubeRay operator makes: RayService, PodMonitors of head and
 * workers, NetworkPolicy, two ServiceAccounts and, when more than one replica always runs, a PodDisruptionBudget.
 *
 * The engine's metrics are spelled `ray_vllm_…` here and come from Ray's agent in each pod; rules and dashboards get that
 * spelling from `metrics/engine`. Wrong arguments are refused before anything is registered, all at once.
 */
export class RayVllmService extends pulumi.ComponentResource {
  /** Name of the RayService. */
  readonly rayServiceName: pulumi.Output<string>;
  /** Name of the Service that the operator makes once the model answers. */
  readonly serviceName: pulumi.Output<string>;
  /** Base URL inside the cluster, `http://name-serve-svc.namespace.svc:8000`. */
  readonly endpoint: pulumi.Output<string>;
  /** Value of the `model_name` label of its metrics. */
  readonly modelName: pulumi.Output<string>;
  /** Name of the PodMonitor of the workers, which have the engine's metrics. */
  readonly podMonitorName: pulumi.Output<string>;

  constructor(name: string, args: RayVllmServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`RayVllmService "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:RayVllmService", name, { ...args }, opts);

    const identity = rayIdentityOf(name, args);
    const plan = rayPlanOf(args);
    const child = { parent: this };

    const accounts = [
      new k8s.core.v1.ServiceAccount(`${name}-head-account`, headAccountArgs(identity), child),
      new k8s.core.v1.ServiceAccount(`${name}-account`, workerAccountArgs(identity, args), child),
    ];
    // Traffic rules first, so that no pod is ever reachable without them.
    const policy = new k8s.networking.v1.NetworkPolicy(
      `${name}-ingress`,
      networkPolicyArgs(identity, args),
      child,
    );
    const service = new RayService(`${name}-service`, rayServiceArgs(identity, plan, args), {
      ...child,
      dependsOn: [...accounts, policy],
    });
    new PodMonitor(`${name}-head-monitor`, headMonitorArgs(identity, args), child);
    const monitor = new PodMonitor(`${name}-monitor`, workerMonitorArgs(identity, args), child);
    if (needsDisruptionBudget(plan)) {
      new k8s.policy.v1.PodDisruptionBudget(`${name}-budget`, disruptionBudgetArgs(identity, plan), child);
    }

    this.rayServiceName = service.metadata.name;
    this.serviceName = pulumi.interpolate`${service.metadata.name}-serve-svc`;
    this.endpoint = pulumi.interpolate`http://${this.serviceName}.${service.metadata.namespace}.svc:8000`;
    this.modelName = pulumi.output(identity.servedName);
    this.podMonitorName = monitor.metadata.name;
    this.registerOutputs({
      rayServiceName: this.rayServiceName,
      serviceName: this.serviceName,
      endpoint: this.endpoint,
      modelName: this.modelName,
      podMonitorName: this.podMonitorName,
    });
  }
}
