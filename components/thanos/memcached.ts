/** Memcached pods of a cache. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { selectorLabels, standardLabels } from "../support/labels.ts";
import { restrictedContainer, restrictedPod } from "../support/security.ts";
import { cacheBytes, memcachedName, type CacheUse } from "./caches.ts";
import { application, MEMCACHED_EXPORTER_PORT, MEMCACHED_PORT, type ThanosContext } from "./names.ts";
import { quantity } from "./sizes.ts";
import type { ThanosCacheArgs } from "./storage-args.ts";

const MEBIBYTE = 2 ** 20;
/** uid of the image. */
const MEMCACHED_USER = 11_211;
/** Memcached's own memory beside the items: hash table, connections, threads. */
const OVERHEAD = 1.2;

/** Default images; see kube-prometheus/images.ts on why they carry no digest. */
export const MEMCACHED_IMAGE = "docker.io/library/memcached:1.6.38-alpine";
export const MEMCACHED_EXPORTER_IMAGE = "quay.io/prometheus/memcached-exporter:v0.15.3";

/** Labels that the pods of a cache are selected by. */
export function memcachedSelector(name: string, use: CacheUse) {
  return selectorLabels(application.memcached, memcachedName(name, use));
}

/** Spec of the StatefulSet: its pods have names, which keep their place in the clients' list when one comes or goes. */
export function memcachedStatefulSet(
  { name, args }: ThanosContext,
  use: CacheUse,
  cache: ThanosCacheArgs,
): k8s.types.input.apps.v1.StatefulSetSpec {
  const instance = memcachedName(name, use);
  const matchLabels = memcachedSelector(name, use);
  const megabytes = Math.floor(cacheBytes(cache) / MEBIBYTE);
  const memory = quantity(cacheBytes(cache) * OVERHEAD + 32 * MEBIBYTE);
  return {
    replicas: cache.replicas ?? 2,
    serviceName: instance,
    podManagementPolicy: "Parallel",
    selector: { matchLabels },
    template: {
      metadata: { labels: standardLabels(application.memcached, instance) },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        nodeSelector: args.nodeSelector ?? { "kubernetes.io/os": "linux" },
        ...(args.tolerations === undefined ? {} : { tolerations: args.tolerations }),
        securityContext: restrictedPod(MEMCACHED_USER),
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 100,
                podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels } },
              },
            ],
          },
        },
        containers: [
          {
            name: "memcached",
            image: args.images?.memcached ?? MEMCACHED_IMAGE,
            args: [
              `--memory-limit=${String(megabytes)}`,
              // As large as the clients' largest item.
              "--max-item-size=5m",
              "--conn-limit=4096",
              `--port=${String(MEMCACHED_PORT)}`,
            ],
            ports: [{ name: "memcached", containerPort: MEMCACHED_PORT, protocol: "TCP" }],
            resources: { requests: { cpu: "100m", memory }, limits: { memory } },
            readinessProbe: { tcpSocket: { port: "memcached" }, periodSeconds: 5 },
            livenessProbe: { tcpSocket: { port: "memcached" }, periodSeconds: 30 },
            securityContext: restrictedContainer,
          },
          exporter(args.images?.memcachedExporter),
        ],
      },
    },
  };
}

function exporter(image: pulumi.Input<string> | undefined): k8s.types.input.core.v1.Container {
  return {
    name: "exporter",
    image: image ?? MEMCACHED_EXPORTER_IMAGE,
    args: [
      `--memcached.address=localhost:${String(MEMCACHED_PORT)}`,
      `--web.listen-address=0.0.0.0:${String(MEMCACHED_EXPORTER_PORT)}`,
    ],
    ports: [{ name: "http", containerPort: MEMCACHED_EXPORTER_PORT, protocol: "TCP" }],
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
    securityContext: restrictedContainer,
  };
}
