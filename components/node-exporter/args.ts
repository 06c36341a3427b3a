/** Arguments of a `NodeExporter`. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

type Input<T> = pulumi.Input<T>;

/** Arguments of a `NodeExporter`. */
export interface NodeExporterArgs {
  /** Namespace, which must admit host paths and the host's network. Default: an own one, `node-monitoring`. */
  namespace?: Input<string>;
  /** Image, with digest if it is to be pinned. Default quay.io/prometheus/node-exporter:v1.12.1. */
  image?: Input<string>;
  /** Names of Secrets with registry credentials. */
  imagePullSecrets?: Input<Input<string>[]>;
  /**
   * Whether the pods are in the host's network, without which nobody sees the traffic of its devices; the exporter then
   * listens on the node's own address, where NetworkPolicies don't reach. False: network devices and connection tracking
   * are left out. Default: true.
   */
  hostNetwork?: boolean;
  /** Port, which is the node's in the host's network. Default: 9100. */
  port?: number;
  /** Collectors that run, and no others. Default: what rules and dashboards read, see collectors.ts. */
  collectors?: string[];
  /** Command line arguments after the component's own, for example of a collector. */
  extraArguments?: Input<Input<string>[]>;
  /** Time between two scrapes, as a Prometheus duration. Default: Prometheus' own. */
  interval?: string;
  /** Default: 20m and 32Mi requested, 128Mi at most. */
  resources?: Input<k8s.types.input.core.v1.ResourceRequirements>;
  /** Default: Linux nodes. */
  nodeSelector?: Input<Record<string, Input<string>>>;
  /** Default: every taint is tolerated, so that no node is left out. */
  tolerations?: Input<Input<k8s.types.input.core.v1.Toleration>[]>;
  /** Default system-node-critical: a node that is short of memory is the one that must be seen. */
  priorityClassName?: Input<string>;
  /** Nodes that are updated at a time, a number or percentage. Default "10%". */
  maxUnavailable?: Input<string>;
  /** Namespace of Prometheus, the only one that may read the metrics outside the host's network. Default monitoring. */
  monitoringNamespace?: Input<string>;
  /** Labels of the PodMonitor besides the component's own. */
  monitorLabels?: Input<Record<string, Input<string>>>;
}
