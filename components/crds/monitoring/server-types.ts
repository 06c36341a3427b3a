import type * as k8s from "@pulumi/kubernetes";

import type {
  AttachMetadata,
  Authorization,
  BasicAuth,
  Input,
  LabelSelector,
  NativeHistogramConfig,
  ProxyConfig,
  RelabelConfig,
  SafeAuthorization,
  ScrapeLimits,
  SecretKeySelector,
  TlsConfig,
} from "./scrape-types.ts";

/**
 * Shapes of the kinds that the operator turns into StatefulSets: Prometheus, PrometheusAgent, Alertmanager, ThanosRuler.
 *
 * Only what this project sets or is likely to set is spelled out; the index takes every other field of the CRD,
 * which the API server checks against its own schema.
 * Source: prometheus-operator v0.93, pkg/apis/monitoring/v1/{prometheus,alertmanager,thanos}_types.go.
 */

export interface EmbeddedObjectMetadata {
  name?: Input<string>;
  labels?: Input<Record<string, Input<string>>>;
  annotations?: Input<Record<string, Input<string>>>;
}

export interface EmbeddedPersistentVolumeClaim {
  metadata?: Input<EmbeddedObjectMetadata>;
  spec?: Input<k8s.types.input.core.v1.PersistentVolumeClaimSpec>;
}

/** At most one of the three sources; none of them means emptyDir. */
export interface StorageSpec {
  disableMountSubPath?: Input<boolean>;
  emptyDir?: Input<k8s.types.input.core.v1.EmptyDirVolumeSource>;
  ephemeral?: Input<k8s.types.input.core.v1.EphemeralVolumeSource>;
  volumeClaimTemplate?: Input<EmbeddedPersistentVolumeClaim>;
}

export interface Argument {
  name: Input<string>;
  value?: Input<string>;
}

/** How Prometheus reaches the API server for discovery; absent: in-cluster with its ServiceAccount. */
export interface ApiServerConfig extends ProxyConfig {
  host: Input<string>;
  authorization?: Input<Authorization>;
  basicAuth?: Input<BasicAuth>;
  tlsConfig?: Input<TlsConfig>;
}

export interface ScrapeClass {
  name: Input<string>;
  default?: Input<boolean>;
  fallbackScrapeProtocol?: Input<string>;
  tlsConfig?: Input<TlsConfig>;
  authorization?: Input<Authorization>;
  relabelings?: Input<Input<RelabelConfig>[]>;
  metricRelabelings?: Input<Input<RelabelConfig>[]>;
  attachMetadata?: Input<AttachMetadata>;
}

export interface AlertmanagerEndpoints extends ProxyConfig {
  /** Default: the namespace of the Prometheus object. */
  namespace?: Input<string>;
  name: Input<string>;
  port: Input<string | number>;
  scheme?: Input<string>;
  pathPrefix?: Input<string>;
  tlsConfig?: Input<TlsConfig>;
  authorization?: Input<SafeAuthorization>;
  /** "V1" or "V2" (default). */
  apiVersion?: Input<string>;
  timeout?: Input<string>;
  relabelings?: Input<Input<RelabelConfig>[]>;
  alertRelabelings?: Input<Input<RelabelConfig>[]>;
}

export interface AlertingSpec {
  alertmanagers: Input<Input<AlertmanagerEndpoints>[]>;
}

export interface QuerySpec {
  lookbackDelta?: Input<string>;
  maxConcurrency?: Input<number>;
  maxSamples?: Input<number>;
  timeout?: Input<string>;
}

export interface WebTlsConfig {
  [field: string]: unknown;
}

export interface WebSpec {
  pageTitle?: Input<string>;
  maxConnections?: Input<number>;
  tlsConfig?: Input<WebTlsConfig>;
  [field: string]: unknown;
}

export interface QueueConfig {
  capacity?: Input<number>;
  minShards?: Input<number>;
  maxShards?: Input<number>;
  maxSamplesPerSend?: Input<number>;
  batchSendDeadline?: Input<string>;
  minBackoff?: Input<string>;
  maxBackoff?: Input<string>;
  retryOnRateLimit?: Input<boolean>;
  sampleAgeLimit?: Input<string>;
}

export interface RemoteWriteSpec extends ProxyConfig {
  url: Input<string>;
  name?: Input<string>;
  messageVersion?: Input<string>;
  remoteTimeout?: Input<string>;
  headers?: Input<Record<string, Input<string>>>;
  writeRelabelConfigs?: Input<Input<RelabelConfig>[]>;
  basicAuth?: Input<BasicAuth>;
  authorization?: Input<Authorization>;
  tlsConfig?: Input<TlsConfig>;
  queueConfig?: Input<QueueConfig>;
  [field: string]: unknown;
}

