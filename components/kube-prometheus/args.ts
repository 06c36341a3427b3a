import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { ScrapeClass } from "../crds/monitoring.ts";
import type { KubeStateMetricsArgs } from "../kube-state-metrics/args.ts";
import type { KubernetesMonitorsArgs } from "../kubernetes-monitors/args.ts";
import type { NodeExporterArgs } from "../node-exporter/args.ts";
import type { MonitoringImagesArgs } from "./images.ts";
import type { RemoteWriteArgs } from "./remote-write-args.ts";
import type { SecretKeyArgs, ThanosSidecarArgs } from "./thanos-args.ts";

export type * from "./remote-write-args.ts";
export type { SecretKeyArgs, ThanosGrpcTlsArgs, ThanosSidecarArgs } from "./thanos-args.ts";

type Input<T> = pulumi.Input<T>;
type Toleration = k8s.types.input.core.v1.Toleration;
type ResourceRequirements = k8s.types.input.core.v1.ResourceRequirements;
type NetworkPolicyPeer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** What the operator does with a StatefulSet whose roll-out is stuck on a pod that never becomes ready. */
export const RepairPolicy = { None: "none", Evict: "evict", Delete: "delete" } as const;
export type RepairPolicy = (typeof RepairPolicy)[keyof typeof RepairPolicy];

/** What Prometheus does with the samples. */
export const PrometheusMode = {
  /** Keeps them, answers queries, evaluates rules. */
  Server: "server",
  /** Sends them on and does nothing else; see `prometheus.remoteWrite`. */
  Agent: "agent",
} as const;
export type PrometheusMode = (typeof PrometheusMode)[keyof typeof PrometheusMode];

/** Whether replicas may share a node. */
export const AntiAffinity = {
  /** Only if there is no other place; a small cluster still runs them all. */
  Preferred: "preferred",
  /** Never: a replica without a node of its own stays pending. */
  Required: "required",
} as const;
export type AntiAffinity = (typeof AntiAffinity)[keyof typeof AntiAffinity];

/**
 * Native histograms of programs that expose them (Prometheus, Thanos, parts of Kubernetes; not vLLM): one series each
 * instead of one per bucket. Needs Prometheus 3.8.
 */
export interface NativeHistogramArgs {
  /**
   * Whether the classic buckets are kept beside them, which rules and dashboards on `_bucket` read. Default: true.
   */
  keepClassic?: boolean;
}

/** Limits of queries. */
export interface PrometheusQueryArgs {
  /** Queries at a time. Default: 20. */
  maxConcurrency?: Input<number>;
  /** Samples that one query may hold in memory, about 16 bytes each. Default: 50,000,000. */
  maxSamples?: Input<number>;
  /** Default: 2m. */
  timeout?: Input<string>;
}

/** Where a server keeps its data. Give `size`, or ask for `ephemeral`; neither means a claim of the default size. */
export interface MonitoringStorageArgs {
  /** Size of each replica's persistent volume claim, for example "200Gi". */
  size?: Input<string>;
  /** Storage class of the claim. Default: the cluster's. */
  storageClassName?: Input<string>;
  /** True: an emptyDir, lost with its pod. Only for environments whose data are worth nothing. Default: false. */
  ephemeral?: boolean;
  /** Limit of the emptyDir. Default: 10Gi. */
  ephemeralSizeLimit?: Input<string>;
}

/** How Prometheus reaches the API server when it runs outside the cluster, or not as its pods' ServiceAccount. */
export interface MonitoringApiServerArgs {
  /** URL of the API server, for example "https://127.0.0.1:6443". */
  host: Input<string>;
  /** File of the bearer token, as the container sees it. Default: that of the pod's ServiceAccount. */
  tokenFile?: Input<string>;
  /** File of the CA certificate, as the container sees it. Default: that of the pod's ServiceAccount. */
  caFile?: Input<string>;
}

