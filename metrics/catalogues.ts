import { dcgm } from "./dcgm/index.ts";
import type { Catalogue } from "./family.ts";
import { kubeletFamilies, kubeStateMetrics, nodeExporter } from "./kubernetes/index.ts";
import { litellm } from "./litellm/index.ts";
import {
  alertmanager,
  configReloader,
  dingtalkBridge,
  prometheus,
  prometheusOperator,
  scrape,
  thanos,
} from "./monitoring/index.ts";
import type { Product } from "./products.ts";
import { rayServe } from "./ray/index.ts";
import { vllm } from "./vllm/index.ts";

/** A catalogue and where its series are found. */
export interface CatalogueEntry {
  readonly title: string;
  /** The program whose versions the families' `since` and `until` are. */
  readonly product: Product;
  readonly catalogue: Catalogue;
  /** Module and name of the typed series. */
  readonly series: string;
}

/** Every catalogue of families that programs expose; the spellings that are derived from vLLM's are left out. */
export const catalogues: readonly CatalogueEntry[] = [
  { title: "vLLM", product: "vllm", catalogue: vllm, series: "engine of metrics/engine/index.ts" },
  { title: "LiteLLM", product: "litellm", catalogue: litellm, series: "gateway of metrics/litellm/index.ts" },
  {
    title: "NVIDIA dcgm-exporter",
    product: "dcgm-exporter",
    catalogue: dcgm,
    series: "gpu of metrics/dcgm/index.ts",
  },
  { title: "Ray Serve", product: "ray", catalogue: rayServe, series: "serve of metrics/ray/index.ts" },
  {
    title: "kube-state-metrics",
    product: "kube-state-metrics",
    catalogue: kubeStateMetrics,
    series: "kube of metrics/kubernetes/index.ts",
  },
  {
    title: "kubelet and cAdvisor",
    product: "kubelet",
    catalogue: kubeletFamilies,
    series: "container of metrics/kubernetes/index.ts",
  },
  {
    title: "node-exporter",
    product: "node-exporter",
    catalogue: nodeExporter,
    series: "machine of metrics/kubernetes/index.ts",
  },
  {
    title: "Targets and alerts",
    product: "prometheus",
    catalogue: scrape,
    series: "target of metrics/monitoring/index.ts",
  },
  {
    title: "Prometheus",
    product: "prometheus",
    catalogue: prometheus,
    series: "prometheusSeries of metrics/monitoring/index.ts",
  },
  {
    title: "Alertmanager",
    product: "alertmanager",
    catalogue: alertmanager,
    series: "alertmanagerSeries of metrics/monitoring/index.ts",
  },
  {
    title: "Prometheus operator",
    product: "prometheus-operator",
    catalogue: prometheusOperator,
    series: "operatorSeries of metrics/monitoring/index.ts",
  },
  {
    title: "Config reloader",
    product: "config-reloader",
    catalogue: configReloader,
    series: "reloaderSeries of metrics/monitoring/index.ts",
  },
  {
    title: "Thanos",
    product: "thanos",
    catalogue: thanos,
    series: "thanosSeries of metrics/monitoring/index.ts",
  },
  {
    title: "DingTalk bridge",
    product: "dingtalk-bridge",
    catalogue: dingtalkBridge,
    series: "bridgeSeries of metrics/monitoring/index.ts",
  },
];
