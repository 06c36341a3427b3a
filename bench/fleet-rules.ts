/** The rules of production, for a fleet of any size. */
import * as path from "node:path";
import { stringify } from "yaml";

import { ruleGroups } from "../alerts/index.ts";
import { repositoryRoot } from "../local/toolchain/tools.ts";
import { parseConfiguration } from "../stacks/config/parse.ts";
import type { Settings } from "../stacks/config/settings.ts";
import { configurationOfFile } from "../stacks/config/sources.ts";
import { alertRulesArgs, modelAlertRulesArgs } from "../stacks/mapping/alerting.ts";
import { RUNBOOKS } from "../test/support/promtool.ts";
import { modelName, type FleetSize } from "./fleet-data.ts";

/** Production, with the models of the bench in place of its own. */
export function settingsOf({ replicas, models }: FleetSize): Settings {
  const source = path.join(repositoryRoot, "stacks", "Pulumi.prod.yaml");
  const { settings } = parseConfiguration(configurationOfFile(source), source, { requireSecrets: false });
  const [first] = settings.fleet.models;
  if (first === undefined) throw new Error("production has no model");
  const fleet = Array.from({ length: models }, (_, index) => ({
    ...first,
    name: `model-${String(index)}`,
    servedModelName: modelName(index),
    replicas: replicas / models,
  }));
  return { ...settings, fleet: { ...settings.fleet, namespace: "vllm", models: fleet } };
}

/** Rules of a fleet. */
export interface Rules {
  readonly text: string;
  /** Expressions of recorded series, by their names. */
  readonly recorded: ReadonlyMap<string, string>;
}

/** All rules of an environment, as a file. */
export function rulesOf(settings: Settings): Rules {
  const args = [
    alertRulesArgs(settings),
    ...settings.fleet.models.flatMap((model) => modelAlertRulesArgs(model, settings) ?? []),
  ];
  const sets = args.flatMap(({ ruleSets }) => ruleSets);
  const groups = sets.flatMap((set, index) =>
    ruleGroups(set.groups, RUNBOOKS).map((group) => ({
      ...group,
      name: `${String(index)}-${set.name}-${group.name}`,
    })),
  );
  const recordings = sets.flatMap((set) => set.groups).flatMap((group) => group.recordings ?? []);
  const recorded = new Map(recordings.map(({ record, expr }) => [record, expr]));
  return { text: stringify({ groups }), recorded };
}
