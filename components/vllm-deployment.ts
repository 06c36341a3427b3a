import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { PodMonitor } from "./crds/monitoring.ts";
import { check } from "./support/validation.ts";
import { deploymentArgs } from "./vllm/deployment.ts";
import { identityOf } from "./vllm/identity.ts";
import type { VllmModelArgs } from "./vllm/model-args.ts";
import { disruptionBudgetArgs, needsDisruptionBudget } from "./vllm/disruption.ts";
import { podMonitorArgs } from "./vllm/monitor.ts";
import { networkPolicyArgs, serviceArgs, serviceAccountArgs } from "./vllm/network.ts";
import { planOf } from "./vllm/plan.ts";
import type {
  VllmDrainArgs,
  VllmEnvironmentVariableArgs,
  VllmExtraVolumeArgs,
  VllmGpuArgs,
  VllmMonitorArgs,
  VllmMultiprocessMetricsArgs,
  VllmNetworkArgs,
  VllmParallelismArgs,
  VllmResourcesArgs,
  VllmRolloutMode,
  VllmSchedulingArgs,
  VllmSecurityArgs,
  VllmStartupArgs,
} from "./vllm/pod-args.ts";
import type { SecretKeyArgs } from "./vllm/model-args.ts";
import { RULES } from "./vllm/rules.ts";

export * from "./vllm/model-args.ts";
export * from "./vllm/pod-args.ts";

/** Arguments of {@link VllmDeployment}. */
export interface VllmDeploymentArgs {
  /** Name of the Deployment, the Service and the rest. Default: the component's name. A DNS label that starts with a letter, at most 46 characters. */
  name?: pulumi.Input<string>;
  /** Namespace; it must exist. */
  namespace: pulumi.Input<string>;
  /** Person or team to call, a label `owner` on every series. */
  owner: pulumi.Input<string>;
  /** Cost centre or team, a label `team` on every series. Default: the owner. */
  team?: pulumi.Input<string>;
  /** vLLM image with its digest, `repository[:tag]@sha256:…`. vLLM 0.18 or newer. */
  image: pulumi.Input<string>;
  /** Accept an image without a digest, whose content may change under the same tag. Default false. */
  allowImageWithoutDigest?: pulumi.Input<boolean>;
  /** Names of Secrets with registry credentials. */
  imagePullSecrets?: pulumi.Input<pulumi.Input<string>[]>;
  /** The model, where its weights come from and how the engine holds it. */
  model: pulumi.Input<VllmModelArgs>;
  /** Default 1. */
  replicas?: pulumi.Input<number>;
  /** An autoscaler owns the number of replicas: it is left out of the Deployment. Default false. */
  autoscaled?: pulumi.Input<boolean>;
  /** How the engine is spread over the GPUs of one pod. Default: one GPU. */
  parallelism?: pulumi.Input<VllmParallelismArgs>;
  /** GPUs of one replica. Default: as many `nvidia.com/gpu` as the parallelism needs, of any kind. */
  gpu?: pulumi.Input<VllmGpuArgs>;
  /** HTTP front-end processes (`--api-server-count`). Default: vLLM's own, one per data-parallel engine. */
  apiServerCount?: pulumi.Input<number>;
  /** Most sequences in a batch (`--max-num-seqs`). Default: vLLM's own for the GPU. */
  maxSequences?: pulumi.Input<number>;
  /** Share of GPU memory vLLM takes, above 0 and at most 1 (`--gpu-memory-utilization`). Default: vLLM's own, 0.92. */
  gpuMemoryUtilization?: pulumi.Input<number>;
  /** Key that clients must send. It does not guard /health and /metrics. Default: none. */
  apiKeySecret?: pulumi.Input<SecretKeyArgs>;
  /** Volume for the metrics of several processes; it is there by itself when it is needed. */
  multiprocessMetrics?: pulumi.Input<VllmMultiprocessMetricsArgs>;
  /** CPU and memory of one replica. */
  resources?: pulumi.Input<VllmResourcesArgs>;
  /** How long a pod may take to start. Default: 20 minutes, for a load of 10. */
  startup?: pulumi.Input<VllmStartupArgs>;
  /** How a pod stops. Default: 15 s to leave the endpoints, 60 s for requests in flight, 15 s to exit. */
  drain?: pulumi.Input<VllmDrainArgs>;
  /** Default `replace-first`. */
  rollout?: pulumi.Input<VllmRolloutMode>;
  /** Which nodes a replica may run on. Default: any with the GPUs, spread over nodes. */
  scheduling?: pulumi.Input<VllmSchedulingArgs>;
  /** Who may reach the pods. Default: Prometheus in the namespace `monitoring` only. */
  network?: pulumi.Input<VllmNetworkArgs>;
  /** How Prometheus scrapes the pods. */
  monitor?: pulumi.Input<VllmMonitorArgs>;
  /** User and groups of the container. Default: those of the vLLM image, never root. */
  security?: pulumi.Input<VllmSecurityArgs>;
  /** Flags of `vllm serve` that have no field of their own, one word each. */
  extraArgs?: pulumi.Input<pulumi.Input<string>[]>;
  /** Environment variables besides the component's own, which are refused here. */
  env?: pulumi.Input<pulumi.Input<VllmEnvironmentVariableArgs>[]>;
  /** Volumes of claims, ConfigMaps and Secrets. Default none. */
  extraVolumes?: pulumi.Input<pulumi.Input<VllmExtraVolumeArgs>[]>;
  /** Annotations of every object. */
  annotations?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Annotations of the pods, besides those of every object. */
  podAnnotations?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Labels of the pods, besides the component's own. */
  podLabels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Annotations of the service account, such as the role it assumes in a cloud. */
  serviceAccountAnnotations?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * One model served by vLLM on GPUs: Deployment, Service, PodMonitor, NetworkPolicy, ServiceAccount and, when more than
 * one replica runs, a PodDisruptionBudget.
 *
 * Wrong arguments are refused before anything is registered, all at once (`pulumi.InputPropertiesError`); those
 * whose values come later fail the deployment when they do.
 */
export class VllmDeployment extends pulumi.ComponentResource {
  /** Name of the Deployment. */
  readonly deploymentName: pulumi.Output<string>;
  /** Name of the Service. */
  readonly serviceName: pulumi.Output<string>;
  /** Base URL inside the cluster, `http://name.namespace.svc:8000`. */
  readonly endpoint: pulumi.Output<string>;
  /** Value of the `model_name` label of its metrics. */
  readonly modelName: pulumi.Output<string>;
  /** Name of the PodMonitor. */
  readonly podMonitorName: pulumi.Output<string>;

