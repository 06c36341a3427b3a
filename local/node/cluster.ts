import {
  CoreV1Api,
  DiscoveryV1Api,
  KubeConfig,
  makeInformer,
  type Informer,
  type KubernetesObject,
  type ObjectCache,
  type V1ConfigMap,
  type V1Node,
  type V1PersistentVolumeClaim,
  type V1Pod,
  type V1Secret,
  type V1Service,
} from "@kubernetes/client-node";

/** A watched kind: its objects by `namespace/name`, kept current. */
export type Watched<T extends KubernetesObject> = Informer<T> & ObjectCache<T>;

/** Everything of the cluster that the node agent looks at. */
export interface Cluster {
  readonly core: CoreV1Api;
  readonly discovery: DiscoveryV1Api;
  readonly pods: Watched<V1Pod>;
  readonly services: Watched<V1Service>;
  readonly secrets: Watched<V1Secret>;
  readonly configMaps: Watched<V1ConfigMap>;
  readonly claims: Watched<V1PersistentVolumeClaim>;
  readonly nodes: Watched<V1Node>;
}

/** Milliseconds before a broken watch is started again. */
const retryAfter = 1000;

/** Starts a watch again after it broke, and again after that failed, for as long as the API server is away. */
function watch<T extends KubernetesObject>(informer: Watched<T>): Watched<T> {
  let scheduled = false;
  const again = (error: unknown): void => {
    if (scheduled) {
      return;
    }
    scheduled = true;
    console.error("watch ended, starting it again:", error instanceof Error ? error.message : error);
    setTimeout(() => {
      scheduled = false;
      informer.start().catch(again);
    }, retryAfter);
  };
  informer.on("error", again);
  return informer;
}

/** Connects to the API server; the watches are started by {@link startWatches}. */
export function connectCluster(kubeconfig: string): Cluster {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  return {
    core,
    discovery: config.makeApiClient(DiscoveryV1Api),
    pods: watch(makeInformer(config, "/api/v1/pods", () => core.listPodForAllNamespaces())),
    services: watch(makeInformer(config, "/api/v1/services", () => core.listServiceForAllNamespaces())),
    secrets: watch(makeInformer(config, "/api/v1/secrets", () => core.listSecretForAllNamespaces())),
    configMaps: watch(makeInformer(config, "/api/v1/configmaps", () => core.listConfigMapForAllNamespaces())),
    claims: watch(
      makeInformer(config, "/api/v1/persistentvolumeclaims", () =>
        core.listPersistentVolumeClaimForAllNamespaces(),
      ),
    ),
    nodes: watch(makeInformer(config, "/api/v1/nodes", () => core.listNode())),
  };
}

/** Starts all watches; resolves when each has its first list. */
export async function startWatches(cluster: Cluster): Promise<void> {
  // Configuration first: a pod that shows up finds its volumes' sources.
  await Promise.all([
    cluster.secrets.start(),
    cluster.configMaps.start(),
    cluster.services.start(),
    cluster.nodes.start(),
  ]);
  await Promise.all([cluster.claims.start(), cluster.pods.start()]);
}

/** `namespace/name` of an object. */
export function keyOf(object: KubernetesObject): string {
  return `${object.metadata?.namespace ?? ""}/${object.metadata?.name ?? ""}`;
}

/** HTTP status of an error of the API client, or undefined. */
export function statusCode(error: unknown): number | undefined {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "number"
    ? error.code
    : undefined;
}
