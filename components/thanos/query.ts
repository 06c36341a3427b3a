/** Query, and the query-frontend before it. */
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

import { goDuration } from "../support/durations.ts";
import { cacheBytes, cacheConfig, DEFAULT_RESPONSE_CACHE } from "./caches.ts";
import { accountName, application, DEFAULT_REPLICA_LABELS, HTTP_PORT, type ThanosContext } from "./names.ts";
import { podSelector, podTemplate, requirements, type ThanosProgramSpec } from "./pod.ts";
import { shardsOf } from "./shards.ts";
import { quantity } from "./sizes.ts";
import { argument, storeName } from "./store.ts";
import { ThanosCacheKind } from "./storage-args.ts";
import { clientTls } from "./tls.ts";

export const ENDPOINTS_KEY = "endpoints.yaml";
const MEBIBYTE = 2 ** 20;
const ENDPOINTS_FOLDER = "/etc/thanos/endpoints";

export const queryName = (name: string): string => `${name}-query`;
export const queryFrontendName = (name: string): string => `${name}-query-frontend`;
export const endpointsName = (name: string): string => `${name}-endpoints`;

/**
 * The endpoints file of query: every sidecar, every store gateway, the rulers and the other clusters.
 *
 * Services are named without the cluster's domain, which the resolver adds from the pod's search list.
 */
export function endpointsFile({ name, namespace, args }: ThanosContext): pulumi.Output<string> {
  const { serviceName = "prometheus-operated", portName = "grpc" } = args.sidecars ?? {};
  const clusters = args.clusters ?? [];
  return pulumi
    .all([
      namespace,
      serviceName,
      portName,
      args.grpcTls?.serverName ?? "",
      clusters.map(({ address }) => address),
    ])
    .apply(([inNamespace, sidecars, sidecarPort, serverName, addresses]) => {
      const service = (port: string, host: string) => `dnssrv+_${port}._tcp.${host}.${inNamespace}.svc`;
      const own = [
        service(sidecarPort, sidecars),
        ...shardsOf(args.store?.shards).map((shard) => service("grpc", storeName(name, shard))),
        ...(args.ruler === undefined ? [] : [service("grpc", "thanos-ruler-operated")]),
      ];
      return stringify(
        {
          ...(args.grpcTls === undefined
            ? {}
            : { default_client_config: { tls_config: clientTls(), server_name: serverName } }),
          endpoints: [
            ...own.map((address) => ({ address })),
            ...clusters.map((cluster, index) => ({
              address: addresses[index],
              ...(cluster.serverName === undefined
                ? {}
                : { client_config: { tls_config: clientTls(), server_name: cluster.serverName } }),
            })),
          ],
        },
        { lineWidth: 0 },
      );
    });
}

/** The query's program. */
export function queryProgram(context: ThanosContext): ThanosProgramSpec {
  const { args, sizes, name } = context;
  const query = args.query ?? {};
  return {
    application: application.query,
    instance: queryName(name),
    account: accountName(name, "query"),
    command: "query",
    hasGrpc: true,
    usesBucket: false,
    args: [
      `--endpoint.sd-config-file=${ENDPOINTS_FOLDER}/${ENDPOINTS_KEY}`,
      "--endpoint.sd-config-reload-interval=30s",
      "--store.sd-dns-interval=10s",
      ...(args.replicaLabels ?? DEFAULT_REPLICA_LABELS).map((label) => `--query.replica-label=${label}`),
      // A graph over a year takes its points from the resolution that fits its step.
      "--query.auto-downsampling",
      `--query.timeout=${goDuration(query.timeout ?? "2m")}`,
      `--query.max-concurrent=${String(query.maxConcurrent ?? 20)}`,
      // Without it one store that hangs takes every query with it.
      `--store.response-timeout=${goDuration(query.storeResponseTimeout ?? "30s")}`,
    ],
    resources:
      query.resources ??
      requirements("250m", quantity(sizes.query.memoryRequestBytes), quantity(sizes.query.memoryLimitBytes)),
    // Read again when it changes, so that a new cluster restarts nothing.
    volumes: [{ name: "endpoints", configMap: { name: endpointsName(name) } }],
    mounts: [{ name: "endpoints", mountPath: ENDPOINTS_FOLDER, readOnly: true }],
  };
}

/** The query-frontend's program. */
export function queryFrontendProgram(context: ThanosContext): ThanosProgramSpec {
  const { args, name } = context;
  const frontend = args.queryFrontend ?? {};
  const cache = frontend.cache ?? DEFAULT_RESPONSE_CACHE;
  const config = cacheConfig(context, "response", cache);
  const split = goDuration(frontend.splitInterval ?? "24h");
  const freshness = goDuration(frontend.maxFreshness ?? "1m");
  // The cache's own copies and answers under way need as much again.
  const cacheMemory = cache.kind === ThanosCacheKind.InMemory ? cacheBytes(cache) * 2 : 0;
  return {
    application: application.queryFrontend,
    instance: queryFrontendName(name),
    account: accountName(name, "query"),
    command: "query-frontend",
    hasGrpc: false,
    usesBucket: false,
    args: [
      pulumi.interpolate`--query-frontend.downstream-url=http://${queryName(name)}.${context.namespace}.svc:${HTTP_PORT}`,
      // Connections to one Service: Go keeps two, and opens the others anew for each query.
      `--query-frontend.downstream-tripper-config=${JSON.stringify({ max_idle_conns_per_host: 100 })}`,
      "--query-frontend.compress-responses",
      `--query-frontend.log-queries-longer-than=${goDuration(frontend.logQueriesLongerThan ?? "10s")}`,
      `--query-range.split-interval=${split}`,
      `--query-range.response-cache-max-freshness=${freshness}`,
      "--query-range.max-retries-per-request=3",
      argument("--query-range.response-cache-config", config),
      `--labels.split-interval=${split}`,
      `--labels.response-cache-max-freshness=${freshness}`,
      "--labels.max-retries-per-request=3",
      argument("--labels.response-cache-config", config),
      "--cache-compression-type=snappy",
    ],
    resources:
      frontend.resources ??
      requirements(
        "50m",
        quantity(128 * MEBIBYTE + cacheMemory / 2),
        quantity(512 * MEBIBYTE + cacheMemory * 1.25),
      ),
  };
}

/** Spec of a Deployment; a new pod takes over before an old one goes. */
export function queryDeployment(
  context: ThanosContext,
  program: ThanosProgramSpec,
  replicas: number | undefined,
): k8s.types.input.apps.v1.DeploymentSpec {
  return {
    replicas: replicas ?? 2,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    selector: { matchLabels: podSelector(program) },
    template: podTemplate(context, program),
  };
}
