import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { ApiServerConfig, CommonPrometheusSpec, PrometheusSpec } from "../crds/monitoring.ts";
import { lift, merge } from "../support/inputs.ts";
import { parseDuration } from "../support/quantity.ts";
import { restrictedPod } from "../support/security.ts";
import {
  AntiAffinity,
  PrometheusMode,
  type KubePrometheusArgs,
  type MonitoringApiServerArgs,
  type NativeHistogramArgs,
} from "./args.ts";
import { imageReference, imageVersion, pullSecrets } from "./images.ts";
import { remoteWriteSpecs } from "./remote-write.ts";
import { defaultRetentionSize, storageSpec, volumeSize } from "./storage.ts";
import { thanosFields } from "./thanos.ts";

export const PROMETHEUS_APPLICATION = "prometheus";
export const PROMETHEUS_PORT = 9090;
export const DEFAULT_PROMETHEUS_VOLUME = "50Gi";
export const DEFAULT_SCRAPE_INTERVAL = "15s";
export const DEFAULT_SCRAPE_TIMEOUT = "10s";
export const DEFAULT_RETENTION = "15d";
export const DEFAULT_REPLICA_LABEL = "prometheus_replica";
/** uid of the "nobody" that the image runs as, and group of its volume. */
const PROMETHEUS_USER = 1000;
const PROMETHEUS_GROUP = 2000;
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Names of the objects that one instance of the component makes. */
export interface MonitoringNames {
  /** Prometheus and Alertmanager objects; pods are prometheus-<instance>-0 and so on. */
  instance: string;
  namespace: pulumi.Input<string>;
  prometheusServiceAccount: string;
  alertmanagerServiceAccount: string;
  prometheusService: string;
  prometheusGoverningService: string;
  alertmanagerService: string;
  alertmanagerGoverningService: string;
}

/** Labels that the operator puts on the pods of a Prometheus object, or a PrometheusAgent, and selects them by. */
export function prometheusPodLabels(
  instance: string,
  mode: PrometheusMode = PrometheusMode.Server,
): Record<string, string> {
  return mode === PrometheusMode.Agent
    ? { "app.kubernetes.io/name": "prometheus-agent", "app.kubernetes.io/instance": instance }
    : { "app.kubernetes.io/name": PROMETHEUS_APPLICATION, prometheus: instance };
}

/** File paths of the pod's own ServiceAccount, unless given. */
export function apiServerConfig(apiServer: MonitoringApiServerArgs): ApiServerConfig {
  return {
    host: apiServer.host,
    authorization: { type: "Bearer", credentialsFile: apiServer.tokenFile ?? `${SERVICE_ACCOUNT}/token` },
    tlsConfig: { caFile: apiServer.caFile ?? `${SERVICE_ACCOUNT}/ca.crt` },
  };
}

/** The shorter of the default timeout and the interval: Prometheus refuses a timeout that is longer. */
export function defaultScrapeTimeout(interval: string): string {
  const [own, standard] = [parseDuration(interval), parseDuration(DEFAULT_SCRAPE_TIMEOUT)];
  return own !== undefined && standard !== undefined && own < standard ? interval : DEFAULT_SCRAPE_TIMEOUT;
}

/** Spreads replicas over nodes first, then zones; over zones never by force, since there may be one only. */
export function antiAffinity(
  labels: Record<string, pulumi.Input<string>>,
  kind: AntiAffinity = AntiAffinity.Preferred,
): k8s.types.input.core.v1.Affinity {
  const term = (topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: labels } });
  const preferred = (weight: number, topologyKey: string) => ({ weight, podAffinityTerm: term(topologyKey) });
  const overZones = preferred(50, "topology.kubernetes.io/zone");
  return {
    podAntiAffinity:
      kind === AntiAffinity.Required
        ? {
            requiredDuringSchedulingIgnoredDuringExecution: [term("kubernetes.io/hostname")],
            preferredDuringSchedulingIgnoredDuringExecution: [overZones],
          }
        : {
            preferredDuringSchedulingIgnoredDuringExecution: [
              preferred(100, "kubernetes.io/hostname"),
              overZones,
            ],
          },
  };
}

/** Spec of the Prometheus object. */
export function prometheusSpec(names: MonitoringNames, args: KubePrometheusArgs): PrometheusSpec {
  const server = args.prometheus ?? {};
  const volume = volumeSize(server.storage, DEFAULT_PROMETHEUS_VOLUME);
  return {
    ...commonSpec(names, args),
    ruleSelector: {},
    ruleNamespaceSelector: {},
    evaluationInterval: server.evaluationInterval ?? "15s",
    retention: server.retention ?? DEFAULT_RETENTION,
    retentionSize: server.retentionSize ?? lift(volume, defaultRetentionSize),
    ...optional("query", server.query),
    ...optional(
      "exemplars",
      server.maxExemplars === undefined ? undefined : { maxSize: server.maxExemplars },
    ),
    ...optional(
      "tsdb",
      server.outOfOrderTimeWindow === undefined
        ? undefined
        : { outOfOrderTimeWindow: server.outOfOrderTimeWindow },
    ),
    ...alerting(names),
    ...thanosFields(args),
  };
}

