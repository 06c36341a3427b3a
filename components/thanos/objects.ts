/** Registers the objects of a `ThanosStorage`. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PodMonitor, ThanosRuler } from "../crds/monitoring.ts";
import { selectorLabels, standardLabels } from "../support/labels.ts";
import { memcachedName, DEFAULT_RESPONSE_CACHE, type CacheUse } from "./caches.ts";
import { compactorName, compactorStatefulSet } from "./compactor.ts";
import { memcachedSelector, memcachedStatefulSet } from "./memcached.ts";
import {
  accountName,
  application,
  GRPC_PORT,
  HTTP_PORT,
  MEMCACHED_PORT,
  type ThanosApplication,
  type ThanosContext,
} from "./names.ts";
import { networkPolicies } from "./network-policies.ts";
import {
  endpointsFile,
  endpointsName,
  ENDPOINTS_KEY,
  queryDeployment,
  queryFrontendName,
  queryFrontendProgram,
  queryName,
  queryProgram,
} from "./query.ts";
import { rulerName, rulerPodLabels, rulerSpec } from "./ruler.ts";
import { shardsOf } from "./shards.ts";
import { ThanosCacheKind, type ThanosCacheArgs } from "./storage-args.ts";
import { storeCaches, storeName, storeStatefulSet } from "./store.ts";

/** Metadata of an object of a program. */
function metadata(context: ThanosContext, name: string, app: ThanosApplication) {
  return { name, namespace: context.namespace, labels: standardLabels(app, name) };
}

const isCompacting = ({ args }: ThanosContext): boolean => args.compactor?.enabled !== false;

/** An account for each program: the roles in a cloud tell the programs apart by it. */
export function makeAccounts(parent: pulumi.Resource, context: ThanosContext): pulumi.Resource[] {
  const programs = [
    "store" as const,
    "query" as const,
    ...(isCompacting(context) ? ["compactor" as const] : []),
    ...(context.args.ruler === undefined ? [] : ["ruler" as const]),
  ];
  return programs.map((program) => {
    const name = accountName(context.name, program);
    const annotations = context.args.serviceAccountAnnotations?.[program];
    return new k8s.core.v1.ServiceAccount(
      name,
      {
        metadata: {
          ...metadata(context, name, application[program]),
          ...(annotations === undefined ? {} : { annotations }),
        },
        // None of them speaks to the API server.
        automountServiceAccountToken: false,
      },
      { parent },
    );
  });
}

/** The headless Service that names a StatefulSet's pods; they are listed before they are ready, so that query sees them. */
function makeService(
  parent: pulumi.Resource,
  context: ThanosContext,
  app: ThanosApplication,
  name: string,
  ports: { name: string; port: number }[],
  isHeadless: boolean,
): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    name,
    {
      metadata: {
        ...metadata(context, name, app),
        // The workload's own readiness is what is waited for.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        type: "ClusterIP",
        ...(isHeadless ? { clusterIP: "None" } : {}),
        selector: selectorLabels(app, name),
        ports: ports.map(({ name: port, port: number }) => ({
          name: port,
          port: number,
          targetPort: port,
          protocol: "TCP",
        })),
      },
    },
    { parent },
  );
}

function makeBudget(
  parent: pulumi.Resource,
  context: ThanosContext,
  app: ThanosApplication,
  name: string,
  matchLabels: Record<string, pulumi.Input<string>>,
): void {
  new k8s.policy.v1.PodDisruptionBudget(
    name,
    // One at a time; unlike minAvailable 1 it never blocks the drain of a node when there is a single pod.
    { metadata: metadata(context, name, app), spec: { maxUnavailable: 1, selector: { matchLabels } } },
    { parent },
  );
}

const httpPort = { name: "http", port: HTTP_PORT };
const grpcPort = { name: "grpc", port: GRPC_PORT };

/** Caches that memcached serves. */
function memcachedCaches(context: ThanosContext): [CacheUse, ThanosCacheArgs][] {
  const response = context.args.queryFrontend?.cache ?? DEFAULT_RESPONSE_CACHE;
  const all = Object.entries({ ...storeCaches(context), response }) as [CacheUse, ThanosCacheArgs][];
  return all.filter(([, { kind }]) => kind === ThanosCacheKind.Memcached);
}

export function makeCaches(parent: pulumi.Resource, context: ThanosContext): void {
  for (const [use, cache] of memcachedCaches(context)) {
    const name = memcachedName(context.name, use);
    makeService(
      parent,
      context,
      application.memcached,
      name,
      [{ name: "memcached", port: MEMCACHED_PORT }],
      true,
    );
    new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata: metadata(context, name, application.memcached),
        spec: memcachedStatefulSet(context, use, cache),
      },
      { parent },
    );
    makeBudget(parent, context, application.memcached, name, memcachedSelector(context.name, use));
  }
}

