import type { MetricFamily } from "../family.ts";
import { gpuLabels, gpuLabelVersions } from "./labels.ts";

const since = "4.3.1";

/** Faults of a GPU: XID codes and remapped rows. */
export const health = {
  xidErrors: {
    name: "DCGM_FI_DEV_XID_ERRORS",
    type: "gauge",
    help: "Value of the last XID error encountered.",
    unit: "code",
    labels: [...gpuLabels, "err_code", "err_msg"],
    labelVersions: gpuLabelVersions,
    since,
    caveat:
      "The last code, until the exporter restarts, and a new series per code: alert on a change or on XID_ERRORS_COUNT, never on > 0.",
    source: "dcgm-exporter etc/default-counters.csv",
  },
  uncorrectableRemappedRows: {
    name: "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
    type: "counter",
    help: "Number of remapped rows for uncorrectable errors",
    unit: "rows",
    labels: gpuLabels,
    labelVersions: gpuLabelVersions,
    since,
    source: "dcgm-exporter etc/default-counters.csv",
  },
  correctableRemappedRows: {
    name: "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS",
    type: "counter",
    help: "Number of remapped rows for correctable errors",
    unit: "rows",
    labels: gpuLabels,
    labelVersions: gpuLabelVersions,
    since,
    source: "dcgm-exporter etc/default-counters.csv",
  },
  rowRemapFailure: {
    name: "DCGM_FI_DEV_ROW_REMAP_FAILURE",
    type: "gauge",
    help: "Whether remapping of rows has failed",
    unit: "boolean",
    labels: gpuLabels,
    labelVersions: gpuLabelVersions,
    since,
    source: "dcgm-exporter etc/default-counters.csv",
  },
  rowRemapPending: {
    name: "DCGM_FI_DEV_ROW_REMAP_PENDING",
    type: "gauge",
    help: "Whether a remapping waits for a reset.",
    unit: "boolean",
    labels: gpuLabels,
    labelVersions: gpuLabelVersions,
    since,
    condition: "project-list",
    source: "dcgm-exporter etc/default-counters.csv",
  },
} as const satisfies Record<string, MetricFamily>;
