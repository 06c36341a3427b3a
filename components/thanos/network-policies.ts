/** Who may call the programs. Egress stays open: an object store's addresses can't be selected. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { concat } from "../support/inputs.ts";
import { selectorLabels } from "../support/labels.ts";
import type { CacheUse } from "./caches.ts";
import { memcachedSelector } from "./memcached.ts";
import {
  application,
  GRPC_PORT,
  HTTP_PORT,
  MEMCACHED_EXPORTER_PORT,
  MEMCACHED_PORT,
  type ThanosApplication,
  type ThanosContext,
} from "./names.ts";
import { queryFrontendName, queryName } from "./query.ts";

type NetworkPolicySpec = k8s.types.input.networking.v1.NetworkPolicySpec;
type NetworkPolicyPeer = k8s.types.input.networking.v1.NetworkPolicyPeer;

const tcp = (port: number) => ({ protocol: "TCP", port });
/** Every Prometheus pod of the namespace: for metrics. */
const prometheus: NetworkPolicyPeer = {
  podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } },
};
const byName = (name: string) => ({ "app.kubernetes.io/name": name });
const pods = (name: string): NetworkPolicyPeer => ({ podSelector: { matchLabels: byName(name) } });

/** A policy, and the program that it guards. */
export interface ThanosPolicy {
  /** Behind the component's name. */
  suffix: string;
  application: ThanosApplication;
  spec: NetworkPolicySpec;
}

/** The policies of everything that runs. */
export function networkPolicies(
  { name, args }: ThanosContext,
  memcacheds: readonly CacheUse[],
): ThanosPolicy[] {
  const callers = concat<NetworkPolicyPeer>([{ podSelector: {} }], args.networkPolicies?.ingressFrom ?? []);
  const globalQueries = concat<NetworkPolicyPeer>(
    [pods(application.query), pods("thanos-ruler")],
    args.networkPolicies?.globalQueryFrom ?? [],
  );
  const policy = (
    suffix: string,
    guarded: ThanosApplication,
    matchLabels: Record<string, pulumi.Input<string>>,
    ingress: k8s.types.input.networking.v1.NetworkPolicyIngressRule[],
  ): ThanosPolicy => ({
    suffix,
    application: guarded,
    spec: { podSelector: { matchLabels }, policyTypes: ["Ingress"], ingress },
  });
  const metrics = { from: [prometheus], ports: [tcp(HTTP_PORT)] };
  return [
    // All shards at once: their instances differ, the program does not.
    policy("store", application.store, byName(application.store), [
      { from: [pods(application.query)], ports: [tcp(GRPC_PORT)] },
      metrics,
    ]),
    ...(args.compactor?.enabled === false
      ? []
      : [policy("compactor", application.compactor, byName(application.compactor), [metrics])]),
    policy("query", application.query, selectorLabels(application.query, queryName(name)), [
      { from: callers, ports: [tcp(HTTP_PORT)] },
      { from: globalQueries, ports: [tcp(GRPC_PORT)] },
    ]),
    policy(
      "query-frontend",
      application.queryFrontend,
      selectorLabels(application.queryFrontend, queryFrontendName(name)),
      [{ from: callers, ports: [tcp(HTTP_PORT)] }],
    ),
    ...memcacheds.map((use) =>
      policy(`memcached-${use}`, application.memcached, memcachedSelector(name, use), [
        {
          from: [pods(use === "response" ? application.queryFrontend : application.store)],
          ports: [tcp(MEMCACHED_PORT)],
        },
        { from: [prometheus], ports: [tcp(MEMCACHED_EXPORTER_PORT)] },
      ]),
    ),
  ];
}
