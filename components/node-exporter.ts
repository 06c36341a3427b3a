import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PodMonitor } from "./crds/monitoring.ts";
import { privilegedNamespaceLabels } from "./gpu/namespace.ts";
import type { NodeExporterArgs } from "./node-exporter/args.ts";
import {
  daemonSetArgs,
  isInHostNetwork,
  NODE_EXPORTER_APPLICATION,
  NODE_EXPORTER_PORT,
  NODE_EXPORTER_PORT_NAME,
  type NodeExporterParts,
} from "./node-exporter/daemon-set.ts";
import { RULES } from "./node-exporter/rules.ts";
import { ingressFromNamespace } from "./support/ingress.ts";
import { merge } from "./support/inputs.ts";
import { selectorLabels, standardLabels } from "./support/labels.ts";
import { exporterTimeout, nodeRelabelings } from "./support/exporter-monitor.ts";
import { check } from "./support/validation.ts";

export * from "./node-exporter/args.ts";

/**
 * node-exporter on every node: CPU, memory, disks, file systems, network, pressure. Its series carry `node`, `job` and
 * `instance`, and nothing of its own pod, which would be mistaken for what they tell about.
 *
 * The pods see the host's files read-only and, by default, its network; that is why they have a namespace of their own,
 * apart from everything that the restricted Pod Security Standard holds for. They run as nobody without capabilities, and
 * need nothing of the API server.
 */
export class NodeExporter extends pulumi.ComponentResource {
  /** Namespace of the DaemonSet. */
  readonly namespace: pulumi.Output<string>;
  /** Value of the label `job` on the metrics. */
  readonly job: pulumi.Output<string>;

  constructor(name: string, args: NodeExporterArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    check(`NodeExporter "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:NodeExporter", name, { ...args }, opts);
    const namespace = args.namespace ?? makeNamespace(this, name);
    const labels = standardLabels(NODE_EXPORTER_APPLICATION, name);
    const selector = selectorLabels(NODE_EXPORTER_APPLICATION, name);
    const metadata = { name, namespace, labels };
    const child = { parent: this };

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    const policies = isInHostNetwork(args)
      ? []
      : [
          new k8s.networking.v1.NetworkPolicy(
            `${name}-ingress`,
            {
              metadata,
              spec: ingressFromNamespace(selector, args.monitoringNamespace, [
                args.port ?? NODE_EXPORTER_PORT,
              ]),
            },
            child,
          ),
        ];
    const parts: NodeExporterParts = { metadata, labels, selector, serviceAccount: account.metadata.name };
    new k8s.apps.v1.DaemonSet(`${name}-exporter`, daemonSetArgs(parts, args), {
      ...child,
      dependsOn: policies,
    });
    makeMonitor(this, name, parts, args);

    this.namespace = pulumi.output(namespace);
    this.job = pulumi.output(NODE_EXPORTER_APPLICATION);
    this.registerOutputs({ namespace: this.namespace, job: this.job });
  }
}

function makeNamespace(component: NodeExporter, name: string): pulumi.Output<string> {
  const namespace = new k8s.core.v1.Namespace(
    `${name}-namespace`,
    {
      metadata: {
        name: "node-monitoring",
        labels: { ...standardLabels(NODE_EXPORTER_APPLICATION, name), ...privilegedNamespaceLabels },
      },
    },
    { parent: component },
  );
  return namespace.metadata.name;
}

function makeMonitor(
  component: NodeExporter,
  name: string,
  { metadata, labels, selector }: NodeExporterParts,
  { interval, monitorLabels }: NodeExporterArgs,
): void {
  new PodMonitor(
    `${name}-monitor`,
    {
      metadata: { ...metadata, labels: merge(monitorLabels, labels) },
      spec: {
        jobLabel: "app.kubernetes.io/name",
        selector: { matchLabels: selector },
        podMetricsEndpoints: [
          {
            port: NODE_EXPORTER_PORT_NAME,
            path: "/metrics",
            ...exporterTimeout(interval),
            relabelings: nodeRelabelings,
          },
        ],
      },
    },
    { parent: component },
  );
}