export interface ThanosSidecarSpec {
  image?: Input<string>;
  version?: Input<string>;
  resources?: Input<k8s.types.input.core.v1.ResourceRequirements>;
  objectStorageConfig?: Input<SecretKeySelector>;
  objectStorageConfigFile?: Input<string>;
  [field: string]: unknown;
}

export interface StatefulSetUpdateStrategy {
  /** "RollingUpdate" (default) or "OnDelete". */
  type: Input<string>;
  rollingUpdate?: Input<RollingUpdate>;
}

export interface RollingUpdate {
  maxUnavailable?: Input<number | string>;
}

/** What every pod that the operator makes can have. */
export interface ManagedPodFields {
  podMetadata?: Input<EmbeddedObjectMetadata>;
  image?: Input<string>;
  imagePullPolicy?: Input<string>;
  imagePullSecrets?: Input<Input<k8s.types.input.core.v1.LocalObjectReference>[]>;
  version?: Input<string>;
  replicas?: Input<number>;
  paused?: Input<boolean>;
  logLevel?: Input<string>;
  logFormat?: Input<string>;
  externalUrl?: Input<string>;
  routePrefix?: Input<string>;
  storage?: Input<StorageSpec>;
  volumes?: Input<Input<k8s.types.input.core.v1.Volume>[]>;
  volumeMounts?: Input<Input<k8s.types.input.core.v1.VolumeMount>[]>;
  secrets?: Input<Input<string>[]>;
  configMaps?: Input<Input<string>[]>;
  resources?: Input<k8s.types.input.core.v1.ResourceRequirements>;
  nodeSelector?: Input<Record<string, Input<string>>>;
  affinity?: Input<k8s.types.input.core.v1.Affinity>;
  tolerations?: Input<Input<k8s.types.input.core.v1.Toleration>[]>;
  topologySpreadConstraints?: Input<Input<k8s.types.input.core.v1.TopologySpreadConstraint>[]>;
  priorityClassName?: Input<string>;
  securityContext?: Input<k8s.types.input.core.v1.PodSecurityContext>;
  serviceAccountName?: Input<string>;
  automountServiceAccountToken?: Input<boolean>;
  enableServiceLinks?: Input<boolean>;
  listenLocal?: Input<boolean>;
  podManagementPolicy?: Input<string>;
  updateStrategy?: Input<StatefulSetUpdateStrategy>;
  containers?: Input<Input<k8s.types.input.core.v1.Container>[]>;
  initContainers?: Input<Input<k8s.types.input.core.v1.Container>[]>;
  portName?: Input<string>;
  minReadySeconds?: Input<number>;
  terminationGracePeriodSeconds?: Input<number>;
  /** Headless Service that governs the StatefulSet; absent: the operator makes its own. */
  serviceName?: Input<string>;
  web?: Input<WebSpec>;
  additionalArgs?: Input<Input<Argument>[]>;
}

/** Fields shared by Prometheus and PrometheusAgent. A null selector selects nothing, `{}` everything. */
export interface CommonPrometheusSpec extends ManagedPodFields, NativeHistogramConfig, ScrapeLimits {
  serviceMonitorSelector?: Input<LabelSelector>;
  serviceMonitorNamespaceSelector?: Input<LabelSelector>;
  podMonitorSelector?: Input<LabelSelector>;
  podMonitorNamespaceSelector?: Input<LabelSelector>;
  probeSelector?: Input<LabelSelector>;
  probeNamespaceSelector?: Input<LabelSelector>;
  scrapeConfigSelector?: Input<LabelSelector>;
  scrapeConfigNamespaceSelector?: Input<LabelSelector>;
  shards?: Input<number>;
  replicaExternalLabelName?: Input<string>;
  prometheusExternalLabelName?: Input<string>;
  scrapeInterval?: Input<string>;
  scrapeTimeout?: Input<string>;
  scrapeProtocols?: Input<Input<string>[]>;
  scrapeClasses?: Input<Input<ScrapeClass>[]>;
  externalLabels?: Input<Record<string, Input<string>>>;
  enableFeatures?: Input<Input<string>[]>;
  enableRemoteWriteReceiver?: Input<boolean>;
  remoteWrite?: Input<Input<RemoteWriteSpec>[]>;
  additionalScrapeConfigs?: Input<SecretKeySelector>;
  apiserverConfig?: Input<ApiServerConfig>;
  enforcedSampleLimit?: Input<number>;
  enforcedTargetLimit?: Input<number>;
  enforcedBodySizeLimit?: Input<string>;
  podTargetLabels?: Input<Input<string>[]>;
  walCompression?: Input<boolean>;
  reloadStrategy?: Input<string>;
  maximumStartupDurationSeconds?: Input<number>;
  serviceDiscoveryRole?: Input<string>;
  [field: string]: unknown;
}

