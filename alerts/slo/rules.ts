import type { Duration } from "../duration.ts";
import { Board, type BoardLink } from "../boards.ts";
import { Severity, type AlertRule, type RecordingRule, type RuleGroup } from "../types.ts";
import { indicatorsOf, type Indicator, type SloModel } from "./indicators.ts";
import { objectiveProblems } from "./objectives.ts";
import { BURN_WINDOWS, burnConditions, errorBudget, rounded, type BurnCondition } from "./windows.ts";

/**
 * Bad events that the long window must hold before an alert fires: with little traffic a single one is a large share,
 * and wakes nobody. A total failure of five requests an hour still does.
 */
export const MINIMUM_BAD_EVENTS = 5;

/** Series of every objective, with the labels namespace, model_name and slo; rates are per second. */
export const sloSeries = {
  events: "slo:events:rate5m",
  errors: "slo:errors:rate5m",
  objective: "slo:objective:ratio",
  errorRatio: "slo:error_ratio:period",
  budgetRemaining: "slo:error_budget_remaining:ratio",
} as const;

const dashboard: BoardLink = { uid: Board.slo, variables: ["namespace", "model_name"] };

/** Windows that are read at every evaluation, sample by sample; the rest is read in steps of five minutes. */
const FINE = ["30m", "1h", "2h", "6h"] as const;
const COARSE = ["1d", "3d"] as const;
const STEP = "5m";

/**
 * Recording rules and alerts for the objectives of a model; none when it has none.
 *
 * @throws Error that names every objective which could not be measured or whose alert could never fire
 */
export function sloGroups(model: SloModel): RuleGroup[] {
  const problems = objectiveProblems(model.objectives, model.customBuckets).map(
    ({ path, value, expected, remedy }) =>
      `${model.modelName}: ${path.join(".")} is ${String(value)}, must be ${expected}; ${remedy}`,
  );
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return indicatorsOf(model).flatMap((indicator) => groupsOf(model, indicator));
}

function groupsOf(model: SloModel, indicator: Indicator): RuleGroup[] {
  const { periodDays } = model.objectives;
  const name = `slo-${indicator.slo}`;
  const labels = { slo: indicator.slo };
  const mean = (series: string, window: string): RecordingRule => ({
    record: overWindow(series, window),
    expr: `avg_over_time(${select(series, model, indicator)}[${window}])`,
  });
  const both = (window: string): RecordingRule[] => [
    mean(sloSeries.errors, window),
    mean(sloSeries.events, window),
  ];
  const conditions = burnConditions(periodDays);
  return [
    {
      name,
      recordings: [
        { record: sloSeries.events, expr: indicator.events, labels },
        { record: sloSeries.errors, expr: indicator.errors, labels },
        ...FINE.flatMap(both),
        objectiveSeries(model, indicator),
      ],
      alerts: [
        ...conditions
          .filter(({ long }) => !isCoarse(long))
          .map((condition) => burnAlert(model, indicator, condition)),
        // Ray exports no series before the first request; RayServeControllerAbsent tells when nothing measures there.
        ...(model.replicas > 0 && model.spelling !== "ray" ? [absentAlert(model, indicator)] : []),
      ],
    },
    {
      name: `${name}-slow`,
      interval: "1m",
      recordings: [
        ...COARSE.flatMap((window) => both(`${window}:${STEP}`)),
        ...budgetSeries(model, indicator),
      ],
      alerts: conditions
        .filter(({ long }) => isCoarse(long))
        .map((condition) => burnAlert(model, indicator, condition)),
    },
  ];
}

function isCoarse(window: string): boolean {
  return (COARSE as readonly string[]).includes(window);
}

/** slo:errors:rate5m over 1h is slo:errors:rate1h. */
function overWindow(series: string, window: string): string {
  return series.replace("rate5m", `rate${window.split(":")[0] ?? window}`);
}