/** What a server and an agent have in common. */
export function commonSpec(names: MonitoringNames, args: KubePrometheusArgs): CommonPrometheusSpec {
  const server = args.prometheus ?? {};
  const interval = server.scrapeInterval ?? DEFAULT_SCRAPE_INTERVAL;
  const remoteWrite = remoteWriteSpecs(server);
  return {
    image: imageReference(args.images, "prometheus"),
    version: imageVersion(args.images, "prometheus"),
    ...pullSecrets(args.imagePullSecrets),
    replicas: server.replicas ?? 2,
    ...optional("shards", server.shards),
    serviceName: names.prometheusGoverningService,
    serviceAccountName: names.prometheusServiceAccount,
    // Discovery speaks to the API server as the pod's ServiceAccount.
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    podMetadata: { labels: { "app.kubernetes.io/part-of": "vllm-monitoring" } },
    portName: "web",
    externalUrl:
      server.externalUrl ??
      pulumi.interpolate`http://${names.prometheusService}.${names.namespace}.svc:${PROMETHEUS_PORT}`,

    ...everyMonitor(),
    externalLabels: merge(args.externalLabels, { cluster: args.cluster }),
    replicaExternalLabelName: server.replicaLabel ?? DEFAULT_REPLICA_LABEL,

    scrapeInterval: interval,
    scrapeTimeout: server.scrapeTimeout ?? lift(interval, defaultScrapeTimeout),
    ...optional("sampleLimit", server.sampleLimit),
    ...optional("enforcedSampleLimit", server.enforcedSampleLimit),
    ...optional("scrapeClasses", server.scrapeClasses),
    ...optional("additionalScrapeConfigs", server.additionalScrapeConfigs),
    ...optional("enableFeatures", server.enableFeatures),
    ...nativeHistogramFields(server.nativeHistograms),
    ...optional("enableRemoteWriteReceiver", server.remoteWriteReceiver),
    ...(remoteWrite.length === 0 ? {} : { remoteWrite }),
    // A monitor that names files of the Prometheus container could read its ServiceAccount's token.
    arbitraryFSAccessThroughSMs: { deny: true },
    serviceDiscoveryRole: "EndpointSlice",
    ...(server.apiServer === undefined ? {} : { apiserverConfig: apiServerConfig(server.apiServer) }),

    storage: storageSpec(server.storage, DEFAULT_PROMETHEUS_VOLUME),
    walCompression: true,
    // Replaying a large write-ahead log takes minutes; the operator's own limit would kill it half way, again and again.
    maximumStartupDurationSeconds: 900,
    ...optional("volumes", server.volumes),

    resources: server.resources ?? { requests: { cpu: "500m", memory: "2Gi" }, limits: { memory: "4Gi" } },
    securityContext: restrictedPod(PROMETHEUS_USER, PROMETHEUS_GROUP),
    affinity: antiAffinity(prometheusPodLabels(names.instance, server.mode), server.antiAffinity),
    nodeSelector: server.nodeSelector ?? { "kubernetes.io/os": "linux" },
    ...optional("tolerations", server.tolerations),
    ...optional("priorityClassName", server.priorityClassName),
  };
}

function nativeHistogramFields(histograms: NativeHistogramArgs | undefined): Partial<CommonPrometheusSpec> {
  if (histograms === undefined) return {};
  return { scrapeNativeHistograms: true, scrapeClassicHistograms: histograms.keepClassic ?? true };
}

/** Every monitor of every namespace that the operator watches: nil would mean none, or only the own namespace. */
function everyMonitor() {
  return {
    podMonitorSelector: {},
    podMonitorNamespaceSelector: {},
    serviceMonitorSelector: {},
    serviceMonitorNamespaceSelector: {},
    probeSelector: {},
    probeNamespaceSelector: {},
    scrapeConfigSelector: {},
    scrapeConfigNamespaceSelector: {},
  };
}

/** All replicas behind the Service are told, as Alertmanager's clustering wants it; the Service balances nothing here. */
function alerting(names: MonitoringNames): Pick<PrometheusSpec, "alerting"> {
  return {
    alerting: {
      alertmanagers: [
        { namespace: names.namespace, name: names.alertmanagerService, port: "web", apiVersion: "V2" },
      ],
    },
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
