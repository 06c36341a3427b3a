import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { LeaderWorkerSet } from "./crds/leader-worker-set.ts";
import { PodMonitor } from "./crds/monitoring.ts";
import { check } from "./support/validation.ts";
import { disruptionBudgetArgs, needsDisruptionBudget } from "./vllm/disruption.ts";
import { identityOf } from "./vllm/identity.ts";
import { podMonitorArgs } from "./vllm/monitor.ts";
import { groupNetworkPolicyArgs, leadersOf, leaderWorkerSetArgs, RULES } from "./vllm/multi-node.ts";
import { serviceAccountArgs, serviceArgs } from "./vllm/network.ts";
import { planOf } from "./vllm/plan.ts";
import type { VllmDeploymentArgs } from "./vllm-deployment.ts";

/** Arguments of {@link VllmMultiNode}: those of a `VllmDeployment`, where a replica is a group of pods. */
export interface VllmMultiNodeArgs extends VllmDeploymentArgs {
  /** Nodes that one replica spans, 2 or more; each holds tensor × pipeline / nodes GPUs. */
  nodes: number;
  /**
   * Node label whose values are each given to one group alone, such as topology.kubernetes.io/zone, so that a group's pods
   * are near each other. Default: none.
   */
  exclusiveTopologyKey?: string;
}

/**
 * One model that takes more GPUs than a node has: a LeaderWorkerSet whose leaders serve and are scraped, while the
 * workers compute. Besides it the same objects as a `VllmDeployment` has. The cluster needs the LeaderWorkerSet controller
 * (0.7 or newer), and fast networking between the nodes: EFA on AWS.
 *
 * vLLM joins the pods by its own `--nnodes`, without Ray.
 *
 * Wrong arguments are refused before anything is registered, all at once (`pulumi.InputPropertiesError`).
 */
export class VllmMultiNode extends pulumi.ComponentResource {
  /** Name of the LeaderWorkerSet. */
  readonly groupName: pulumi.Output<string>;
  /** Name of the Service, which leads to leaders. */
  readonly serviceName: pulumi.Output<string>;
  /** Base URL inside the cluster, `http://name.namespace.svc:8000`. */
  readonly endpoint: pulumi.Output<string>;
  /** Value of the `model_name` label of its metrics. */
  readonly modelName: pulumi.Output<string>;
  /** Name of the PodMonitor. */
  readonly podMonitorName: pulumi.Output<string>;

  constructor(name: string, args: VllmMultiNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`VllmMultiNode "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:VllmMultiNode", name, { ...args }, opts);

    const identity = identityOf(name, args);
    const leaders = leadersOf(identity);
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
      groupNetworkPolicyArgs(identity, args),
      child,
    );
    const group = new LeaderWorkerSet(`${name}-group`, leaderWorkerSetArgs(identity, plan, args), {
      ...child,
      dependsOn: [account, policy],
    });
    const service = new k8s.core.v1.Service(`${name}-service`, serviceArgs(leaders), child);
    const monitor = new PodMonitor(`${name}-monitor`, podMonitorArgs(leaders, args), child);
    if (needsDisruptionBudget(args)) {
      // Of all pods: the eviction of a worker takes its group down as that of a leader does.
      new k8s.policy.v1.PodDisruptionBudget(`${name}-budget`, disruptionBudgetArgs(identity), child);
    }

    this.groupName = group.metadata.name;
    this.serviceName = service.metadata.name;
    this.endpoint = pulumi.interpolate`http://${service.metadata.name}.${service.metadata.namespace}.svc:8000`;
    this.modelName = pulumi.output(identity.servedName);
    this.podMonitorName = monitor.metadata.name;
    this.registerOutputs({
      groupName: this.groupName,
      serviceName: this.serviceName,
      endpoint: this.endpoint,
      modelName: this.modelName,
      podMonitorName: this.podMonitorName,
    });
  }
}
