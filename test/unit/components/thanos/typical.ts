import { ThanosStorage, type ThanosStorageArgs } from "../../../../components/thanos-storage.ts";
import { runWithMocks } from "../../../support/mocks.ts";

/** The least that has to be said. */
export const least: ThanosStorageArgs = {
  namespace: "monitoring",
  externalLabels: { cluster: "vllm-dev", environment: "dev" },
  objectStore: {
    kind: "s3-compatible",
    s3Compatible: {
      bucket: "history",
      endpoint: "minio.storage:9000",
      region: "us-east-1",
      key: { accessKeyId: "planted-id", secretAccessKey: "planted-secret" },
    },
  },
  expectedSeries: 50_000,
};

/** Everything that can be said. */
export const whole: ThanosStorageArgs = {
  namespace: "monitoring",
  externalLabels: { cluster: "vllm-prod", environment: "prod", region: "eu-central-1" },
  objectStore: { kind: "s3", s3: { bucket: "history", region: "eu-central-1", prefix: "thanos" } },
  expectedSeries: 2_000_000,
  scrapeInterval: "30s",
  prometheusReplicas: 2,
  replicaLabels: ["prometheus_replica", "thanos_ruler_replica", "rack"],
  sidecars: { serviceName: "prometheus-sidecars", portName: "grpc" },
  clusters: [
    { cluster: "vllm-us", address: "thanos.us.example.com:10901", serverName: "thanos.us.example.com" },
    { cluster: "vllm-asia", address: "dns+thanos.asia.example.com:10901" },
  ],
  store: {
    replicas: 2,
    shards: { by: "time", boundaries: ["2w", "13w"] },
    indexCache: { kind: "memcached", size: "4Gi", replicas: 3 },
    bucketCache: { kind: "memcached", size: "8Gi" },
    chunkPoolSize: "4Gi",
    requestSeriesLimit: 3_000_000,
    syncInterval: "2m",
    volume: { size: "100Gi", storageClassName: "gp3" },
  },
  compactor: {
    retention: { raw: "14d", fiveMinutes: "90d", oneHour: "0d" },
    concurrency: 2,
    consistencyDelay: "45m",
    deleteDelay: "2d",
    waitInterval: "10m",
    volume: { size: "500Gi", storageClassName: "gp3" },
  },
  query: { replicas: 3, maxConcurrent: 40, timeout: "3m", storeResponseTimeout: "20s" },
  queryFrontend: {
    replicas: 3,
    splitInterval: "12h",
    cache: { kind: "memcached", size: "2Gi" },
    maxFreshness: "2m",
    logQueriesLongerThan: "5s",
  },
  ruler: {
    ruleSelector: { rules: "global" },
    alertmanagerUrls: ["dnssrv+_web._tcp.alertmanager-operated.monitoring.svc"],
    volume: { size: "20Gi", storageClassName: "gp3" },
  },
  grpcTls: { secretName: "thanos-grpc", serverName: "thanos.eu.example.com" },
  images: { registry: "registry.example.com/quay" },
  networkPolicies: {
    ingressFrom: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "grafana" } } }],
    globalQueryFrom: [{ ipBlock: { cidr: "10.20.0.0/16" } }],
  },
  nodeSelector: { "node.kubernetes.io/instance-type": "m7i.2xlarge" },
  tolerations: [{ key: "dedicated", operator: "Equal", value: "monitoring", effect: "NoSchedule" }],
  priorityClassName: "system-cluster-critical",
};

/** Runs the component with mocks. */
export function build(args: Partial<ThanosStorageArgs> = {}, base: ThanosStorageArgs = least) {
  return runWithMocks(() => new ThanosStorage("thanos", { ...base, ...args }));
}
