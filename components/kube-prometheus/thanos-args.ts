import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

type Input<T> = pulumi.Input<T>;

/** Key of a Secret. */
export interface SecretKeyArgs {
  /** Name of the Secret, in the component's namespace. */
  name: Input<string>;
  key: Input<string>;
}

/** Files of the sidecar's gRPC server, as its container sees them. */
export interface ThanosGrpcTlsArgs {
  certFile: Input<string>;
  keyFile: Input<string>;
  /** CA that clients' certificates must be signed by. Default: clients show none. */
  clientCaFile?: Input<string>;
}

/** The Thanos sidecar of each Prometheus pod. */
export interface ThanosSidecarArgs {
  /**
   * Secret with the object store's configuration in Thanos' own format. Default: none, and the sidecar only answers
   * queries.
   */
  objectStorageConfig?: SecretKeyArgs;
  /** Default: 50m and 128Mi requested, 512Mi at most. */
  resources?: Input<k8s.types.input.core.v1.ResourceRequirements>;
  /**
   * True: Prometheus leaves the compaction of its blocks to Thanos, and every block is `blockDuration` long. Default: false;
   * from Prometheus 3.9 and Thanos 0.41 on it waits with its own compaction until a block is uploaded.
   */
  disableCompaction?: boolean;
  /** Length of every block where `disableCompaction` is set. Default: 2h. */
  blockDuration?: Input<string>;
  /** Oldest samples that the sidecar answers for, a Prometheus duration such as "2h" or an RFC 3339 time. Default: all. */
  minTime?: Input<string>;
  /** How long it waits for Prometheus at its start. Default: 10m. */
  readyTimeout?: Input<string>;
  /** "debug", "info" (default), "warn" or "error". */
  logLevel?: Input<string>;
  /** Default: plain gRPC, which NetworkPolicies guard. */
  grpcTls?: ThanosGrpcTlsArgs;
  /** Mounts of the sidecar besides the component's own, of volumes in `prometheus.volumes`. */
  volumeMounts?: Input<Input<k8s.types.input.core.v1.VolumeMount>[]>;
  /** Who, besides the pods of this namespace, may call its gRPC port (a query in another namespace or cluster). */
  ingressFrom?: Input<Input<k8s.types.input.networking.v1.NetworkPolicyPeer>[]>;
}
