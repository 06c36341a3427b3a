/** Queries on the series recorded per model and per replica, which several dashboards share. */
import { byReplica, latencyByModel } from "../../alerts/vllm/recording.ts";
import {
  by,
  div,
  gt,
  histogramQuantile,
  sum,
  type RecordedSeries,
  type Vector,
} from "../../metrics/promql/index.ts";
import type { Selector } from "../../metrics/promql/selector.ts";
import type { Choose } from "../choice.ts";
import type { DrillDown } from "../links.ts";
import type { Query } from "../panels.ts";
import type { DashboardVariable } from "../uids.ts";
import type { ListedSeries } from "../variables.ts";

/** Variables of a dashboard that shows models. */
export const modelVariables: readonly DashboardVariable[] = ["cluster", "namespace", "model_name"];

/** Variables of a dashboard that shows replicas too. */
export const replicaVariables: readonly DashboardVariable[] = [...modelVariables, "pod", "node"];

/** Fills the lists: recorded for every replica from its start, before the first request. */
export const listedReplicas: ListedSeries = {
  name: byReplica.running.record,
  labels: byReplica.running.labels,
};

/** Everything about one model. */
export const toModel: DrillDown = { to: "model", labels: ["model_name"], title: "Open the model" };

/** A distribution recorded per model. */
export type Distribution = (typeof latencyByModel)[keyof typeof latencyByModel];

/** Buckets of all chosen models together: a heatmap. */
export function bucketsOf(choose: Choose, series: Distribution): Vector<"bucketRate", "le"> {
  return sum(choose(series), by("le"));
}

/** A quantile over all requests of the chosen models. */
export function quantileOfAll(
  choose: Choose,
  share: number,
  series: Distribution,
): Vector<"quantile", never> {
  return histogramQuantile(share, bucketsOf(choose, series));
}

/** A quantile over all requests of each model. */
export function quantileByModel(
  choose: Choose,
  share: number,
  series: Distribution,
): Vector<"quantile", "model_name"> {
  return histogramQuantile(share, sum(choose(series), by("le", "model_name")));
}

/** Lines of several quantiles, `p50`, `p95`, …, of all chosen models together. */
export function quantiles(choose: Choose, series: Distribution, shares: readonly number[]): Query[] {
  return shares.map((share) => ({
    expr: quantileOfAll(choose, share, series),
    legend: percentile(share),
  }));
}

/** How people call a quantile. */
export function percentile(share: number): string {
  return `p${String(Number((share * 100).toPrecision(6)))}`;
}

/** One recorded rate or count, added up per model. */
export function perModel<Q extends "gauge" | "rate", L extends string>(
  choose: Choose,
  series: RecordedSeries<Q, L | "model_name">,
): Vector<Q, "model_name"> {
  return sum(
    choose(series as unknown as Selector<"gauge", "model_name", never>),
    by("model_name"),
  ) as unknown as Vector<Q, "model_name">;
}

/** One recorded rate or count, added up over everything that is chosen. */
export function inTotal<Q extends "gauge" | "rate", L extends string>(
  choose: Choose,
  series: RecordedSeries<Q, L>,
): Vector<Q, never> {
  const selected = choose(series as unknown as Selector<"gauge", never, never>);
  return sum(selected) as unknown as Vector<Q, never>;
}

/** Share of one rate in another, nothing where the other stands still. */
export function share<L extends string>(
  part: Vector<"rate", L>,
  whole: Vector<"rate", L>,
): Vector<"quotient", L> {
  return div(part, gt(whole, 0) as never);
}
