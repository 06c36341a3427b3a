/** Arguments of `ThanosStorage`. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import type { ObjectStoreArgs } from "../object-store/args.ts";
import type { ThanosCompactorArgs, ThanosRulerArgs, ThanosStoreArgs } from "./storage-args.ts";
import type { ThanosQueryArgs, ThanosQueryFrontendArgs } from "./query-args.ts";

export * from "./query-args.ts";
export * from "./storage-args.ts";

type Input<T> = pulumi.Input<T>;

/** Images: whole references, `registry/repository:tag[@sha256:…]`. */
export interface ThanosImagesArgs {
  /** Registry of the default image of Thanos, for example of a mirror. Default: quay.io. */
  registry?: Input<string>;
  /** The tag must begin with the version. */
  thanos?: Input<string>;
  memcached?: Input<string>;
  memcachedExporter?: Input<string>;
}

/** TLS of the gRPC connections between the programs; both sides show a certificate. */
export interface ThanosConnectionTlsArgs {
  /** Secret with tls.crt, tls.key and ca.crt, as cert-manager writes them; one certificate for all programs. */
  secretName: Input<string>;
  /** Name in the certificate, which clients compare. */
  serverName: Input<string>;
}

/** Where the Prometheus servers of this cluster answer the StoreAPI: the sidecars. */
export interface ThanosSidecarsArgs {
  /** Headless Service of the Prometheus pods. Default: prometheus-operated. */
  serviceName?: Input<string>;
  /** Name of the port of that Service. Default: grpc. */
  portName?: Input<string>;
}

/** Which traffic the programs accept. */
export interface ThanosNetworkPolicyArgs {
  /** False: no NetworkPolicy at all. Default: true. */
  enabled?: boolean;
  /** Who, besides the pods of this namespace, may query (Grafana). */
  ingressFrom?: Input<Input<k8s.types.input.networking.v1.NetworkPolicyPeer>[]>;
  /** Who may call the gRPC port of query from elsewhere: a global query of another cluster. */
  globalQueryFrom?: Input<Input<k8s.types.input.networking.v1.NetworkPolicyPeer>[]>;
}

/** Arguments of ThanosStorage. */
export interface ThanosStorageArgs {
  /** An existing namespace, that of Prometheus. */
  namespace: Input<string>;
  /**
   * External labels of this cluster's Prometheus servers. `cluster` is required: blocks of two clusters with the same
   * labels would be merged, and the compactor would stop.
   */
  externalLabels: Record<string, string>;
  objectStore: ObjectStoreArgs;
  /** Series that all Prometheus servers of one replica scrape together; decides sizes and limits. */
  expectedSeries: number;
  /** Default: 15s. */
  scrapeInterval?: string;
  /** Prometheus replicas that scrape the same. Default: 2. */
  prometheusReplicas?: number;
  /** Labels that tell replicas apart; queries merge over them. Default: prometheus_replica, thanos_ruler_replica. */
  replicaLabels?: string[];
  sidecars?: ThanosSidecarsArgs;
  /** Other clusters that this one's queries span. Default: none. */
  clusters?: ThanosClusterArgs[];
  store?: ThanosStoreArgs;
  compactor?: ThanosCompactorArgs;
  query?: ThanosQueryArgs;
  queryFrontend?: ThanosQueryFrontendArgs;
  /** Default: none; rules over a single Prometheus are better evaluated there. */
  ruler?: ThanosRulerArgs;
  /** Default: plain gRPC, which NetworkPolicies guard. */
  grpcTls?: ThanosConnectionTlsArgs;
  images?: ThanosImagesArgs;
  networkPolicies?: ThanosNetworkPolicyArgs;
  /** Annotations of the service accounts by program (store, compactor, ruler): role ARNs for IRSA. */
  serviceAccountAnnotations?: Record<string, Record<string, Input<string>>>;
  /** Labels that a node must have. Default none. */
  nodeSelector?: Input<Record<string, Input<string>>>;
  /** Taints that the pods bear. Default none. */
  tolerations?: Input<Input<k8s.types.input.core.v1.Toleration>[]>;
  /** PriorityClass of the pods. Default: the cluster's. */
  priorityClassName?: Input<string>;
}

/** Another cluster whose query answers the StoreAPI. */
export interface ThanosClusterArgs {
  /** Its external label `cluster`; no two may be the same. */
  cluster: string;
  /** `host:port` of its query, as this cluster reaches it; `dns+` or `dnssrv+` before it resolves names. */
  address: Input<string>;
  /** Name in its certificate, where it differs from `grpcTls.serverName`. Not together with a `dns` address. */
  serverName?: Input<string>;
}