function select(series: string, { namespace, modelName }: SloModel, { slo }: Indicator): string {
  return `${series}{namespace=${quoted(namespace)},model_name=${quoted(modelName)},slo=${quoted(slo)}}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function objectiveSeries({ namespace, modelName }: SloModel, indicator: Indicator): RecordingRule {
  return {
    record: sloSeries.objective,
    expr: `vector(${String(rounded(indicator.objectivePercent / 100))})`,
    labels: { namespace, model_name: modelName, slo: indicator.slo },
  };
}

/**
 * Of the whole period: the rates of all its five minutes stand for their increases, so both sides are sums of events, and
 * an hour with much traffic counts for more than one with little.
 */
function budgetSeries(model: SloModel, indicator: Indicator): RecordingRule[] {
  const window = `[${String(model.objectives.periodDays)}d:${STEP}]`;
  const mean = (series: string) => `avg_over_time(${select(series, model, indicator)}${window})`;
  return [
    { record: sloSeries.errorRatio, expr: `${mean(sloSeries.errors)} / ${mean(sloSeries.events)}` },
    {
      record: sloSeries.budgetRemaining,
      expr: `1 - ${select(sloSeries.errorRatio, model, indicator)} / ${String(errorBudget(indicator.objectivePercent))}`,
    },
  ];
}

/**
 * Bad events in the long window. Counted in steps, not mean times length: where the series has just begun, the mean would
 * stand for hours that nobody measured, and make many of one.
 */
function badEvents(model: SloModel, indicator: Indicator, { long }: BurnCondition): string {
  const [step, seconds] = isCoarse(long) ? [STEP, 300] : ["1m", 60];
  return `${String(seconds)} * sum_over_time(${select(sloSeries.errors, model, indicator)}[${long}:${step}])`;
}

function burnAlert(model: SloModel, indicator: Indicator, condition: BurnCondition): AlertRule {
  const { long, short, factor, severity } = condition;
  const { modelName, team, owner } = model;
  const limit = String(rounded(factor * errorBudget(indicator.objectivePercent)));
  const side = (series: string, window: string) => select(overWindow(series, window), model, indicator);
  const ratio = (window: string) => `${side(sloSeries.errors, window)} / ${side(sloSeries.events, window)}`;
  const objective = `${String(indicator.objectivePercent)} % over ${String(model.objectives.periodDays)} days`;
  const bad = `{{ $value | humanizePercentage }}`;
  return {
    alert: "SloErrorBudgetBurn",
    expr:
      `${ratio(long)} > ${limit}\nand ${ratio(short)} > ${limit}\n` +
      `and ${badEvents(model, indicator, condition)} >= ${String(MINIMUM_BAD_EVENTS)}`,
    severity,
    labels: { component: "slo", team, owner, burn_window: long },
    dashboard,
    annotations: {
      summary: `${modelName} burns its error budget of ${indicator.title}: ${bad} of the events of ${long} were bad.`,
      description:
        `The objective is ${objective}. At this pace, over ${String(factor)} times the sustainable one, both over ${long} and over ` +
        `the last ${short}, the budget of the period will not last.`,
    },
  };
}

function absentAlert(model: SloModel, indicator: Indicator): AlertRule {
  const { modelName, team, owner } = model;
  return {
    alert: "SloSignalAbsent",
    expr: `absent(${select(sloSeries.events, model, indicator)})`,
    for: minutes(15 + Math.ceil(model.loadSeconds / 60)),
    severity: Severity.Warning,
    labels: { component: "slo", team, owner },
    dashboard,
    annotations: {
      summary: `Nothing measures the ${indicator.title} of ${modelName}.`,
      description:
        "No replica of the model exposes the series of this objective, so its alerts can't fire, whatever users see.",
    },
  };
}

function minutes(count: number): Duration {
  return `${count}m`;
}

/** Windows over which {@link sloSeries} `events` and `errors` are recorded; `rate5m` in the name becomes `rate1h` and so on. */
export const recordedWindows: readonly string[] = [BURN_WINDOWS[0].short, ...FINE, ...COARSE];
