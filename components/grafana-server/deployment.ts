/** Grafana's workload. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { pullSecrets } from "../kube-prometheus/images.ts";
import { antiAffinity } from "../kube-prometheus/prometheus.ts";
import { EPHEMERAL_SIZE_LIMIT } from "../kube-prometheus/storage.ts";
import { restrictedContainer, restrictedPod } from "../support/security.ts";
import type { GrafanaArgs } from "./args.ts";
import { DASHBOARDS } from "./provisioning.ts";

export const GRAFANA_APPLICATION = "grafana";
export const GRAFANA_PORT = 3000;
export const DEFAULT_GRAFANA_IMAGE = "docker.io/grafana/grafana:13.1.3";
export const DEFAULT_SIDECAR_IMAGE = "quay.io/kiwigrid/k8s-sidecar:2.11.2";
export const DEFAULT_GRAFANA_VOLUME = "5Gi";
/** uid and gid that the image runs as. */
const GRAFANA_USER = 472;

/** What the workload refers to. */
export interface GrafanaParts {
  metadata: k8s.types.input.meta.v1.ObjectMeta;
  labels: Record<string, pulumi.Input<string>>;
  selector: Record<string, pulumi.Input<string>>;
  serviceAccount: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  provisioning: pulumi.Input<string>;
  /** Hash of what is read at the start only. */
  checksum: pulumi.Input<string>;
  env: k8s.types.input.core.v1.EnvVar[];
  /** Claim of its data; undefined: none outlive the pod. */
  claim: pulumi.Input<string> | undefined;
}

export function deploymentArgs(parts: GrafanaParts, args: GrafanaArgs): k8s.apps.v1.DeploymentArgs {
  return {
    metadata: parts.metadata,
    spec: {
      replicas: args.replicas ?? 1,
      // Two pods can't have one volume, nor one SQLite database.
      strategy: args.database === undefined ? { type: "Recreate" } : { type: "RollingUpdate" },
      selector: { matchLabels: parts.selector },
      template: {
        metadata: {
          labels: parts.labels,
          annotations: { "vllm-monitoring/provisioning-hash": parts.checksum },
        },
        spec: podSpec(parts, args),
      },
    },
  };
}

function podSpec(parts: GrafanaParts, args: GrafanaArgs): k8s.types.input.core.v1.PodSpec {
  const volume = (name: string, sizeLimit: pulumi.Input<string>) => ({ name, emptyDir: { sizeLimit } });
  return {
    serviceAccountName: parts.serviceAccount,
    // The sidecar watches ConfigMaps.
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    ...pullSecrets(args.imagePullSecrets),
    nodeSelector: args.nodeSelector ?? { "kubernetes.io/os": "linux" },
    affinity: antiAffinity(parts.selector),
    ...(args.tolerations === undefined ? {} : { tolerations: args.tolerations }),
    ...(args.priorityClassName === undefined ? {} : { priorityClassName: args.priorityClassName }),
    securityContext: restrictedPod(GRAFANA_USER, GRAFANA_USER),
    containers: [grafana(parts, args), sidecar(parts, args)],
    volumes: [
      parts.claim === undefined
        ? volume("data", args.storage?.ephemeralSizeLimit ?? EPHEMERAL_SIZE_LIMIT)
        : { name: "data", persistentVolumeClaim: { claimName: parts.claim } },
      { name: "provisioning", secret: { secretName: parts.provisioning } },
      volume("dashboards", "256Mi"),
      volume("tmp", "256Mi"),
      volume("logs", "64Mi"),
    ],
  };
}

function grafana(parts: GrafanaParts, args: GrafanaArgs): k8s.types.input.core.v1.Container {
  const health = { httpGet: { path: "/api/health", port: "web" }, timeoutSeconds: 5 };
  const provisioned = (kind: string) => ({
    name: "provisioning",
    mountPath: `/etc/grafana/provisioning/${kind}/${kind}.yaml`,
    subPath: `${kind}.yaml`,
    readOnly: true,
  });
  return {
    name: GRAFANA_APPLICATION,
    image: args.image ?? DEFAULT_GRAFANA_IMAGE,
    env: parts.env,
    ports: [{ name: "web", containerPort: GRAFANA_PORT, protocol: "TCP" }],
    resources: args.resources ?? {
      requests: { cpu: "100m", memory: "256Mi" },
      limits: { memory: "512Mi" },
    },
    securityContext: restrictedContainer,
    // The first start makes the database.
    startupProbe: { ...health, periodSeconds: 5, failureThreshold: 60 },
    readinessProbe: { ...health, periodSeconds: 10 },
    livenessProbe: { ...health, periodSeconds: 30, failureThreshold: 6 },
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [
      { name: "data", mountPath: "/var/lib/grafana" },
      { name: "logs", mountPath: "/var/log/grafana" },
      { name: "tmp", mountPath: "/tmp" },
      { name: "dashboards", mountPath: DASHBOARDS, readOnly: true },
      provisioned("datasources"),
      provisioned("dashboards"),
    ],
  };
}

/** Writes dashboards from ConfigMaps into the folder that Grafana watches, so that a new one needs no restart. */
function sidecar({ namespace }: GrafanaParts, args: GrafanaArgs): k8s.types.input.core.v1.Container {
  const namespaces = args.dashboardNamespaces === undefined ? namespace : args.dashboardNamespaces.join(",");
  return {
    name: "dashboards",
    image: args.sidecarImage ?? DEFAULT_SIDECAR_IMAGE,
    env: [
      { name: "METHOD", value: "WATCH" },
      { name: "RESOURCE", value: "configmap" },
      { name: "LABEL", value: args.sidecarLabel ?? "grafana_dashboard" },
      { name: "LABEL_VALUE", value: args.sidecarLabelValue ?? "1" },
      { name: "NAMESPACE", value: namespaces },
      { name: "FOLDER", value: DASHBOARDS },
      { name: "FOLDER_ANNOTATION", value: args.folderAnnotation ?? "grafana_folder" },
    ],
    resources: { requests: { cpu: "20m", memory: "96Mi" }, limits: { memory: "192Mi" } },
    securityContext: restrictedContainer,
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [
      { name: "dashboards", mountPath: DASHBOARDS },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}
