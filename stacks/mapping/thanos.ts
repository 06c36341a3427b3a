/** From settings to long-term storage. */
import type { ObjectStoreArgs, ThanosCacheArgs, ThanosStorageArgs } from "../../components/thanos-storage.ts";
import type { ThanosAccountArgs, ThanosBucketArgs } from "../../components/thanos-bucket.ts";
import { partitionOf } from "../../components/object-store/policies.ts";
import { accountName } from "../../components/thanos/names.ts";
import { isEks } from "../config/cluster.ts";
import type { ObjectStoreSettings } from "../config/object-store.ts";
import type { Settings } from "../config/settings.ts";
import type { ThanosSettings } from "../config/thanos.ts";
import type { SecretOf } from "./alerting.ts";
import { defined, given, inOrder } from "./fields.ts";
import { externalLabelsOf } from "./monitoring.ts";

/** Name of the component, and of its objects. */
export const THANOS_NAME = "thanos";
/** Service account of Prometheus, whose sidecars upload. */
const PROMETHEUS_ACCOUNT = "monitoring-prometheus";

/** Arguments of long-term storage; undefined without an object store. */
export function thanosStorageArgs(settings: Settings, secretOf: SecretOf): ThanosStorageArgs | undefined {
  const objectStore = objectStoreArgs(settings.objectStore, secretOf);
  if (objectStore === undefined) return undefined;
  const { monitoring, thanos } = settings;
  const { store, compactor, queryFrontend } = thanos;
  return {
    namespace: monitoring.namespace,
    externalLabels: externalLabelsOf(settings),
    objectStore,
    expectedSeries: thanos.expectedSeries,
    scrapeInterval: monitoring.scrapeInterval,
    prometheusReplicas: monitoring.prometheus.replicas,
    replicaLabels: thanos.replicaLabels,
    ...(thanos.clusters.length === 0
      ? {}
      : { clusters: inOrder(thanos.clusters, ({ cluster }) => cluster).map(defined) }),
    store: {
      replicas: store.replicas,
      ...given("shards", store.shards),
      ...given("indexCache", cacheArgs(store.indexCache)),
      ...given("bucketCache", cacheArgs(store.bucketCache)),
      syncInterval: store.syncInterval,
      volume: volumeArgs(store.volume),
    },
    compactor: compactor.enabled
      ? {
          retention: compactor.retention,
          concurrency: compactor.concurrency,
          consistencyDelay: compactor.consistencyDelay,
          deleteDelay: compactor.deleteDelay,
          waitInterval: compactor.waitInterval,
          volume: volumeArgs(compactor.volume),
        }
      : { enabled: false, deleteDelay: compactor.deleteDelay },
    query: { replicas: thanos.query.replicas },
    queryFrontend: {
      replicas: queryFrontend.replicas,
      ...given("cache", cacheArgs(queryFrontend.cache)),
    },
    ...given("grpcTls", thanos.grpcTls),
    ...(monitoring.images.registry === undefined ? {} : { images: { registry: monitoring.images.registry } }),
    networkPolicies: {
      ingressFrom: inOrder(monitoring.clientNamespaces, String).map(namespacePeer),
      globalQueryFrom: inOrder(thanos.globalQueryNamespaces, String).map(namespacePeer),
    },
  };
}

function namespacePeer(namespace: string) {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
}

function cacheArgs(cache: ThanosSettings["store"]["indexCache"]): ThanosCacheArgs | undefined {
  return cache;
}

function volumeArgs({ size, className, ephemeral }: ThanosSettings["store"]["volume"]) {
  return defined({ size, storageClassName: className, ...(ephemeral ? { ephemeral } : {}) });
}

function objectStoreArgs(store: ObjectStoreSettings, secretOf: SecretOf): ObjectStoreArgs | undefined {
  switch (store.kind) {
    case "none":
      return undefined;
    case "s3": {
      const { bucket, region, accessKeyIdFromSecret: id, secretAccessKeyFromSecret: secret } = store;
      const key =
        id === undefined || secret === undefined
          ? undefined
          : { accessKeyId: secretOf(id), secretAccessKey: secretOf(secret) };
      return { kind: "s3", s3: { bucket, region, ...given("prefix", store.prefix), ...given("key", key) } };
    }
    case "aliyun-oss": {
      const key = {
        accessKeyId: secretOf(store.accessKeyIdFromSecret),
        secretAccessKey: secretOf(store.accessKeySecretFromSecret),
      };
      const { bucket, endpoint } = store;
      return { kind: "aliyun-oss", aliyunOss: { bucket, endpoint, ...given("prefix", store.prefix), key } };
    }
    case "gcs": {
      const name = store.serviceAccountFromSecret;
      const key = name === undefined ? {} : { serviceAccountKey: secretOf(name) };
      return { kind: "gcs", gcs: { bucket: store.bucket, ...given("prefix", store.prefix), ...key } };
    }
    case "s3-compatible": {
      const { bucket, endpoint, region, insecure, bucketLookup } = store;
      const key = {
        accessKeyId: secretOf(store.accessKeyIdFromSecret),
        secretAccessKey: secretOf(store.secretAccessKeyFromSecret),
      };
      return {
        kind: "s3-compatible",
        s3Compatible: {
          bucket,
          endpoint,
          region,
          ...given("prefix", store.prefix),
          insecure,
          bucketLookup,
          key,
        },
      };
    }
    case "filesystem":
      return { kind: "filesystem", filesystem: { directory: store.directory } };
  }
}

/** Arguments of the bucket and the roles; undefined where the stack makes neither. */
export function thanosBucketArgs(settings: Settings): ThanosBucketArgs | undefined {
  const { cluster, objectStore, monitoring, thanos } = settings;
  if (objectStore.kind !== "s3" || objectStore.manage === "nothing" || !isEks(cluster)) return undefined;
  const { namespace } = monitoring;
  const accounts: ThanosAccountArgs[] = [
    { program: "sidecar", namespace, serviceAccount: PROMETHEUS_ACCOUNT },
    { program: "store", namespace, serviceAccount: accountName(THANOS_NAME, "store") },
    ...(thanos.compactor.enabled
      ? [{ program: "compactor" as const, namespace, serviceAccount: accountName(THANOS_NAME, "compactor") }]
      : []),
  ];
  const partition = partitionOf(cluster.region);
  return {
    bucketName: objectStore.bucket,
    region: objectStore.region,
    ...given("prefix", objectStore.prefix),
    ...(objectStore.manage === "roles" ? { existing: true } : {}),
    ...(objectStore.kmsKeyArn === undefined ? {} : { encryption: { kmsKeyArn: objectStore.kmsKeyArn } }),
    identity: {
      clusterName: cluster.name,
      clusterArn: `arn:${partition}:eks:${cluster.region}:${cluster.accountId}:cluster/${cluster.name}`,
    },
    accounts,
    tags: { environment: settings.environment, "vllm-monitoring": THANOS_NAME },
  };
}
