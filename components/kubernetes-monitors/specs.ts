/** Monitors of the cluster's own programs. */
import type * as pulumi from "@pulumi/pulumi";
import type {
  PodMonitorSpec,
  SafeTlsConfig,
  ScrapeConfigSpec,
  ServiceMonitorSpec,
} from "../crds/monitoring.ts";
import { exporterTimeout } from "../support/exporter-monitor.ts";
import type { ApiServerMonitorArgs, KubeletMonitorArgs, KubernetesMonitorArgs } from "./args.ts";
import {
  apiServerRelabelings,
  apiServerTargetRelabelings,
  cAdvisorRelabelings,
  kubeletRelabelings,
} from "./relabelings.ts";

/** The cluster's CA, which Kubernetes puts into every namespace. */
const CLUSTER_CA: SafeTlsConfig = { ca: { configMap: { name: "kube-root-ca.crt", key: "ca.crt" } } };

/** By what a scrape shows who it is. */
export interface ScraperToken {
  secretName: pulumi.Input<string>;
}

const authorizationOf = ({ secretName }: ScraperToken) => ({
  type: "Bearer",
  credentials: { name: secretName, key: "token" },
});

/**
 * Jobs of the kubelets by the end of their names. They are found as nodes: an Endpoints object in kube-system, as the
 * operator can keep one, would need rights to write there.
 */
export function kubeletJobs(args: KubeletMonitorArgs, token: ScraperToken): Record<string, ScrapeConfigSpec> {
  const { interval, scrapeTimeout } = exporterTimeout(args.interval);
  const job = (metricsPath: string): ScrapeConfigSpec => ({
    jobName: "kubelet",
    kubernetesSDConfigs: [{ role: "Node" }],
    scheme: "HTTPS",
    metricsPath,
    ...(interval === undefined ? {} : { scrapeInterval: interval, scrapeTimeout }),
    authorization: authorizationOf(token),
    tlsConfig: args.verifyCertificates === false ? { insecureSkipVerify: true } : CLUSTER_CA,
    relabelings: kubeletRelabelings,
  });
  return {
    kubelet: job("/metrics"),
    ...(args.cAdvisor === false
      ? {}
      : {
          cadvisor: {
            ...job("/metrics/cadvisor"),
            // Its samples carry the time at which they were taken, which can be older than the scrape before.
            honorTimestamps: false,
            metricRelabelings: cAdvisorRelabelings(args.dropMetrics),
          },
        }),
  };
}

/** The API server by its Service, which every cluster has. */
export function apiServerMonitor(args: ApiServerMonitorArgs, token: ScraperToken): ServiceMonitorSpec {
  return {
    selector: { matchLabels: { component: "apiserver", provider: "kubernetes" } },
    namespaceSelector: { matchNames: ["default"] },
    endpoints: [
      {
        port: "https",
        scheme: "HTTPS",
        path: "/metrics",
        ...exporterTimeout(args.interval),
        authorization: authorizationOf(token),
        // Its address may be any; its certificate is for this name everywhere.
        tlsConfig: { ...CLUSTER_CA, serverName: "kubernetes.default.svc" },
        relabelings: apiServerTargetRelabelings,
        metricRelabelings: apiServerRelabelings(args.keepMetrics),
      },
    ],
  };
}

/** CoreDNS by its pods: the Service of some clusters has no port for metrics. */
export function coreDnsMonitor(args: KubernetesMonitorArgs): PodMonitorSpec {
  return {
    selector: { matchLabels: { "k8s-app": "kube-dns" } },
    namespaceSelector: { matchNames: ["kube-system"] },
    podMetricsEndpoints: [
      {
        port: "metrics",
        path: "/metrics",
        ...exporterTimeout(args.interval),
        relabelings: [{ targetLabel: "job", replacement: "coredns", action: "replace" }],
      },
    ],
  };
}
