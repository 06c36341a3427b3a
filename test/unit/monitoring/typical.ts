/** Arguments of the backbone's components that together reach every option of each. */
import { Grafana, type GrafanaArgs } from "../../../components/grafana.ts";
import { KubeStateMetrics, type KubeStateMetricsArgs } from "../../../components/kube-state-metrics.ts";
import { KINDS } from "../../../components/kube-state-metrics/resources.ts";
import { KubernetesMonitors, type KubernetesMonitorsArgs } from "../../../components/kubernetes-monitors.ts";
import { NodeExporter, type NodeExporterArgs } from "../../../components/node-exporter.ts";
import { runWithMocks } from "../../support/mocks.ts";

export const nodeExporter = (args: NodeExporterArgs = {}) =>
  runWithMocks(() => new NodeExporter("node-exporter", args));

export const NODE_EXPORTERS: Record<string, NodeExporterArgs> = {
  defaults: {},
  "in pods' network": { hostNetwork: false },
  "every option": {
    namespace: "node-exporter",
    image: "registry.example.com/node-exporter:v1.12.1",
    imagePullSecrets: ["registry"],
    hostNetwork: false,
    port: 9200,
    collectors: ["meminfo"],
    extraArguments: ["--collector.cpu.info"],
    interval: "5s",
    resources: { limits: { memory: "64Mi" } },
    nodeSelector: { pool: "gpu" },
    tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }],
    priorityClassName: "low",
    maxUnavailable: "1",
    monitoringNamespace: "observability",
    monitorLabels: { release: "kps" },
  },
};

export const kubeStateMetrics = (args: KubeStateMetricsArgs = {}) =>
  runWithMocks(() => new KubeStateMetrics("kube-state-metrics", args));

export const STATE_METRICS: Record<string, KubeStateMetricsArgs> = {
  defaults: {},
  "every kind": { kinds: Object.keys(KINDS) },
  "every option": {
    namespace: "observability",
    image: "registry.example.com/kube-state-metrics:v2.19.1",
    imagePullSecrets: ["registry"],
    kinds: ["pods", "nodes"],
    namespaces: ["vllm"],
    labels: { pods: ["*"] },
    annotations: {},
    metricDenylist: [],
    interval: "5s",
    resources: { limits: { memory: "1Gi" } },
    nodeSelector: { pool: "system" },
    tolerations: [{ key: "a", operator: "Exists" }],
    priorityClassName: "high",
    monitoringNamespace: "prometheus",
    monitorLabels: { release: "kps" },
  },
};

export const kubernetesMonitors = (args: KubernetesMonitorsArgs = {}) =>
  runWithMocks(() => new KubernetesMonitors("kubernetes", args));

export const KUBERNETES_MONITORS: Record<string, KubernetesMonitorsArgs> = {
  defaults: {},
  "for a Prometheus that sees every namespace": { prometheusServiceAccount: "prometheus" },
  "kubelets without cAdvisor": {
    kubelet: { cAdvisor: false },
    apiServer: { enabled: false },
    coreDns: { enabled: false },
  },
  "the API server alone": { kubelet: { enabled: false }, coreDns: { enabled: false } },
  "CoreDNS alone": { kubelet: { enabled: false }, apiServer: { enabled: false } },
  "every option": {
    namespace: "observability",
    kubelet: { interval: "30s", verifyCertificates: false, dropMetrics: "container_fs_.+" },
    apiServer: { interval: "5s", keepMetrics: "apiserver_request_total" },
    coreDns: { interval: "1m" },
    prometheusServiceAccount: "prometheus",
    isScoped: true,
    monitorLabels: { release: "kps" },
  },
};

export const GRAFANA_SEED = "0123456789abcdef0123456789abcdef";

const leastGrafana: GrafanaArgs = {
  seed: GRAFANA_SEED,
  datasources: [{ name: "Prometheus", url: "http://prometheus.monitoring.svc:9090" }],
};

export const grafana = (args: Partial<GrafanaArgs> = {}) =>
  runWithMocks(() => new Grafana("grafana", { ...leastGrafana, ...args }));

/** Arguments without the seed, which undefined has to stand for beside those of {@link grafana}. */
export const withoutSeed = (args: Partial<GrafanaArgs>) =>
  ({ ...args, seed: undefined }) as unknown as Partial<GrafanaArgs>;

export const GRAFANAS: Record<string, Partial<GrafanaArgs>> = {
  defaults: {},
  "secrets that exist": withoutSeed({ existingSecret: { name: "own", passwordKey: "pw" } }),
  // Elsewhere than the default: a claim can not be given another class.
  "a volume of a class": { namespace: "team-a", storage: { size: "1Gi", storageClassName: "gp3" } },
  "nothing kept": { storage: { ephemeral: true, ephemeralSizeLimit: "1Gi" } },
  "a MySQL": { database: { type: "mysql", host: "db:3306", password: { name: "grafana-db", key: "pw" } } },
  "every option": {
    namespace: "observability",
    image: "registry.example.com/grafana:13.1.3",
    sidecarImage: "registry.example.com/k8s-sidecar:2.11.2",
    imagePullSecrets: ["registry"],
    datasources: [
      { name: "Prometheus", url: "http://prometheus:9090" },
      {
        name: "Long term",
        url: "http://query:9090",
        isDefault: true,
        kind: "Thanos",
        timeInterval: "1m",
        headers: { "X-Scope-OrgID": "vllm" },
      },
    ],
    alertmanagerUrl: "http://alertmanager:9093",
    externalUrl: "https://grafana.example.com/",
    replicas: 2,
    database: { type: "postgres", host: "db:5432", password: { name: "grafana-db", key: "password" } },
    oidc: {
      name: "Example",
      clientId: "grafana",
      clientSecret: { name: "grafana-oidc", key: "secret" },
      authUrl: "https://id.example.com/authorize",
      tokenUrl: "https://id.example.com/token",
      apiUrl: "https://id.example.com/userinfo",
      scopes: ["openid", "groups"],
      roleAttributePath: "contains(groups[*], 'sre') && 'Admin' || 'Viewer'",
      allowedDomains: ["example.com"],
    },
    sidecarLabel: "dashboard",
    sidecarLabelValue: "yes",
    folderAnnotation: "folder",
    dashboardNamespaces: ["observability", "team-a"],
    settings: { "auth.proxy": { enabled: "false" }, log: { level: "warn" } },
    resources: { limits: { memory: "1Gi" } },
    nodeSelector: { pool: "system" },
    tolerations: [{ key: "a", operator: "Exists" }],
    priorityClassName: "high",
    ingressFrom: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } } }],
  },
};
