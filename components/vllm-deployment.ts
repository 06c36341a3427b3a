import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { PodMonitor } from "./crds/monitoring.ts";
import { check } from "./support/validation.ts";
import { deploymentArgs } from "./vllm/deployment.ts";
import { identityOf } from "./vllm/identity.ts";
import { disruptionBudgetArgs, needsDisruptionBudget } from "./vllm/disruption.ts";
import { podMonitorArgs } from "./vllm/monitor.ts";
import { networkPolicyArgs, serviceArgs, serviceAccountArgs } from "./vllm/network.ts";
import { planOf } from "./vllm/plan.ts";
import type { VllmMultiprocessMetricsArgs, VllmRolloutMode } from "./vllm/pod-args.ts";
import type { ServedModelArgs } from "./vllm/served-model-args.ts";
import type { SecretKeyArgs } from "./vllm/model-args.ts";
import { RULES } from "./vllm/rules.ts";

export * from "./vllm/model-args.ts";
export * from "./vllm/pod-args.ts";
export * from "./vllm/served-model-args.ts";

/** Arguments of {@link VllmDeployment}. */
export interface VllmDeploymentArgs extends ServedModelArgs {
  /** vLLM image with its digest, `repository[:tag]@sha256:…`. vLLM 0.18 or newer. */
  image: pulumi.Input<string>;
  /** Default 1. */
  replicas?: pulumi.Input<number>;
  /** An autoscaler owns the number of replicas: it is left out of the Deployment. Default false. */
  autoscaled?: pulumi.Input<boolean>;
  /** HTTP front-end processes (`--api-server-count`). Default: vLLM's own, one per data-parallel engine. */
  apiServerCount?: pulumi.Input<number>;
  /** Key that clients must send. It does not guard /health and /metrics. Default: none. */
  apiKeySecret?: pulumi.Input<SecretKeyArgs>;
  /** Volume for the metrics of several processes; it is there by itself when it is needed. */
  multiprocessMetrics?: pulumi.Input<VllmMultiprocessMetricsArgs>;
  /** Default `replace-first`. */
  rollout?: pulumi.Input<VllmRolloutMode>;
  /** Flags of `vllm serve` that have no field of their own, one word each. */
  extraArgs?: pulumi.Input<pulumi.Input<string>[]>;
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