  constructor(name: string, args: VllmDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`VllmDeployment "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:VllmDeployment", name, { ...args }, opts);

    const identity = identityOf(name, args);
    const plan = planOf(args);
    const child = { parent: this };

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      serviceAccountArgs(identity, args),
      child,
    );
    // Traffic rules first, so that no pod is ever reachable without them.
    const policy = new k8s.networking.v1.NetworkPolicy(
      `${name}-ingress`,
      networkPolicyArgs(identity, args),
      child,
    );
    const deployment = new k8s.apps.v1.Deployment(`${name}-server`, deploymentArgs(identity, plan, args), {
      ...child,
      dependsOn: [account, policy],
    });
    const service = new k8s.core.v1.Service(`${name}-service`, serviceArgs(identity), child);
    const monitor = new PodMonitor(`${name}-monitor`, podMonitorArgs(identity, args), child);
    if (needsDisruptionBudget(args)) {
      new k8s.policy.v1.PodDisruptionBudget(`${name}-budget`, disruptionBudgetArgs(identity), child);
    }

    this.deploymentName = deployment.metadata.name;
    this.serviceName = service.metadata.name;
    this.endpoint = pulumi.interpolate`http://${service.metadata.name}.${service.metadata.namespace}.svc:8000`;
    this.modelName = pulumi.output(identity.servedName);
    this.podMonitorName = monitor.metadata.name;
    this.registerOutputs({
      deploymentName: this.deploymentName,
      serviceName: this.serviceName,
      endpoint: this.endpoint,
      modelName: this.modelName,
      podMonitorName: this.podMonitorName,
    });
  }
}
