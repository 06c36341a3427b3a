import type { Catalogue } from "../family.ts";
import { defineSeries } from "../promql/series.ts";
import { exporterTargetLabels, kubeletTargetLabels, nodeTargetLabels } from "../targets.ts";
import { kubelet } from "./kubelet.ts";
import { nodeIo } from "./node-io.ts";
import { kubeNodes } from "./nodes.ts";
import { nodeSystem } from "./node-system.ts";
import { kubePods } from "./pods.ts";
import { kubeWorkloads } from "./workloads.ts";

/** Families of kube-state-metrics that rules and dashboards use; its monitor keeps their own labels (honorLabels). */
export const kubeStateMetrics = { ...kubePods, ...kubeWorkloads, ...kubeNodes } as const satisfies Catalogue;

/** Families of node-exporter that rules and dashboards use. */
export const nodeExporter = { ...nodeSystem, ...nodeIo } as const satisfies Catalogue;

/** Families of the kubelet that rules and dashboards use: containers and volumes. */
export const kubeletFamilies = kubelet satisfies Catalogue;

const nameOf = ({ name }: { readonly name: string }): string => name;

/** State of Kubernetes' objects. */
export const kube = defineSeries(
  { product: "kube-state-metrics", targetLabels: exporterTargetLabels, nameOf },
  kubeStateMetrics,
);

/** Machines. */
export const machine = defineSeries(
  { product: "node-exporter", targetLabels: nodeTargetLabels, nameOf },
  nodeExporter,
);

/** Containers and volumes; the monitor adds the node. */
export const container = defineSeries(
  { product: "kubelet", targetLabels: kubeletTargetLabels, nameOf },
  kubeletFamilies,
);
