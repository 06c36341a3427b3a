import * as pulumi from "@pulumi/pulumi";

import type { AlertmanagerSpec } from "../crds/monitoring.ts";
import { lift } from "../support/inputs.ts";
import { parseDuration } from "../support/quantity.ts";
import { restrictedPod } from "../support/security.ts";
import type { AlertmanagerClusterArgs, KubePrometheusArgs } from "./args.ts";
import { imageReference, imageVersion, pullSecrets } from "./images.ts";
import { antiAffinity, type MonitoringNames } from "./prometheus.ts";
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
export function alertmanagerSpec(
  names: MonitoringNames,
  args: KubePrometheusArgs,
  cluster: AlertmanagerClusterArgs,
): AlertmanagerSpec {
  return {
    image: imageReference(args.images, "alertmanager"),
    version: imageVersion(args.images, "alertmanager"),
    ...pullSecrets(args.imagePullSecrets),
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
    affinity: antiAffinity(alertmanagerPodLabels(names.instance), cluster.antiAffinity),
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
