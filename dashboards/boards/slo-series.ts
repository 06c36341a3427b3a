/** Series of the objectives, which alerts/slo records, as the dashboards query them. */
import { sloSeries } from "../../alerts/slo/rules.ts";
import { by, declared, div, gt, max, sub, sum, withUnit, type Vector } from "../../metrics/promql/index.ts";
import type { Choose } from "../choice.ts";

const labels = ["namespace", "model_name", "slo"] as const;

/** Share of good events that is asked for. */
export const objective = declared({
  record: sloSeries.objective,
  quantity: "intensive",
  labels,
  unit: "ratio",
});

/** Share of the budget that is left in the period. */
export const remainingBudget = declared({
  record: sloSeries.budgetRemaining,
  quantity: "intensive",
  labels,
  unit: "ratio",
});

/** Share of bad events in the period. */
export const periodErrors = declared({
  record: sloSeries.errorRatio,
  quantity: "intensive",
  labels,
  unit: "ratio",
});

/** Events per second, and the bad ones among them, over a window that alerts/slo records. */
export function eventsOver(window: string) {
  const declare = (series: string) =>
    declared({
      record: series.replace("rate5m", `rate${window}`),
      quantity: "rate",
      labels,
      unit: "events/s",
    });
  return { events: declare(sloSeries.events), errors: declare(sloSeries.errors) };
}

/** A budget that is nearly used up is red, one that is half used up yellow. */
export const budgetColors = {
  base: "red",
  thresholds: [
    { from: 0.25, color: "yellow" },
    { from: 0.5, color: "green" },
  ],
} as const;

type SloVector = Vector<"quotient", "model_name" | "slo">;

/** Share of bad events over a window. */
export function errorShare(choose: Choose, window: string): SloVector {
  const { events, errors } = eventsOver(window);
  const level = by("model_name", "slo");
  return div(sum(choose(errors), level), gt(sum(choose(events), level), 0));
}

/** How fast the budget burns: the share of bad events over the share that is allowed. */
export function errorsOver(choose: Choose, window: string): SloVector {
  const allowed = sub(1, max(choose(objective), by("model_name", "slo")));
  return withUnit(
    div(errorShare(choose, window) as never, allowed as never),
    "factor",
  ) as unknown as SloVector;
}
