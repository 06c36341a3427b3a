import type { Catalogue, MetricFamily } from "../family.ts";
import { connectors } from "./connectors.ts";
import { counters } from "./counters.ts";
import { gauges } from "./gauges.ts";
import { histograms } from "./histograms.ts";
import { http } from "./http.ts";
import { offloading } from "./offloading.ts";
import { processFamilies } from "./process.ts";
import { removed } from "./removed.ts";
import { speculative } from "./speculative.ts";
import { tiering } from "./tiering.ts";
import { transfer } from "./transfer.ts";

export { conditions, type Condition } from "./conditions.ts";
export { buckets, ownBuckets } from "./buckets.ts";
export * as labels from "./labels.ts";

/** The version whose real exposition the catalogue is tested against. */
export const measuredVersion = "0.32.0";

/** Every family that a current vLLM may expose; `condition` tells when. */
export const vllm = {
  ...gauges,
  ...counters,
  ...histograms,
  ...http,
  ...processFamilies,
  ...speculative,
  ...transfer,
  ...offloading,
  ...tiering,
  ...connectors,
} as const satisfies Catalogue;

/** Families of older versions that are gone, with what replaced them in `caveat`. */
export const vllmRemoved = removed satisfies Record<string, MetricFamily>;

/** Key of a family in {@link vllm}. */
export type VllmMetric = keyof typeof vllm;
