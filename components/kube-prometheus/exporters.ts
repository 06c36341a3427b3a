import type * as pulumi from "@pulumi/pulumi";

import { KubeStateMetrics } from "../kube-state-metrics.ts";
import { KubernetesMonitors } from "../kubernetes-monitors.ts";
import { NodeExporter } from "../node-exporter.ts";
import type { KubePrometheusArgs } from "./args.ts";
import { imageReference } from "./images.ts";
import type { MonitoringNames } from "./prometheus.ts";

/** The components that bring the cluster's own metrics, each unless it is switched off. */
export function makeExporters(
  names: MonitoringNames,
  args: KubePrometheusArgs,
  options: pulumi.ComponentResourceOptions,
): void {
  const { instance, namespace } = names;
  const { images } = args;
  const { enabled: nodes = true, ...nodeExporter } = args.nodeExporter ?? {};
  const { enabled: objects = true, ...kubeStateMetrics } = args.kubeStateMetrics ?? {};
  const { enabled: kubernetes = true, ...kubernetesMonitors } = args.kubernetesMonitors ?? {};
  const pull = args.imagePullSecrets === undefined ? {} : { imagePullSecrets: args.imagePullSecrets };
  if (nodes) {
    const image = imageReference(images, "nodeExporter");
    const own = { ...pull, image, monitoringNamespace: namespace, ...nodeExporter };
    new NodeExporter(`${instance}-node-exporter`, own, options);
  }
  if (objects) {
    const image = images?.kubeStateMetrics === undefined ? {} : { image: images.kubeStateMetrics };
    const own = { ...pull, ...image, namespace, ...kubeStateMetrics };
    new KubeStateMetrics(`${instance}-kube-state-metrics`, own, options);
  }
  if (kubernetes) {
    const own = {
      namespace,
      prometheusServiceAccount: names.prometheusServiceAccount,
      isScoped: args.watchNamespaces !== undefined,
      ...kubernetesMonitors,
    };
    new KubernetesMonitors(`${instance}-kubernetes`, own, options);
  }
}
