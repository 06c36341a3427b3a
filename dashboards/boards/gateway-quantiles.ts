/** Quantiles of what the gateway measures. */
import { by, histogramQuantile, rate, sum, type HistogramSeries } from "../../metrics/promql/index.ts";
import type { HistogramFamily } from "../../metrics/family.ts";
import type { BoardTools } from "../board.ts";
import { chosenParts } from "../choice.ts";
import type { Query } from "../panels.ts";
import { percentile } from "./models.ts";

const WINDOW = "$__rate_interval";

/** p50, p95 and p99 of all chosen ones together. */
export function quantilesOf<F extends HistogramFamily, T extends string, E extends string>(
  { choose }: BoardTools,
  series: HistogramSeries<F, T, E>,
): Query[] {
  const { bucket } = chosenParts(choose, series);
  return [0.5, 0.95, 0.99].map((rank) => ({
    expr: histogramQuantile(rank, sum(rate(bucket as never, WINDOW) as never, by("le") as never) as never),
    legend: percentile(rank),
  }));
}
