import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/**
 * Shapes shared by the Prometheus operator's scrape kinds (PodMonitor, ServiceMonitor, Probe).
 *
 * Source: prometheus-operator v0.93, pkg/apis/monitoring/v1/{types,podmonitor_types,servicemonitor_types}.go.
 * Durations are Prometheus durations ("15s", "1m30s"); sizes carry a unit ("512MB").
 */

export type Input<T> = pulumi.Input<T>;
export type LabelSelector = k8s.types.input.meta.v1.LabelSelector;
export type SecretKeySelector = k8s.types.input.core.v1.SecretKeySelector;
export type ConfigMapKeySelector = k8s.types.input.core.v1.ConfigMapKeySelector;

/** Which namespaces a monitor looks for its pods or Services in; absent: the monitor's own. */
export interface NamespaceSelector {
  any?: Input<boolean>;
  matchNames?: Input<Input<string>[]>;
}

/** Relabelling actions, in the operator's spelling. */
export const RelabelAction = {
  Replace: "replace",
  Keep: "keep",
  Drop: "drop",
  HashMod: "hashmod",
  LabelMap: "labelmap",
  LabelDrop: "labeldrop",
  LabelKeep: "labelkeep",
  Lowercase: "lowercase",
  Uppercase: "uppercase",
  KeepEqual: "keepequal",
  DropEqual: "dropequal",
} as const;
export type RelabelAction = (typeof RelabelAction)[keyof typeof RelabelAction];

/** One relabelling step; `action` defaults to `replace`, `separator` to ";", `regex` to "(.*)". */
export interface RelabelConfig {
  sourceLabels?: Input<Input<string>[]>;
  separator?: Input<string>;
  targetLabel?: Input<string>;
  regex?: Input<string>;
  modulus?: Input<number>;
  replacement?: Input<string>;
  action?: Input<RelabelAction>;
}

export interface SecretOrConfigMap {
  secret?: Input<SecretKeySelector>;
  configMap?: Input<ConfigMapKeySelector>;
}

export interface SafeTlsConfig {
  ca?: Input<SecretOrConfigMap>;
  cert?: Input<SecretOrConfigMap>;
  keySecret?: Input<SecretKeySelector>;
  serverName?: Input<string>;
  insecureSkipVerify?: Input<boolean>;
  minVersion?: Input<string>;
  maxVersion?: Input<string>;
}

/** TLS settings that may also name files of the scraping container. */
export interface TlsConfig extends SafeTlsConfig {
  caFile?: Input<string>;
  certFile?: Input<string>;
  keyFile?: Input<string>;
}

/** `type` defaults to "Bearer". */
export interface SafeAuthorization {
  type?: Input<string>;
  credentials?: Input<SecretKeySelector>;
}

export interface Authorization extends SafeAuthorization {
  credentialsFile?: Input<string>;
}

export interface BasicAuth {
  username?: Input<SecretKeySelector>;
  password?: Input<SecretKeySelector>;
}

export interface OAuth2 {
  clientId: Input<SecretOrConfigMap>;
  clientSecret: Input<SecretKeySelector>;
  tokenUrl: Input<string>;
  scopes?: Input<Input<string>[]>;
  endpointParams?: Input<Record<string, Input<string>>>;
  tlsConfig?: Input<SafeTlsConfig>;
}

export interface ProxyConfig {
  proxyUrl?: Input<string>;
  noProxy?: Input<string>;
  proxyFromEnvironment?: Input<boolean>;
  proxyConnectHeader?: Input<Record<string, Input<Input<SecretKeySelector>[]>>>;
}

/** Native-histogram switches, inlined in every scrape kind and in Prometheus itself. */
export interface NativeHistogramConfig {
  scrapeNativeHistograms?: Input<boolean>;
  scrapeClassicHistograms?: Input<boolean>;
  nativeHistogramBucketLimit?: Input<number>;
  nativeHistogramMinBucketFactor?: Input<string | number>;
  convertClassicHistogramsToNHCB?: Input<boolean>;
}

/** Limits of one scrape; a scrape over a limit fails as a whole. */
export interface ScrapeLimits {
  sampleLimit?: Input<number>;
  targetLimit?: Input<number>;
  labelLimit?: Input<number>;
  labelNameLengthLimit?: Input<number>;
  labelValueLengthLimit?: Input<number>;
  keepDroppedTargets?: Input<number>;
  bodySizeLimit?: Input<string>;
}

export interface AttachMetadata {
  node?: Input<boolean>;
}

