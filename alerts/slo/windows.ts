import type { Duration } from "../duration.ts";
import { Severity } from "../types.ts";

/** A pair of windows: the long one tells that the burn matters, the short one that it still goes on. */
export interface BurnWindow {
  readonly long: Duration;
  readonly longHours: number;
  readonly short: Duration;
  readonly severity: Severity;
  /** Share of the whole budget that burns in the long window before the alert fires. */
  readonly budgetShare: number;
}

/** Source: sre.google/workbook/alerting-on-slos, method 6. */
export const BURN_WINDOWS = [
  { long: "1h", longHours: 1, short: "5m", severity: Severity.Critical, budgetShare: 0.02 },
  { long: "6h", longHours: 6, short: "30m", severity: Severity.Critical, budgetShare: 0.05 },
  { long: "1d", longHours: 24, short: "2h", severity: Severity.Warning, budgetShare: 0.1 },
  { long: "3d", longHours: 72, short: "6h", severity: Severity.Warning, budgetShare: 0.1 },
] as const satisfies readonly BurnWindow[];

/** A burn window with its factor for one period. */
export interface BurnCondition extends BurnWindow {
  /** How many times faster than sustainable the budget burns: 1 uses up exactly the budget in the period. */
  readonly factor: number;
}

/** Rounds what floating point makes of decimal numbers: 0.009999999999999787 is 0.01. */
export function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

/**
 * The conditions that make sense for a period: factor = budget share × period / long window. In a short period a page
 * for a factor below 1 would be one for a burn that the budget can bear, so that condition is left out; a ticket is
 * raised to 1. Windows longer than the period are left out too.
 */
export function burnConditions(periodDays: number): BurnCondition[] {
  return BURN_WINDOWS.flatMap((window: BurnWindow): BurnCondition[] => {
    const periodHours = periodDays * 24;
    const factor = rounded((window.budgetShare * periodHours) / window.longHours);
    if (window.longHours > periodHours) return [];
    if (factor >= 1) return [{ ...window, factor }];
    return window.severity === Severity.Critical ? [] : [{ ...window, factor: 1 }];
  });
}

/** Share of failed events that the objective allows: 0.01 for 99 %. */
export function errorBudget(objectivePercent: number): number {
  return rounded(1 - objectivePercent / 100);
}

/** How fast the budget burns when every single event fails. */
export function greatestBurn(objectivePercent: number): number {
  return rounded(1 / errorBudget(objectivePercent));
}

/** A factor that even a total failure does not exceed, or undefined when each condition can fire. */
export function unreachableBurn(objectivePercent: number, periodDays: number): BurnCondition | undefined {
  return burnConditions(periodDays).find(({ factor }) => factor >= greatestBurn(objectivePercent));
}
