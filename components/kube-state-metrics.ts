import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PodMonitor, type PodMonitorSpec } from "./crds/monitoring.ts";
import type { KubeStateMetricsArgs } from "./kube-state-metrics/args.ts";
import {
  deploymentArgs,
  kindsOf,
  KUBE_STATE_METRICS_APPLICATION,
  METRICS_PORT,
  METRICS_PORT_NAME,
  TELEMETRY_PORT,
  TELEMETRY_PORT_NAME,
  type KubeStateMetricsParts,
} from "./kube-state-metrics/deployment.ts";
import { rulesFor } from "./kube-state-metrics/resources.ts";
import { RULES } from "./kube-state-metrics/rules.ts";
import { exporterRelabelings, exporterTimeout } from "./support/exporter-monitor.ts";
import { grant, type Grantee } from "./support/grants.ts";
import { ingressFromNamespace } from "./support/ingress.ts";
import { merge } from "./support/inputs.ts";
import { selectorLabels, standardLabels } from "./support/labels.ts";
import { check } from "./support/validation.ts";

export * from "./kube-state-metrics/args.ts";

/**
 * kube-state-metrics: what the API server knows of pods, workloads and nodes, as metrics. Their `namespace`, `pod` and
 * `node` are the objects' own; `kube_pod_labels` and `kube_pod_annotations` join them with model, owner and team.
 *
 * It may list and watch the kinds that it tells about, and nothing else.
 */
export class KubeStateMetrics extends pulumi.ComponentResource {
  /** Namespace of the Deployment. */
  readonly namespace: pulumi.Output<string>;
  /** Value of the label `job` on the metrics. */
  readonly job: pulumi.Output<string>;

  constructor(name: string, args: KubeStateMetricsArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    check(`KubeStateMetrics "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:KubeStateMetrics", name, { ...args }, opts);
    const namespace = args.namespace ?? "monitoring";
    const labels = standardLabels(KUBE_STATE_METRICS_APPLICATION, name);
    const selector = selectorLabels(KUBE_STATE_METRICS_APPLICATION, name);
    const metadata = { name, namespace, labels };
    const child = { parent: this };

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    const rights = makeRights(name, { account: name, namespace, labels, component: this }, args);
    const policy = new k8s.networking.v1.NetworkPolicy(
      `${name}-ingress`,
      {
        metadata,
        spec: ingressFromNamespace(selector, args.monitoringNamespace ?? namespace, [
          METRICS_PORT,
          TELEMETRY_PORT,
        ]),
      },
      child,
    );
    const parts: KubeStateMetricsParts = {
      metadata,
      labels,
      selector,
      serviceAccount: account.metadata.name,
    };
    new k8s.apps.v1.Deployment(`${name}-deployment`, deploymentArgs(parts, args), {
      ...child,
      dependsOn: [...rights, policy],
    });
    new PodMonitor(
      `${name}-monitor`,
      { metadata: { ...metadata, labels: merge(args.monitorLabels, labels) }, spec: monitor(selector, args) },
      child,
    );

    this.namespace = pulumi.output(namespace);
    this.job = pulumi.output(KUBE_STATE_METRICS_APPLICATION);
    this.registerOutputs({ namespace: this.namespace, job: this.job });
  }
}

/** Everywhere, or in the named namespaces; kinds without a namespace are cluster-wide in both cases. */
function makeRights(name: string, grantee: Grantee, args: KubeStateMetricsArgs): pulumi.Resource[] {
  const kinds = kindsOf(args);
  const [inNamespaces, clusterWide] = [rulesFor(kinds, true), rulesFor(kinds, false)];
  if (args.namespaces === undefined) return grant(name, grantee, [...clusterWide, ...inNamespaces]);
  return [
    ...(clusterWide.length === 0 ? [] : grant(name, grantee, clusterWide)),
    ...(inNamespaces.length === 0
      ? []
      : args.namespaces.flatMap((scope) => grant(`${name}-${scope}`, grantee, inNamespaces, scope))),
  ];
}

function monitor(
  selector: Record<string, pulumi.Input<string>>,
  { interval }: KubeStateMetricsArgs,
): PodMonitorSpec {
  return {
    jobLabel: "app.kubernetes.io/name",
    selector: { matchLabels: selector },
    podMetricsEndpoints: [
      {
        port: METRICS_PORT_NAME,
        path: "/metrics",
        ...exporterTimeout(interval),
        honorLabels: true,
        relabelings: [
          ...exporterRelabelings,
          // Each shard of a Prometheus has it, so that its rules can join with their own targets' series.
          { targetLabel: "__tmp_disable_sharding", replacement: "true", action: "replace" },
        ],
      },
      { port: TELEMETRY_PORT_NAME, path: "/metrics", ...exporterTimeout(interval) },
    ],
  };
}
