import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

import type { AlertmanagerSpec } from "../crds/monitoring.ts";
import { lift } from "../support/inputs.ts";
import { parseDuration } from "../support/quantity.ts";
import { restrictedPod } from "../support/security.ts";
import type { KubePrometheusArgs, MonitoringApiServerArgs } from "./args.ts";
import { imageReference, imageVersion } from "./images.ts";
import { antiAffinity, apiServerConfig, type MonitoringNames } from "./prometheus.ts";
import { storageSpec } from "./storage.ts";

export const ALERTMANAGER_APPLICATION = "alertmanager";
export const ALERTMANAGER_PORT = 9093;
/** Gossip between replicas, TCP and UDP. */
export const ALERTMANAGER_MESH_PORT = 9094;
export const DEFAULT_ALERTMANAGER_VOLUME = "2Gi";
const ALERTMANAGER_USER = 1000;
const ALERTMANAGER_GROUP = 2000;

/** Labels that the operator puts on the pods of an Alertmanager object and selects them by. */
export function alertmanagerPodLabels(instance: string) {
  return { "app.kubernetes.io/name": ALERTMANAGER_APPLICATION, alertmanager: instance };
}

/** Spec of the Alertmanager object. */
export function alertmanagerSpec(names: MonitoringNames, args: KubePrometheusArgs): AlertmanagerSpec {
  const cluster = args.alertmanager;
  return {
    image: imageReference(args.images, "alertmanager"),
    version: imageVersion(args.images, "alertmanager"),
    replicas: cluster.replicas ?? 3,
    serviceName: names.alertmanagerGoverningService,
    serviceAccountName: names.alertmanagerServiceAccount,
    // It never speaks to the API server.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    podMetadata: { labels: { "app.kubernetes.io/part-of": "vllm-monitoring" } },
    portName: "web",
    externalUrl:
      cluster.externalUrl ??
      pulumi.interpolate`http://${names.alertmanagerService}.${names.namespace}.svc:${ALERTMANAGER_PORT}`,
    configSecret: cluster.configSecret,
    ...(cluster.secrets === undefined ? {} : { secrets: cluster.secrets }),
    retention: lift(cluster.retention ?? "120h", goDuration),
    storage: storageSpec(cluster.storage, DEFAULT_ALERTMANAGER_VOLUME),
    resources: cluster.resources ?? {
      requests: { cpu: "20m", memory: "64Mi" },
      limits: { memory: "256Mi" },
    },
    securityContext: restrictedPod(ALERTMANAGER_USER, ALERTMANAGER_GROUP),
    affinity: antiAffinity(alertmanagerPodLabels(names.instance)),
    nodeSelector: cluster.nodeSelector ?? { "kubernetes.io/os": "linux" },
    ...(cluster.tolerations === undefined ? {} : { tolerations: cluster.tolerations }),
    ...(cluster.priorityClassName === undefined ? {} : { priorityClassName: cluster.priorityClassName }),
  };
}

/** Alertmanager's flags are Go durations, which know no days: "5d" becomes "120h0m0s". */
export function goDuration(duration: string): string {
  const seconds = Math.round(parseDuration(duration) ?? 0);
  const hours = Math.floor(seconds / 3600);
  return `${String(hours)}h${String(Math.floor((seconds % 3600) / 60))}m${String(seconds % 60)}s`;
}

/**
 * Prometheus' discovery of Alertmanager by pods, for clusters in which a Service can have no endpoints. It speaks to the
 * API server exactly as the generated scrape configuration does.
 */
export function alertmanagerPodDiscovery(
  instance: string,
  namespace: pulumi.Input<string>,
  apiServer: MonitoringApiServerArgs | undefined,
): pulumi.Output<string> {
  return pulumi
    .output({ namespace, server: apiServer === undefined ? undefined : apiServerConfig(apiServer) })
    .apply(({ namespace, server }) => podDiscoveryYaml(instance, namespace, server));
}

interface ResolvedApiServer {
  host: string;
  authorization?: { type?: string; credentialsFile?: string };
  tlsConfig?: { caFile?: string };
}

/** The alertmanagers section, as Prometheus writes it (prometheus.io, configuration, alertmanager_config). */
export function podDiscoveryYaml(
  instance: string,
  namespace: string,
  server: ResolvedApiServer | undefined,
): string {
  const labels = alertmanagerPodLabels(instance);
  return stringify([
    {
      api_version: "v2",
      kubernetes_sd_configs: [
        {
          role: "pod",
          namespaces: { names: [namespace] },
          selectors: [
            {
              role: "pod",
              label: Object.entries(labels)
                .map(([label, value]) => `${label}=${value}`)
                .join(","),
            },
          ],
          ...(server === undefined
            ? {}
            : {
                api_server: server.host,
                authorization: {
                  type: server.authorization?.type,
                  credentials_file: server.authorization?.credentialsFile,
                },
                tls_config: { ca_file: server.tlsConfig?.caFile },
              }),
        },
      ],
      relabel_configs: [
        { source_labels: ["__meta_kubernetes_pod_container_port_name"], action: "keep", regex: "web" },
        { source_labels: ["__meta_kubernetes_pod_ready"], action: "keep", regex: "true" },
      ],
    },
  ]);
}