/** The operator's own Deployment. */
export interface PrometheusOperatorArgs {
  /** Default: 50m and 100Mi requested, 256Mi at most. */
  resources?: Input<ResourceRequirements>;
  /** Requests of each config reloader, as quantities. Default: 10m CPU, 50Mi memory, which is also its memory limit. */
  configReloaderCpu?: Input<string>;
  configReloaderMemory?: Input<string>;
  /** Namespaces whose monitors and rules are ignored. Not together with `watchNamespaces`. */
  denyNamespaces?: string[];
  /** Default: none. */
  repairPolicy?: RepairPolicy;
  /** "debug", "info" (default), "warn" or "error". */
  logLevel?: Input<string>;
  nodeSelector?: Input<Record<string, Input<string>>>;
  tolerations?: Input<Input<Toleration>[]>;
  priorityClassName?: Input<string>;
}

/** The Prometheus servers. */
export interface PrometheusServerArgs {
  /** Default: server. */
  mode?: PrometheusMode;
  /** Identical servers that scrape the same targets. Default: 2. */
  replicas?: Input<number>;
  /**
   * Parts that the targets are divided into, each with its own replicas. More than one needs `thanos` or `remoteWrite`,
   * because no server sees everything then. Default: 1.
   */
  shards?: Input<number>;
  /** How long samples are kept. Default: 15d. */
  retention?: Input<string>;
  /** How much disk they may take before the oldest are dropped, for example "40GB". Default: 80 % of the volume. */
  retentionSize?: Input<string>;
  /** Default: 15s. */
  scrapeInterval?: Input<string>;
  /** At most the scrape interval. Default: 10s, or the interval where that is shorter. */
  scrapeTimeout?: Input<string>;
  /** How often rules run. Default: 15s. */
  evaluationInterval?: Input<string>;
  /** Default: a persistent volume claim of 50Gi each. */
  storage?: MonitoringStorageArgs;
  /** Default: 500m and 2Gi requested, 4Gi at most. */
  resources?: Input<ResourceRequirements>;
  /** External label that tells the replicas apart. Default: prometheus_replica. */
  replicaLabel?: Input<string>;
  /** Samples that one scrape may bring; a scrape with more fails. Default: no limit. */
  sampleLimit?: Input<number>;
  /** Most samples that a monitor may allow itself. Default: no limit. */
  enforcedSampleLimit?: Input<number>;
  /** Named sets of scrape settings; at most one is the default. */
  scrapeClasses?: ScrapeClass[];
  /** Default: in-cluster, as the pods' ServiceAccount. */
  apiServer?: MonitoringApiServerArgs;
  /** Where people reach it; links in alerts start with it. Default: the Service's address in the cluster. */
  externalUrl?: Input<string>;
  /** Feature flags of Prometheus. Default: none. */
  enableFeatures?: Input<Input<string>[]>;
  /** Whether monitors may attach labels of nodes (needs rights on nodes). Default: false. */
  attachNodeMetadata?: boolean;
  /** Default: none; buckets are classic. */
  nativeHistograms?: NativeHistogramArgs;
  /** Places that every sample is sent to as well (an agent: sent to only). Default: none. */
  remoteWrite?: RemoteWriteArgs[];
  /** Whether others may send samples here by remote write. Default: false. */
  remoteWriteReceiver?: Input<boolean>;
  query?: PrometheusQueryArgs;
  /** How late samples may arrive, for example "10m" for senders by remote write. Default: none may. */
  outOfOrderTimeWindow?: Input<string>;
  /** Exemplars kept in memory, about 100 bytes each. Needs the feature exemplar-storage. Default: Prometheus' own. */
  maxExemplars?: Input<number>;
  /** Scrape jobs in Prometheus' own format, for what no monitor can say. Nobody checks them before Prometheus does. */
  additionalScrapeConfigs?: SecretKeyArgs;
  /** Default: preferred, over nodes first, then zones. */
  antiAffinity?: AntiAffinity;
  /** A Thanos sidecar in each pod. Default: none. */
  thanos?: ThanosSidecarArgs;
  /** Volumes of the pods besides the operator's own, for example with certificates of the sidecar. */
  volumes?: Input<Input<k8s.types.input.core.v1.Volume>[]>;
  nodeSelector?: Input<Record<string, Input<string>>>;
  tolerations?: Input<Input<Toleration>[]>;
  priorityClassName?: Input<string>;
}

