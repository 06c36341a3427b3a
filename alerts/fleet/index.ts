/** Alerts on what the configuration says that there is: replicas that should run, and start in time. */
import { Board } from "../boards.ts";
import { startSeconds } from "../vllm/start.ts";
import { Severity, type AlertRule, type RuleGroup } from "../types.ts";

/** A model as it should run. */
export interface FleetModel {
  namespace: string;
  /** Served name: the label `model` of the replicas' `up`. */
  modelName: string;
  team: string;
  owner: string;
  replicas: number;
  loadSeconds: number;
}

/**
 * Replicas that are missing, seen from what Prometheus scrapes: a pod that does not exist, is not scheduled or still
 * loads its weights has no `up` of 1. None for a model without replicas.
 */
export function replicaGroups(model: FleetModel): RuleGroup[] {
  const { replicas } = model;
  if (replicas === 0) return [];
  const alerts = [
    modelDown(model),
    ...(replicas > 1 ? [replicasMissing(model)] : []),
    ...(model.loadSeconds > 0 ? [coldStartSlow(model)] : []),
  ];
  return [{ name: "replicas", alerts }];
}

/** `up` of the model's replicas that answer. */
function ready({ namespace, modelName }: FleetModel): string {
  return `up{namespace=${JSON.stringify(namespace)},model=${JSON.stringify(modelName)}} == 1`;
}

function labelsOf({ namespace, modelName, team, owner }: FleetModel): Record<string, string> {
  return { component: "engine", namespace, model_name: modelName, team, owner };
}

function modelDown(model: FleetModel): AlertRule {
  return {
    alert: "ModelDown",
    expr: `absent(${ready(model)})`,
    for: `${5 + Math.ceil(model.loadSeconds / 60)}m`,
    severity: Severity.Critical,
    labels: labelsOf(model),
    // Labels that the rule adds are not there for templates.
    dashboard: { uid: Board.model },
    annotations: {
      summary: `No replica of ${model.modelName} is up, of ${String(model.replicas)} that should be.`,
      description: "Every request for the model fails. The time that a start may take has passed.",
    },
  };
}

function replicasMissing(model: FleetModel): AlertRule {
  return {
    alert: "ModelReplicasMissing",
    expr: `count by (namespace, model) (${ready(model)}) < ${String(model.replicas)}`,
    for: `${10 + Math.ceil(model.loadSeconds / 60)}m`,
    severity: Severity.Warning,
    labels: labelsOf(model),
    dashboard: { uid: Board.model, variables: ["namespace"] },
    annotations: {
      summary: `{{ $value }} of ${String(model.replicas)} replicas of ${model.modelName} are up.`,
      description:
        "The others carry the load. The time that a start may take has passed: pods don't exist, find no node, or fail to start.",
    },
  };
}

/** How many times as long as it may a start takes before somebody should know. */
export const SLOW_START = 2;

function coldStartSlow(model: FleetModel): AlertRule {
  const { namespace, modelName, loadSeconds } = model;
  const own = `{namespace=${JSON.stringify(namespace)},model=${JSON.stringify(modelName)}}`;
  return {
    alert: "ModelColdStartSlow",
    // The age at the first scrape: later ones of the same start are greater, and must not be left alone in the window.
    expr:
      `min_over_time(${startSeconds.record}${own}[15m]) > ${String(SLOW_START * loadSeconds)}\n` +
      `unless ${startSeconds.record}${own} offset 15m`,
    severity: Severity.Warning,
    labels: labelsOf(model),
    dashboard: { uid: Board.model, variables: ["namespace", "pod"] },
    annotations: {
      summary: `{{ $labels.pod }} of ${modelName} took {{ $value | humanizeDuration }} to start.`,
      description: `A start may take ${String(loadSeconds)} s. Slow starts make autoscaling late and outages long.`,
    },
  };
}
