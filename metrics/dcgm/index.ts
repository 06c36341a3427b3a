import type { Catalogue } from "../family.ts";
import { defineSeries } from "../promql/series.ts";
import { nodeTargetLabels } from "../targets.ts";
import { device } from "./device.ts";
import { health } from "./health.ts";
import { optional } from "./optional.ts";

export { gpuLabels } from "./labels.ts";

/** What must hold for a conditional family to be exposed. A family without condition is in every list of fields. */
export const dcgmConditions = {
  "project-list":
    "the exporter runs with the project's counters file (components/dcgm); its own lists lack the field",
  profiling: "the project's counters file with profiling, Volta or newer, SYS_ADMIN",
  "no-chart-list": "any list but the one that the exporter's Helm chart mounts over the image's",
  "exporter-list": "the exporter runs with its own list; the project's file leaves the field out",
  "custom-list": "a counters file of your own that names the field",
} as const;

/**
 * Families of NVIDIA's dcgm-exporter: its default list (26 entries, one of them a label) and what the project's counters file or
 * another may add. Versions are those of the exporter, the first part of its tag (4.5.3 of 4.5.3-4.8.2).
 */
export const dcgm = { ...device, ...health, ...optional } as const satisfies Catalogue;

/**
 * Series of the GPUs as the project's monitor leaves them: the workload's `pod`, `namespace` and `container` under their plain
 * names, absent on an idle GPU, never the exporter's; `node` for the host, whose label's spelling changes with the exporter.
 */
export const gpu = defineSeries(
  {
    product: "dcgm-exporter",
    targetLabels: nodeTargetLabels,
    droppedLabels: ["Hostname", "hostname"],
    nameOf: ({ name }) => name,
  },
  dcgm,
);
