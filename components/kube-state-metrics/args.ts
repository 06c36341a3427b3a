/** Arguments of a `KubeStateMetrics`. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

type Input<T> = pulumi.Input<T>;

/** Arguments of a `KubeStateMetrics`. */
export interface KubeStateMetricsArgs {
  /** An existing namespace. Default: monitoring. */
  namespace?: Input<string>;
  /** Image, with digest if it is to be pinned. Default registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.19.1. */
  image?: Input<string>;
  /** Names of Secrets with registry credentials. */
  imagePullSecrets?: Input<Input<string>[]>;
  /**
   * Kinds of objects that it tells about, in Kubernetes' plural spelling; it may list and watch these and no others.
   * Default: what rules and dashboards read, see resources.ts. Neither Secrets nor ConfigMaps are among them.
   */
  kinds?: string[];
  /** The only namespaces that it looks into. Default: all. */
  namespaces?: string[];
  /**
   * Labels of objects that become labels of `kube_<kind>_labels`, by kind; "*" is all of them. Default: model, owner and
   * team of pods and Deployments, and what nodes are sold as.
   */
  labels?: Record<string, string[]>;
  /** The same for annotations and `kube_<kind>_annotations`. Default: model, owner and team of pods. */
  annotations?: Record<string, string[]>;
  /** Regular expressions of metric names that are left out. Default: what nobody reads and every change renews. */
  metricDenylist?: string[];
  /** Time between two scrapes, as a Prometheus duration. Default: Prometheus' own. */
  interval?: string;
  /** Default: 50m and 128Mi requested, 512Mi at most, enough for some 10,000 pods. */
  resources?: Input<k8s.types.input.core.v1.ResourceRequirements>;
  /** Labels that a node must have. Default none. */
  nodeSelector?: Input<Record<string, Input<string>>>;
  /** Taints that the pods bear. Default none. */
  tolerations?: Input<Input<k8s.types.input.core.v1.Toleration>[]>;
  /** PriorityClass of the pods. Default: the cluster's. */
  priorityClassName?: Input<string>;
  /** Namespace of Prometheus, the only one that may read the metrics. Default: `namespace`. */
  monitoringNamespace?: Input<string>;
  /** Labels of the PodMonitor besides the component's own. */
  monitorLabels?: Input<Record<string, Input<string>>>;
}
