import type {
  AlertmanagerClusterArgs,
  MonitoringStorageArgs,
} from "../../components/kube-prometheus/args.ts";
import type { MonitoringImagesArgs } from "../../components/kube-prometheus/images.ts";
import { TLS_FOLDER, tlsVolume } from "../../components/thanos/tls.ts";
import type { KubePrometheusArgs, SecretKeyArgs } from "../../components/kube-prometheus.ts";
import type { MonitoringSettings } from "../config/monitoring.ts";
import type { Settings } from "../config/settings.ts";
import { defined, inOrder } from "./fields.ts";
import { remoteWriteArgs } from "./remote-write.ts";

/** What the stack adds to the settings: what AlertRoutes and ThanosStorage wrote. */
export interface MonitoringWiring {
  configSecret: AlertmanagerClusterArgs["configSecret"];
  secrets: AlertmanagerClusterArgs["secrets"];
  /** Secret with the object-store file, for the sidecars; none without long-term storage. */
  objectStore?: SecretKeyArgs;
}

/** Labels on everything that leaves Prometheus. The component adds `cluster` itself. */
export function externalLabelsOf({ cluster, environment, monitoring }: Settings): Record<string, string> {
  return { cluster: cluster.name, environment, ...monitoring.externalLabels };
}

/** Arguments of the monitoring backbone. */
export function kubePrometheusArgs(settings: Settings, wiring: MonitoringWiring): KubePrometheusArgs {
  const { monitoring, cluster, environment } = settings;
  const { prometheus, alertmanager, retention } = monitoring;
  const { configSecret, secrets } = wiring;
  return {
    cluster: cluster.name,
    externalLabels: { environment, ...monitoring.externalLabels },
    namespace: monitoring.namespace,
    // The stack makes the CRDs itself, because the models' monitors need them too.
    installCrds: false,
    images: imagesArgs(monitoring.images),
    prometheus: {
      replicas: prometheus.replicas,
      retention: retention.time,
      ...(retention.size === undefined ? {} : { retentionSize: prometheusSize(retention.size) }),
      scrapeInterval: monitoring.scrapeInterval,
      scrapeTimeout: monitoring.scrapeTimeout,
      evaluationInterval: monitoring.evaluationInterval,
      storage: storageArgs(prometheus.storage),
      ...resourcesArgs(prometheus.resources),
      ...(prometheus.apiServer === undefined ? {} : { apiServer: defined(prometheus.apiServer) }),
      ...(prometheus.externalUrl === undefined ? {} : { externalUrl: prometheus.externalUrl }),
      ...sidecarArgs(settings, wiring.objectStore),
      ...(prometheus.remoteWrite.length === 0 ? {} : { remoteWrite: remoteWriteArgs(settings) }),
    },
    alertmanager: {
      configSecret,
      secrets,
      replicas: alertmanager.replicas,
      // Alertmanager takes Go durations, which know no days.
      retention: goDuration(alertmanager.retention),
      storage: storageArgs(alertmanager.storage),
      ...resourcesArgs(alertmanager.resources),
      ...(alertmanager.externalUrl === undefined ? {} : { externalUrl: alertmanager.externalUrl }),
    },
    ...exportersArgs(monitoring),
    networkPolicies: {
      ingressFrom: inOrder(clientNamespacesOf(settings), String).map((namespace) => ({
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      })),
    },
    waitForAvailability: monitoring.waitForAvailability,
  };
}

/** The sidecars that upload what Prometheus writes. */
function sidecarArgs(
  { thanos }: Settings,
  objectStore: SecretKeyArgs | undefined,
): Pick<NonNullable<KubePrometheusArgs["prometheus"]>, "thanos" | "volumes"> {
  if (objectStore === undefined) return {};
  const { blockDuration, grpcTls } = thanos;
  const short = blockDuration === undefined ? {} : { disableCompaction: true, blockDuration };
  if (grpcTls === undefined) return { thanos: { objectStorageConfig: objectStore, ...short } };
  const volume = tlsVolume(grpcTls);
  return {
    volumes: [volume],
    thanos: {
      objectStorageConfig: objectStore,
      ...short,
      grpcTls: {
        certFile: `${TLS_FOLDER}/tls.crt`,
        keyFile: `${TLS_FOLDER}/tls.key`,
        clientCaFile: `${TLS_FOLDER}/ca.crt`,
      },
      volumeMounts: [{ name: volume.name, mountPath: TLS_FOLDER, readOnly: true }],
    },
  };
}

/** The cluster's own metrics. */
function exportersArgs({
  nodeExporter,
  kubeStateMetrics,
  kubernetes,
}: MonitoringSettings): Pick<KubePrometheusArgs, "nodeExporter" | "kubeStateMetrics" | "kubernetesMonitors"> {
  const { kubelet, apiServer, coreDns, verifyKubelets } = kubernetes;
  return {
    nodeExporter: { enabled: nodeExporter.enabled, hostNetwork: nodeExporter.hostNetwork },
    kubeStateMetrics: { enabled: kubeStateMetrics.enabled },
    kubernetesMonitors: {
      enabled: kubelet || apiServer || coreDns,
      kubelet: { enabled: kubelet, verifyCertificates: verifyKubelets },
      apiServer: { enabled: apiServer },
      coreDns: { enabled: coreDns },
    },
  };
}

/** Namespaces that ask Prometheus: those of the configuration, and KEDA's when a model is scaled by it. */
function clientNamespacesOf({ monitoring, fleet }: Settings): string[] {
  const isKedaUsed = fleet.models.some(({ autoscaling }) => autoscaling?.scaler === "keda");
  return [...new Set([...monitoring.clientNamespaces, ...(isKedaUsed ? [fleet.kedaNamespace] : [])])];
}

type Resources = MonitoringSettings["prometheus"]["resources"];

export function resourcesArgs({
  cpu,
  memory,
}: Resources): Pick<NonNullable<KubePrometheusArgs["prometheus"]>, "resources"> {
  if (cpu === undefined && memory === undefined) return {};
  return {
    resources: {
      requests: defined({ cpu, memory }),
      ...(memory === undefined ? {} : { limits: { memory } }),
    },
  };
}

export function storageArgs(storage: MonitoringSettings["prometheus"]["storage"]): MonitoringStorageArgs {
  if (storage.kind === "ephemeral") return { ephemeral: true, ephemeralSizeLimit: storage.sizeLimit };
  return defined({ size: storage.size, storageClassName: storage.className });
}

/** The images of the backbone; the bridge's and Grafana's belong to other components. */
function imagesArgs(images: MonitoringSettings["images"]): MonitoringImagesArgs {
  const { registry, operator, configReloader, prometheus, alertmanager, nodeExporter, kubeStateMetrics } =
    images;
  return defined({
    registry,
    operator,
    configReloader,
    prometheus,
    alertmanager,
    nodeExporter,
    kubeStateMetrics,
  });
}

const hoursOf: Record<string, number> = { y: 8760, w: 168, d: 24 };

/** A Prometheus duration in the spelling of Go: days, weeks and years as hours. */
export function goDuration(duration: string): string {
  let hours = 0;
  const rest = duration.replaceAll(/(\d+)(y|w|d|h)/g, (_, amount: string, unit: string) => {
    hours += Number(amount) * (hoursOf[unit] ?? 1);
    return "";
  });
  return `${hours === 0 ? "" : `${String(hours)}h`}${rest}`;
}

/** Prometheus' own spelling of a size: its units are powers of 1024, with or without the i. */
export function prometheusSize(size: string): string {
  return size.replace("i", "");
}
