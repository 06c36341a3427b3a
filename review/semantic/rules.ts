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
  /** How far back the group looks, and how many alerts or series a rule of it may have; empty for Prometheus' own. */
  queryOffset: string;
  limit: string;
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

/** A rule that is new, gone or different; `place` tells it from others of its name, `model_name=a, slo=b`. */
export type RuleChange = { rule: Rule; place: string } & (
  | { kind: "added" }
  | { kind: "removed"; /** Others of the name stay. */ hasTwins: boolean }
  | { kind: "changed"; before: Rule; differences: RuleDifference[] }
);

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
  // Labels of a group are on all of its rules.
  const { severity, ...labels } = { ...objectOf(at(group, "labels")), ...objectOf(at(rule, "labels")) };
  return {
    kind: alert === "" ? "record" : "alert",
    name: alert || textOf(at(rule, "record")),
    object,
    group: textOf(at(group, "name")),
    interval: textOf(at(group, "interval")),
    queryOffset: textOf(at(group, "query_offset")),
    limit: scalarOf(at(group, "limit")),
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
  const [before, after] = [rulesOf(base), rulesOf(head)];
  const { pairs, removed, added } = pairRules(before, after);
  const [old, now] = [twinsIn(before), twinsIn(after)];
  const place = (rule: Rule, twins: (rule: Rule) => Twins | undefined) => placeAmong(rule, twins(rule));
  const changed = pairs.flatMap(([previous, rule]): RuleChange[] => {
    const differences = differencesOf(previous, rule);
    if (differences.length === 0) return [];
    return [{ kind: "changed", rule, place: place(rule, now), before: previous, differences }];
  });
  const changes: RuleChange[] = [
    ...removed.map((rule): RuleChange => ({
      kind: "removed",
      rule,
      place: place(rule, old),
      hasTwins: now(rule) !== undefined,
    })),
    ...added.map((rule): RuleChange => ({ kind: "added", rule, place: place(rule, now) })),
    ...changed,
  ];
  const order = ({ rule, kind, place }: RuleChange) =>
    `${rule.kind} ${rule.name} ${rule.severity} ${kind} ${rule.group} ${place}`;
  return changes.sort((a, b) => compareText(order(a), order(b)));
}

/** Rules of one name and severity: those that exist once for each model, or for each objective. */
interface Twins {
  rules: Rule[];
  /** Labels in which they differ. */
  labels: Set<string>;
}

/** The twins of a rule, itself among them; undefined where there is none of its name and severity. */
function twinsIn(rules: readonly Rule[]): (rule: Rule) => Twins | undefined {
  const key = ({ kind, name, severity }: Rule) => [kind, name, severity].join("\n");
  const groups = new Map<string, Twins>();
  for (const rule of rules) {
    const twins = groups.get(key(rule)) ?? { rules: [], labels: new Set() };
    twins.rules.push(rule);
    groups.set(key(rule), twins);
  }
  for (const twins of groups.values()) twins.labels = differingLabels(twins.rules.map(identityOf));
  return (rule) => groups.get(key(rule));
}

function differingLabels(identities: readonly Record<string, string>[]): Set<string> {
  const all = new Set(identities.flatMap((identity) => Object.keys(identity)));
  const [first] = identities;
  return new Set([...all].filter((label) => identities.some((other) => other[label] !== first?.[label])));
}

/** Labels, and models that an expression asks for, in which a rule differs from its twins. */
function placeAmong(rule: Rule, twins: Twins | undefined): string {
  const identity = identityOf(rule);
  // These follow from the model.
  const told = "model_name" in identity ? ["model", "owner", "team"] : [];
  return Object.entries(identity)
    .filter(([label]) => twins?.labels.has(label) === true && !told.includes(label))
    .sort(([a], [b]) => compareText(a, b))
    .map(([label, value]) => `${label}=${value}`)
    .join(", ");
}

function identityOf({ labels, expression }: Rule): Record<string, string> {
  const asked = /\b(model_name|model)="((?:[^"\\]|\\.)*)"/.exec(expression);
  return {
    ...(asked === null ? {} : { [asked[1] ?? ""]: asked[2] ?? "" }),
    ...fixedLabels(labels),
  };
}

/** Labels that are the same on everything that a rule gives: those that are no template. */
export function fixedLabels(labels: JsonObject): Record<string, string> {
  return Object.fromEntries(
    entriesOf(labels)
      .map(([label, value]) => [label, scalarOf(value)] as const)
      .filter(([, value]) => !value.includes("{{")),
  );
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
    ["query offset", "queryOffset"],
    ["limit", "limit"],
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
