/** Arguments of `KubernetesMonitors`. */
import type * as pulumi from "@pulumi/pulumi";

type Input<T> = pulumi.Input<T>;

/** Scraping of one program. */
export interface KubernetesMonitorArgs {
  /** Whether it is scraped. Default: true. */
  enabled?: boolean;
  /** Time between two scrapes, as a Prometheus duration. Default: Prometheus' own. */
  interval?: string;
}

/** Kubelets and the cAdvisor in them. */
export interface KubeletMonitorArgs extends KubernetesMonitorArgs {
  /** Containers' CPU, memory, network and disks. Default: true. */
  cAdvisor?: boolean;
  /**
   * Whether the kubelets' certificates must be signed by the cluster's CA. EKS, GKE and AKS sign them; kubeadm and kind don't
   * unless `serverTLSBootstrap` is set, and need false. Default: true.
   */
  verifyCertificates?: boolean;
  /** Regular expression of metrics of cAdvisor that are left out. Default: what nobody reads, see relabelings.ts. */
  dropMetrics?: string;
}

/** The API server. */
export interface ApiServerMonitorArgs extends KubernetesMonitorArgs {
  /** Regular expression of metrics that are kept; a real one exposes some 50,000 series. Default: see relabelings.ts. */
  keepMetrics?: string;
}

/** Arguments of `KubernetesMonitors`. */
export interface KubernetesMonitorsArgs {
  /** Namespace of Prometheus, in which the monitors are. Default: monitoring. */
  namespace?: Input<string>;
  kubelet?: KubeletMonitorArgs;
  apiServer?: ApiServerMonitorArgs;
  /** A cluster with another DNS (GKE's kube-dns) has no such pods, and then there is no target. */
  coreDns?: KubernetesMonitorArgs;
  /** ServiceAccount of Prometheus in `namespace`, which is given the right to find nodes. Default: it has it. */
  prometheusServiceAccount?: Input<string>;
  /** True: that account may look into no namespace but its own, and is given `default` and `kube-system`. Default: false. */
  isScoped?: boolean;
  /** Labels of the monitors besides the component's own. */
  monitorLabels?: Input<Record<string, Input<string>>>;
}
