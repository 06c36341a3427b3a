/** Alerting and recording rules: which are new, gone or different, and in what. */

import { ruleDocuments } from "../model/documents.ts";
import {
  at,
  canonical,
  compareText,
  entriesOf,
  equal,
  listOf,
  objectOf,
  textOf,
  type Json,
  type JsonObject,
  scalarOf,
} from "../model/json.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { expressionChange, type ExpressionChange } from "./promql.ts";

export interface Rule {
  kind: "alert" | "record";
  name: string;
  /** Object that holds it. */
  object: string;
  group: string;
  /** Evaluation interval of the group; empty for Prometheus' own. */
  interval: string;
  expression: string;
  /** How long it must hold; empty for no time. */
  for: string;
  keepFiringFor: string;
  severity: string;
  labels: JsonObject;
  annotations: JsonObject;
}

export interface RuleDifference {
  /** `expression`, `for`, `severity`, `label team`, `annotation summary`, `group`, `interval`. */
  what: string;
  before: string;
  after: string;
  /** How the expression differs. */
  expression?: ExpressionChange;
}

export type RuleChange =
  | { kind: "added"; rule: Rule }
  | { kind: "removed"; rule: Rule }
  | { kind: "changed"; rule: Rule; before: Rule; differences: RuleDifference[] };

/** Every rule of an environment. */
export function rulesOf(snapshot: Snapshot): Rule[] {
  return ruleDocuments(snapshot).flatMap(({ resource, groups }) =>
    groups.flatMap((group) =>
      listOf(at(group, "rules")).map((rule) =>
        ruleOf(rule, textOf(at(resource.inputs, "metadata", "name")) || resource.name, group),
      ),
    ),
  );
}

function ruleOf(rule: Json, object: string, group: Json): Rule {
  const alert = textOf(at(rule, "alert"));
  const { severity, ...labels } = objectOf(at(rule, "labels"));
  return {
    kind: alert === "" ? "record" : "alert",
    name: alert || textOf(at(rule, "record")),
    object,
    group: textOf(at(group, "name")),
    interval: textOf(at(group, "interval")),
    expression: scalarOf(at(rule, "expr")),
    for: textOf(at(rule, "for")),
    keepFiringFor: textOf(at(rule, "keep_firing_for")),
    severity: textOf(severity),
    labels,
    annotations: objectOf(at(rule, "annotations")),
  };
}

export interface PairedRules {
  pairs: [before: Rule, after: Rule][];
  removed: Rule[];
  added: Rule[];
}

/** Which rule is which: by name; rules of one name by severity, labels and group, as far as these agree. */
export function pairRules(before: readonly Rule[], after: readonly Rule[]): PairedRules {
  // From the whole identity to the name alone, so that a rule that changes one part of it is still the same rule.
  const identities: ((rule: Rule) => Json)[] = [
    (rule) => [rule.object, rule.group, rule.severity, rule.labels, rule.expression],
    (rule) => [rule.object, rule.group, rule.severity, rule.labels],
    (rule) => [rule.object, rule.group, rule.severity],
    (rule) => [rule.severity],
    () => null,
  ];
  const pairs: [Rule, Rule][] = [];
  let [removed, added] = [[...before], [...after]];
  for (const identity of identities) {
    const free = new Map<string, Rule[]>();
    const key = (rule: Rule) => `${rule.kind} ${rule.name} ${canonical(identity(rule))}`;
    for (const rule of removed) free.set(key(rule), [...(free.get(key(rule)) ?? []), rule]);
    added = added.filter((rule) => {
      const old = free.get(key(rule))?.shift();
      if (old !== undefined) pairs.push([old, rule]);
      return old === undefined;
    });
    removed = [...free.values()].flat();
  }
  return { pairs, removed, added };
}

/** What is different, in the order of names. */
export function diffRules(base: Snapshot, head: Snapshot): RuleChange[] {
  const { pairs, removed, added } = pairRules(rulesOf(base), rulesOf(head));
  const changed = pairs.flatMap(([old, rule]): RuleChange[] => {
    const differences = differencesOf(old, rule);
    return differences.length === 0 ? [] : [{ kind: "changed", rule, before: old, differences }];
  });
  const changes: RuleChange[] = [
    ...removed.map((rule): RuleChange => ({ kind: "removed", rule })),
    ...added.map((rule): RuleChange => ({ kind: "added", rule })),
    ...changed,
  ];
  const order = ({ rule, kind }: RuleChange) =>
    `${rule.kind} ${rule.name} ${rule.severity} ${kind} ${rule.group}`;
  return changes.sort((a, b) => compareText(order(a), order(b)));
}

function differencesOf(before: Rule, after: Rule): RuleDifference[] {
  const differences: RuleDifference[] = [];
  const expression = expressionChange(before.expression, after.expression);
  if (expression !== undefined)
    differences.push({ what: "expression", before: before.expression, after: after.expression, expression });
  const fields: [string, keyof Rule][] = [
    ["for", "for"],
    ["keep firing for", "keepFiringFor"],
    ["severity", "severity"],
    ["group", "group"],
    ["object", "object"],
    ["evaluation interval", "interval"],
  ];
  for (const [what, field] of fields)
    if (before[field] !== after[field])
      differences.push({ what, before: before[field] as string, after: after[field] as string });
  differences.push(
    ...diffTexts("label", before.labels, after.labels),
    ...diffTexts("annotation", before.annotations, after.annotations),
  );
  return differences;
}

function diffTexts(what: string, before: JsonObject, after: JsonObject): RuleDifference[] {
  const keys = new Map([...entriesOf(before), ...entriesOf(after)]);
  return [...keys.keys()]
    .sort(compareText)
    .filter((key) => !equal(before[key], after[key]))
    .map((key) => ({ what: `${what} ${key}`, before: textOf(before[key]), after: textOf(after[key]) }));
}