export interface PrometheusSpec extends CommonPrometheusSpec {
  retention?: Input<string>;
  retentionSize?: Input<string>;
  disableCompaction?: Input<boolean>;
  ruleSelector?: Input<LabelSelector>;
  ruleNamespaceSelector?: Input<LabelSelector>;
  evaluationInterval?: Input<string>;
  query?: Input<QuerySpec>;
  alerting?: Input<AlertingSpec>;
  additionalAlertManagerConfigs?: Input<SecretKeySelector>;
  additionalAlertRelabelConfigs?: Input<SecretKeySelector>;
  thanos?: Input<ThanosSidecarSpec>;
  enableAdminAPI?: Input<boolean>;
}

export interface PrometheusAgentSpec extends CommonPrometheusSpec {
  /** "StatefulSet" (default) or "DaemonSet". */
  mode?: Input<string>;
}

export interface AlertmanagerConfigMatcherStrategy {
  /** "OnNamespace" (default), "OnNamespaceExceptForAlertmanagerNamespace" or "None". */
  type: Input<string>;
}

export interface AlertmanagerSpec extends ManagedPodFields {
  /** Secret with alertmanager.yaml; default alertmanager-<name>. */
  configSecret?: Input<string>;
  /** How long notifications and silences are kept, e.g. "120h" (default). */
  retention?: Input<string>;
  additionalPeers?: Input<Input<string>[]>;
  clusterAdvertiseAddress?: Input<string>;
  clusterGossipInterval?: Input<string>;
  clusterLabel?: Input<string>;
  clusterPeerTimeout?: Input<string>;
  clusterPushpullInterval?: Input<string>;
  forceEnableClusterMode?: Input<boolean>;
  alertmanagerConfigSelector?: Input<LabelSelector>;
  alertmanagerConfigNamespaceSelector?: Input<LabelSelector>;
  alertmanagerConfigMatcherStrategy?: Input<AlertmanagerConfigMatcherStrategy>;
  enableFeatures?: Input<Input<string>[]>;
  [field: string]: unknown;
}

export interface ThanosRulerSpec extends ManagedPodFields {
  ruleSelector?: Input<LabelSelector>;
  ruleNamespaceSelector?: Input<LabelSelector>;
  evaluationInterval?: Input<string>;
  retention?: Input<string>;
  labels?: Input<Record<string, Input<string>>>;
  queryEndpoints?: Input<Input<string>[]>;
  alertmanagersUrl?: Input<Input<string>[]>;
  objectStorageConfig?: Input<SecretKeySelector>;
  [field: string]: unknown;
}

/** v1alpha1: one scrape job outside Pods and Services. */
export interface ScrapeConfigSpec extends NativeHistogramConfig, ScrapeLimits {
  jobName?: Input<string>;
  staticConfigs?: Input<Input<StaticConfig>[]>;
  metricsPath?: Input<string>;
  scheme?: Input<string>;
  scrapeInterval?: Input<string>;
  scrapeTimeout?: Input<string>;
  honorLabels?: Input<boolean>;
  relabelings?: Input<Input<RelabelConfig>[]>;
  metricRelabelings?: Input<Input<RelabelConfig>[]>;
  scrapeClass?: Input<string>;
  [field: string]: unknown;
}

export interface StaticConfig {
  targets: Input<Input<string>[]>;
  labels?: Input<Record<string, Input<string>>>;
}

/** v1alpha1: a namespace's own part of the Alertmanager configuration; `route` and `receivers` follow the CRD. */
export interface AlertmanagerConfigSpec {
  route?: Input<AlertmanagerConfigNode>;
  receivers?: Input<Input<AlertmanagerConfigNode>[]>;
  inhibitRules?: Input<Input<AlertmanagerConfigNode>[]>;
  muteTimeIntervals?: Input<Input<AlertmanagerConfigNode>[]>;
}

export interface AlertmanagerConfigNode {
  [field: string]: unknown;
}
