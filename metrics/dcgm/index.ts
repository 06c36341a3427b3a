import { defineSeries } from "../promql/series.ts";
import { nodeTargetLabels } from "../targets.ts";
import type { Catalogue } from "../family.ts";
import { device } from "./device.ts";
import { health } from "./health.ts";
import { optional } from "./optional.ts";

export { gpuLabels } from "./labels.ts";

/** What must hold for a conditional family to be exposed. */
export const dcgmConditions = {
  optional: "the exporter runs with the project's counters file, or another that lists the field",
  "image-list": "the exporter reads the list of its image, not the one that the Helm chart mounts over it",
} as const;

/**
 * Families of NVIDIA's dcgm-exporter: its default list (26 entries, one of them a label) and what we switch on. The versions
 * are those of the exporter, the first part of its tag (4.5.3 of 4.5.3-4.8.2).
 *
 * The exporter's monitor lets the workload's `pod`, `namespace` and `container` through under their plain names, sets none of
 * its own, and adds `node`: so an idle GPU has no pod, and never the exporter's.
 */
export const dcgm = { ...device, ...health, ...optional } as const satisfies Catalogue;

/** Series of the GPUs. */
export const gpu = defineSeries(
  { product: "dcgm-exporter", targetLabels: nodeTargetLabels, nameOf: ({ name }) => name },
  dcgm,
);