/** The Alertmanager cluster. */
export interface AlertmanagerClusterArgs {
  /** Secret with the key alertmanager.yaml, for example `AlertRoutes.configSecretName`. */
  configSecret: Input<string>;
  /** Secrets to mount under /etc/alertmanager/secrets/<name>, for example `AlertRoutes.mountedSecretNames`. */
  secrets?: Input<Input<string>[]>;
  /** Default: 3. */
  replicas?: Input<number>;
  /** How long silences and the notification log are kept. Default: 120h. */
  retention?: Input<string>;
  /** Default: a persistent volume claim of 2Gi each. */
  storage?: MonitoringStorageArgs;
  /** Default: 20m and 64Mi requested, 256Mi at most. */
  resources?: Input<ResourceRequirements>;
  /** Where people reach it; links in messages start with it. Default: the Service's address in the cluster. */
  externalUrl?: Input<string>;
  /** Default: preferred, over nodes first, then zones. */
  antiAffinity?: AntiAffinity;
  nodeSelector?: Input<Record<string, Input<string>>>;
  tolerations?: Input<Input<Toleration>[]>;
  priorityClassName?: Input<string>;
}

/** Which traffic the servers accept. */
export interface MonitoringNetworkPolicyArgs {
  /** False: no NetworkPolicy at all. Default: true. */
  enabled?: boolean;
  /** Who, besides the pods of this namespace, may call the web ports of Prometheus and Alertmanager. */
  ingressFrom?: Input<Input<NetworkPolicyPeer>[]>;
}

/** The node-exporter that comes with Prometheus. */
export interface BundledNodeExporterArgs extends NodeExporterArgs {
  /** False: it is there already, or nobody needs it. Default: true. */
  enabled?: boolean;
}

/** The kube-state-metrics that comes with Prometheus. */
export interface BundledKubeStateMetricsArgs extends KubeStateMetricsArgs {
  /** False: it is there already, or nobody needs it. Default: true. */
  enabled?: boolean;
}

/** The monitors of Kubernetes that come with Prometheus. */
export interface BundledKubernetesMonitorsArgs extends KubernetesMonitorsArgs {
  /** False: somebody else scrapes it, or nobody needs it. Default: true. */
  enabled?: boolean;
}

/** Arguments of KubePrometheus. */
export interface KubePrometheusArgs {
  /** Unique name of the cluster: the external label `cluster` of every sample and alert. */
  cluster: Input<string>;
  /** More external labels; `cluster` and the reserved `prometheus` and replica labels can't be set here. */
  externalLabels?: Input<Record<string, Input<string>>>;
  /** An existing namespace. Default: one named "monitoring" is made. */
  namespace?: Input<string>;
  /** False: the CRDs are there already (another stack, `MonitoringCrds`). Default: true. */
  installCrds?: boolean;
  /**
   * The only namespaces in which monitors, rules and targets are looked for; rights are then given there and nowhere
   * else. Default: all namespaces.
   */
  watchNamespaces?: string[];
  /** Namespaces, besides this one, in which monitors name Secrets with credentials that the operator has to read. */
  credentialNamespaces?: string[];
  images?: MonitoringImagesArgs;
  /** Names of Secrets with registry credentials, for every pod. */
  imagePullSecrets?: Input<Input<string>[]>;
  operator?: PrometheusOperatorArgs;
  prometheus?: PrometheusServerArgs;
  /** Required unless Prometheus is an agent, which evaluates no rule. */
  alertmanager?: AlertmanagerClusterArgs;
  /** node-exporter on every node, in a namespace of its own. */
  nodeExporter?: BundledNodeExporterArgs;
  /** kube-state-metrics beside Prometheus. */
  kubeStateMetrics?: BundledKubeStateMetricsArgs;
  /** Scraping of kubelets, API server and CoreDNS. */
  kubernetesMonitors?: BundledKubernetesMonitorsArgs;
  networkPolicies?: MonitoringNetworkPolicyArgs;
  /** Whether creation waits until Prometheus and Alertmanager are available. Default: true. */
  waitForAvailability?: boolean;
}
