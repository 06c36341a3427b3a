/** Arguments of a `DcgmExporter`. */
import type * as pulumi from "@pulumi/pulumi";
import type { GpuDaemonResourcesArgs, GpuPlacementArgs } from "../gpu/daemon-set-args.ts";

/** Type of a metric in the counters file. */
export const DcgmCounterKind = { Gauge: "gauge", Counter: "counter", Label: "label" } as const;
export type DcgmCounterKind = (typeof DcgmCounterKind)[keyof typeof DcgmCounterKind];

/** A metric besides the component's own. */
export interface DcgmCounterArgs {
  /** DCGM field, such as DCGM_FI_DEV_FAN_SPEED. A name that DCGM doesn't know keeps the exporter from starting. */
  name: string;
  kind: DcgmCounterKind;
  /** Help text without commas. */
  help: string;
}

/** Arguments of a `DcgmExporter`. */
export interface DcgmExporterArgs {
  /** Namespace, which must admit host paths and SYS_ADMIN. Default: an own one, `gpu-monitoring`. */
  namespace?: pulumi.Input<string>;
  /** Image, with digest if it is to be pinned. Default nvcr.io/nvidia/k8s/dcgm-exporter:4.5.3-4.8.2-distroless. */
  image?: pulumi.Input<string>;
  /** Names of Secrets with registry credentials. */
  imagePullSecrets?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Time between two samples, as a Prometheus duration: of DCGM and of the scrape, so that no sample is seen twice.
   * Default "15s".
   */
  interval?: string;
  /** Timeout of a scrape. Default: 10 s, or a shorter `interval`. */
  scrapeTimeout?: string;
  /**
   * Collect the profiling counters (DCGM_FI_PROF_*). They need the capability SYS_ADMIN; on Bottlerocket the exporter sees no
   * GPU without it. Only one program at a time can profile a GPU. Default true.
   */
  profiling?: boolean;
  /** Metrics besides the component's own. */
  extraCounters?: DcgmCounterArgs[];
  /** Sliding window of the XID and clock event counts, as a Prometheus duration. Default "5m". */
  eventWindow?: string;
  /**
   * Regular expressions of pod labels to put on the metrics. Default: none; with some the exporter may list all pods of
   * the cluster.
   */
  podLabels?: string[];
  placement?: GpuPlacementArgs;
  resources?: GpuDaemonResourcesArgs;
  /** Nodes that are updated at a time, a number or percentage. Default "10%". */
  maxUnavailable?: pulumi.Input<string>;
  /** Namespace of Prometheus, the only one that may read the metrics. Default monitoring. */
  monitoringNamespace?: pulumi.Input<string>;
  /** Labels of the PodMonitor besides the component's own. */
  monitorLabels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
