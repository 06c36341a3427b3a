/** What the panels on engines share: their series as they are scraped, per model. */
import { engine } from "../../metrics/engine/index.ts";
import { by, histogramQuantile, not, rate, sum } from "../../metrics/promql/index.ts";
import type { Choose } from "../choice.ts";

/** Window of rates: what Grafana finds right for the step and the scrape interval. */
export const WINDOW = "$__rate_interval";
/** Narrows to series of a model: some families have others besides. */
export const own = { model_name: not("") } as const;
export const perName = by("model_name");

/** Histograms of which a panel shows one quantile. */
export type EngineDistribution =
  | "kvBlockLifetime"
  | "kvBlockIdleBeforeEvict"
  | "kvBlockReuseGap"
  | "kvOffloadLookupSyncDelay"
  | "kvOffloadLookupAsyncDelay"
  | "nixlBytesTransferred"
  | "nixlNumDescriptors"
  | "nixlPostTime"
  | "nixlXferTime";

/** A quantile of each model. */
export const quantileByName = (choose: Choose, rank: number, family: EngineDistribution) =>
  histogramQuantile(
    rank,
    sum(rate(choose(engine[family].bucket.where(own)), WINDOW), by("le", "model_name")),
  );