/** What PodMonitor and ServiceMonitor endpoints have in common. */
export interface ScrapeEndpoint extends ProxyConfig {
  /** Default /metrics. */
  path?: Input<string>;
  /** "HTTP" (default) or "HTTPS"; the lower-case spelling is accepted too. */
  scheme?: Input<string>;
  params?: Input<Record<string, Input<Input<string>[]>>>;
  /** Default: Prometheus.spec.scrapeInterval. */
  interval?: Input<string>;
  /** Default: Prometheus.spec.scrapeTimeout (10s); never longer than the interval. */
  scrapeTimeout?: Input<string>;
  honorLabels?: Input<boolean>;
  honorTimestamps?: Input<boolean>;
  trackTimestampsStaleness?: Input<boolean>;
  metricRelabelings?: Input<Input<RelabelConfig>[]>;
  relabelings?: Input<Input<RelabelConfig>[]>;
  /** Default true: pods that are Failed or Succeeded are dropped. */
  filterRunning?: Input<boolean>;
  authorization?: Input<SafeAuthorization>;
  basicAuth?: Input<BasicAuth>;
  oauth2?: Input<OAuth2>;
  bearerTokenSecret?: Input<SecretKeySelector>;
  followRedirects?: Input<boolean>;
  enableHttp2?: Input<boolean>;
}

export interface PodMetricsEndpoint extends ScrapeEndpoint {
  /** Name of a container port; wins over `portNumber`. */
  port?: Input<string>;
  portNumber?: Input<number>;
  tlsConfig?: Input<SafeTlsConfig>;
}

export interface ServiceMetricsEndpoint extends ScrapeEndpoint {
  /** Name of a Service port; wins over `targetPort`. */
  port?: Input<string>;
  targetPort?: Input<string | number>;
  tlsConfig?: Input<TlsConfig>;
}

/** Fields common to both monitors. */
export interface MonitorSpec extends NativeHistogramConfig, ScrapeLimits {
  /** Name of the pod or Service label whose value becomes the `job` label. */
  jobLabel?: Input<string>;
  podTargetLabels?: Input<Input<string>[]>;
  selector: Input<LabelSelector>;
  /** "RelabelConfig" (default) or "RoleSelector" (server-side selection). */
  selectorMechanism?: Input<string>;
  namespaceSelector?: Input<NamespaceSelector>;
  scrapeProtocols?: Input<Input<string>[]>;
  fallbackScrapeProtocol?: Input<string>;
  attachMetadata?: Input<AttachMetadata>;
  scrapeClass?: Input<string>;
}

export interface PodMonitorSpec extends MonitorSpec {
  podMetricsEndpoints: Input<Input<PodMetricsEndpoint>[]>;
}

export interface ServiceMonitorSpec extends MonitorSpec {
  endpoints: Input<Input<ServiceMetricsEndpoint>[]>;
  targetLabels?: Input<Input<string>[]>;
  /** "Endpoints" or "EndpointSlice". */
  serviceDiscoveryRole?: Input<string>;
}

export interface ProbeStaticTargets {
  static?: Input<Input<string>[]>;
  labels?: Input<Record<string, Input<string>>>;
  relabelingConfigs?: Input<Input<RelabelConfig>[]>;
}

export interface ProbeIngressTargets {
  selector?: Input<LabelSelector>;
  namespaceSelector?: Input<NamespaceSelector>;
  relabelingConfigs?: Input<Input<RelabelConfig>[]>;
}

export interface ProbeTargets {
  staticConfig?: Input<ProbeStaticTargets>;
  ingress?: Input<ProbeIngressTargets>;
}

export interface Prober extends ProxyConfig {
  url: Input<string>;
  scheme?: Input<string>;
  /** Default /probe. */
  path?: Input<string>;
}

export interface ProbeParam {
  name: Input<string>;
  values?: Input<Input<string>[]>;
}

export interface ProbeSpec extends NativeHistogramConfig, ScrapeLimits {
  jobName?: Input<string>;
  prober: Input<Prober>;
  module?: Input<string>;
  targets: Input<ProbeTargets>;
  interval?: Input<string>;
  scrapeTimeout?: Input<string>;
  metricRelabelings?: Input<Input<RelabelConfig>[]>;
  authorization?: Input<SafeAuthorization>;
  basicAuth?: Input<BasicAuth>;
  oauth2?: Input<OAuth2>;
  bearerTokenSecret?: Input<SecretKeySelector>;
  tlsConfig?: Input<SafeTlsConfig>;
  scrapeProtocols?: Input<Input<string>[]>;
  fallbackScrapeProtocol?: Input<string>;
  scrapeClass?: Input<string>;
  params?: Input<Input<ProbeParam>[]>;
  followRedirects?: Input<boolean>;
  enableHttp2?: Input<boolean>;
}