export function makeStores(
  parent: pulumi.Resource,
  context: ThanosContext,
  dependsOn: pulumi.Resource[],
): void {
  for (const shard of shardsOf(context.args.store?.shards)) {
    const name = storeName(context.name, shard);
    makeService(parent, context, application.store, name, [grpcPort, httpPort], true);
    new k8s.apps.v1.StatefulSet(
      name,
      { metadata: metadata(context, name, application.store), spec: storeStatefulSet(context, shard) },
      { parent, dependsOn },
    );
    makeBudget(parent, context, application.store, name, selectorLabels(application.store, name));
  }
}

export function makeCompactor(
  parent: pulumi.Resource,
  context: ThanosContext,
  dependsOn: pulumi.Resource[],
): void {
  if (!isCompacting(context)) return;
  const name = compactorName(context.name);
  makeService(parent, context, application.compactor, name, [httpPort], true);
  new k8s.apps.v1.StatefulSet(
    name,
    { metadata: metadata(context, name, application.compactor), spec: compactorStatefulSet(context) },
    { parent, dependsOn },
  );
}

export function makeQueries(
  parent: pulumi.Resource,
  context: ThanosContext,
  dependsOn: pulumi.Resource[],
): void {
  const { name, args } = context;
  const endpoints = new k8s.core.v1.ConfigMap(
    endpointsName(name),
    {
      metadata: metadata(context, endpointsName(name), application.query),
      data: { [ENDPOINTS_KEY]: endpointsFile(context) },
    },
    { parent },
  );
  const [query, frontend] = [queryName(name), queryFrontendName(name)];
  makeService(parent, context, application.query, query, [httpPort, grpcPort], false);
  const queryWorkload = new k8s.apps.v1.Deployment(
    query,
    {
      metadata: metadata(context, query, application.query),
      spec: queryDeployment(context, queryProgram(context), args.query?.replicas),
    },
    { parent, dependsOn: [...dependsOn, endpoints] },
  );
  makeBudget(parent, context, application.query, query, selectorLabels(application.query, query));
  makeService(parent, context, application.queryFrontend, frontend, [httpPort], false);
  new k8s.apps.v1.Deployment(
    frontend,
    {
      metadata: metadata(context, frontend, application.queryFrontend),
      spec: queryDeployment(context, queryFrontendProgram(context), args.queryFrontend?.replicas),
    },
    { parent, dependsOn: [...dependsOn, queryWorkload] },
  );
  makeBudget(
    parent,
    context,
    application.queryFrontend,
    frontend,
    selectorLabels(application.queryFrontend, frontend),
  );
}

export function makeRuler(
  parent: pulumi.Resource,
  context: ThanosContext,
  dependsOn: pulumi.Resource[],
): void {
  const { ruler } = context.args;
  if (ruler === undefined) return;
  const name = rulerName(context.name);
  new ThanosRuler(
    name,
    { metadata: metadata(context, name, application.ruler), spec: rulerSpec(context, ruler) },
    { parent, dependsOn },
  );
  makeBudget(parent, context, application.ruler, name, rulerPodLabels(context.name));
}

/** One monitor a program; the job is the program's name. */
export function makeMonitors(parent: pulumi.Resource, context: ThanosContext): void {
  const monitor = (suffix: string, app: ThanosApplication, matchLabels: Record<string, string>) =>
    new PodMonitor(
      `${context.name}-${suffix}`,
      {
        metadata: metadata(context, `${context.name}-${suffix}`, app),
        spec: {
          jobLabel: "app.kubernetes.io/name",
          selector: { matchLabels },
          podMetricsEndpoints: [{ port: suffix === "ruler" ? "web" : "http", path: "/metrics" }],
        },
      },
      { parent },
    );
  const byName = (app: ThanosApplication) => ({ "app.kubernetes.io/name": app });
  monitor("store", application.store, byName(application.store));
  monitor("query", application.query, byName(application.query));
  monitor("query-frontend", application.queryFrontend, byName(application.queryFrontend));
  if (isCompacting(context)) monitor("compactor", application.compactor, byName(application.compactor));
  if (context.args.ruler !== undefined) monitor("ruler", application.ruler, rulerPodLabels(context.name));
  if (memcachedCaches(context).length > 0)
    monitor("memcached", application.memcached, byName(application.memcached));
}

export function makeNetworkPolicies(parent: pulumi.Resource, context: ThanosContext): void {
  if (context.args.networkPolicies?.enabled === false) return;
  const memcacheds = memcachedCaches(context).map(([use]) => use);
  for (const { suffix, application: guarded, spec } of networkPolicies(context, memcacheds)) {
    const name = `${context.name}-${suffix}`;
    new k8s.networking.v1.NetworkPolicy(
      name,
      { metadata: metadata(context, name, guarded), spec },
      { parent },
    );
  }
}
