/** Objectives, what is left of their error budgets, and how fast these burn. */
import { burnConditions } from "../../alerts/slo/windows.ts";
import { by, max, sum } from "../../metrics/promql/index.ts";
import type { BoardDefinition, BoardTools, Section } from "../board.ts";
import { listedReplicas, modelVariables, toModel } from "./models.ts";
import {
  budgetColors,
  errorShare,
  errorsOver,
  eventsOver,
  objective,
  periodErrors,
  remainingBudget,
} from "./slo-series.ts";

const condition = "an objective (slos of a model)";
const level = by("model_name", "slo");
const legend = "{{model_name}} {{slo}}";

/** Objectives. */
export const sloBoard: BoardDefinition = {
  name: "slo",
  title: "vLLM / Objectives",
  description:
    "Service level objectives of the models: budget left, and how fast it burns in each window of the alerts.",
  variables: modelVariables,
  kind: "recorded",
  listed: listedReplicas,
  from: "now-24h",
  sections: (tools): Section[] => [
    { title: "Budget: what is left?", panels: budget(tools) },
    { title: "Burn: how fast does it go?", panels: burn(tools) },
    { title: "Events: what is counted?", panels: events(tools) },
  ],
};

function budget({ panels, choose }: BoardTools) {
  return [
    panels.bars({
      title: "Budget left",
      description: "Share of the period's error budget that is left. Below zero the objective is missed.",
      condition,
      max: 1,
      ...budgetColors,
      drill: toModel,
      queries: [{ expr: max(choose(remainingBudget), level), legend }],
    }),
    panels.lines({
      title: "Budget left over time",
      description: "Falls while bad events use the budget up, rises as old ones leave the period.",
      condition,
      max: 1,
      negative: true,
      ...budgetColors,
      drill: toModel,
      queries: [{ expr: max(choose(remainingBudget), level), legend }],
    }),
    panels.bars({
      title: "Objectives",
      description: "Share of good events that is asked for.",
      condition,
      max: 1,
      queries: [{ expr: max(choose(objective), level), legend }],
    }),
    panels.bars({
      title: "Bad events in the period",
      description: "Share of the period's events that were bad; compare with what the objective allows.",
      condition,
      queries: [{ expr: max(choose(periodErrors), level), legend }],
    }),
  ];
}

/** The factor at which the alert of a window fires, for the shortest and the longest period of the models. */
function limits(window: string, periods: readonly number[]) {
  const factors = periods.flatMap((days) =>
    burnConditions(days)
      .filter(({ long }) => long === window)
      .map(({ factor }) => factor),
  );
  return factors.length === 0 ? [] : [{ from: Math.min(...factors), color: "red" as const }];
}

function burn({ panels, choose, options }: BoardTools) {
  const periods = options.objectives.map(({ periodDays }) => periodDays);
  return ["1h", "6h", "1d", "3d"].map((window) =>
    panels.lines({
      title: `Burn rate over ${window}`,
      description: `How many times faster than sustainable the budget burns: 1 uses it up exactly in the period. The alert SloErrorBudgetBurn fires above the red line.`,
      condition,
      unit: "factor",
      thresholds: limits(window, periods),
      drill: toModel,
      queries: [{ expr: errorsOver(choose, window), legend }],
    }),
  );
}

function events({ panels, choose }: BoardTools) {
  const { events: all, errors } = eventsOver("5m");
  return [
    panels.lines({
      title: "Events",
      description: "Events of each objective per second: requests, or pauses between tokens.",
      condition,
      queries: [{ expr: sum(choose(all), level), legend }],
    }),
    panels.lines({
      title: "Bad events",
      description: "Events per second that miss the objective: failed, refused or too slow.",
      condition,
      queries: [{ expr: sum(choose(errors), level), legend }],
    }),
    panels.lines({
      title: "Share of bad events",
      description: "Bad events over all events of five minutes.",
      condition,
      queries: [{ expr: errorShare(choose, "5m"), legend }],
      unit: "ratio",
    }),
  ];
}
