/** Indicators: how many events a model had and how many of them were bad, apart, so that they add up over time. */
import { engine } from "../../metrics/engine/index.ts";
import {
  add,
  by,
  clampMin,
  orZeroFor,
  print,
  rate,
  sub,
  sum,
  type EngineSpelling,
  type Vector,
} from "../../metrics/promql/index.ts";
import {
  latencies,
  latencyKinds,
  type CustomBuckets,
  type LatencyKind,
  type Objectives,
} from "./objectives.ts";

/** Whose objectives they are. */
export interface SloModel {
  namespace: string;
  /** Served name: the label model_name. */
  modelName: string;
  team: string;
  owner: string;
  objectives: Objectives;
  /** Without any, that nothing measures the objectives is no news. */
  replicas: number;
  /** How long a start may take. */
  loadSeconds: number;
  customBuckets?: CustomBuckets;
  /** How its engine spells its metrics. Default: as vLLM does. */
  spelling?: EngineSpelling;
}

/** One objective with the two sides of its indicator as PromQL. */
export interface Indicator {
  /** Value of the label `slo`. */
  slo: string;
  /** How people call it. */
  title: string;
  objectivePercent: number;
  /** Events per second. */
  events: string;
  /** Bad events per second. */
  errors: string;
}

type Level = "namespace" | "model_name";
const level = by("namespace", "model_name");

/** Indicators of a model, in the order of the configuration's fields. */
export function indicatorsOf(model: SloModel): Indicator[] {
  const { objectives } = model;
  const { availability } = objectives;
  return [
    ...(availability === undefined ? [] : [availabilityIndicator(model, availability.objectivePercent)]),
    ...latencyKinds.flatMap((kind) => {
      const objective = objectives[kind];
      if (objective === undefined) return [];
      return [latencyIndicator(model, kind, objective.thresholdSeconds, objective.objectivePercent)];
    }),
  ];
}

/**
 * Bad: requests that ended with `error`, and those that were refused because the queue was full. Aborts are no errors
 * of the engine: the Rust front end counts clients that hung up there, the Python one orderly stops.
 */
function availabilityIndicator(model: SloModel, objectivePercent: number): Indicator {
  const own = ownLabels(model);
  const finished = sum(rate(engine.requestSuccess.where(own), "5m"), level);
  const failed = sum(rate(engine.requestSuccess.where({ ...own, finished_reason: "error" }), "5m"), level);
  const rejected = orZeroFor(sum(rate(engine.admissionRejections.where(own), "5m"), level), finished);
  const sides = { events: add(finished, rejected), errors: add(orZeroFor(failed, finished), rejected) };
  return indicator(model, { slo: "availability", title: "availability", objectivePercent }, sides);
}

function latencyIndicator(
  model: SloModel,
  kind: LatencyKind,
  thresholdSeconds: number,
  objectivePercent: number,
): Indicator {
  const { slo, title, series } = latencies[kind];
  const own = ownLabels(model);
  const events = sum(rate(series.count.where(own), "5m"), level);
  const good = sum(rate(series.atMostConfigured(thresholdSeconds).where(own), "5m"), level);
  // Extrapolation may differ a little between the two where a series begins.
  const errors = clampMin(sub(events, good), 0);
  return indicator(model, { slo, title, objectivePercent }, { events, errors });
}

function ownLabels({ namespace, modelName }: SloModel) {
  return { namespace, model_name: modelName };
}

function indicator(
  { customBuckets = {}, spelling = "vllm" }: SloModel,
  objective: Pick<Indicator, "slo" | "title" | "objectivePercent">,
  sides: { events: Vector<"rate", Level>; errors: Vector<"rate", Level> },
): Indicator {
  const context = { buckets: customBuckets, engine: spelling };
  return {
    ...objective,
    events: print(sides.events, context),
    errors: print(sides.errors, context),
  };
}
