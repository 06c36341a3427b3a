import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { ScrapeClass } from "../crds/monitoring.ts";
import type { MonitoringImagesArgs } from "./images.ts";
import type { ThanosSidecarArgs } from "./thanos-args.ts";

export type { SecretKeyArgs, ThanosGrpcTlsArgs, ThanosSidecarArgs } from "./thanos-args.ts";

type Input<T> = pulumi.Input<T>;
type Toleration = k8s.types.input.core.v1.Toleration;
type ResourceRequirements = k8s.types.input.core.v1.ResourceRequirements;
type NetworkPolicyPeer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** What the operator does with a StatefulSet whose roll-out is stuck on a pod that never becomes ready. */
export const RepairPolicy = { None: "none", Evict: "evict", Delete: "delete" } as const;
export type RepairPolicy = (typeof RepairPolicy)[keyof typeof RepairPolicy];

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
  /** Identical servers that scrape the same targets. Default: 2. */
  replicas?: Input<number>;
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
  operator?: PrometheusOperatorArgs;
  prometheus?: PrometheusServerArgs;
  alertmanager: AlertmanagerClusterArgs;
  networkPolicies?: MonitoringNetworkPolicyArgs;
  /** Whether creation waits until Prometheus and Alertmanager are available. Default: true. */
  waitForAvailability?: boolean;
}
