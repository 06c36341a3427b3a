/** Who gets which alerts now: the route trees of both sides, asked for every alert that the rules can raise. */

import { alertmanagerDocuments, parseYaml } from "../model/documents.ts";
import {
  at,
  canonical,
  compareText,
  entriesOf,
  equal,
  listOf,
  objectOf,
  scalarOf,
  without,
  type Json,
} from "../model/json.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { diffValues, type PropertyChange } from "../diff/properties.ts";
import { fleetOf, type ServedModel } from "./fleet.ts";
import { resultLabels } from "./promql.ts";
import {
  destinationsOf,
  inhibitionText,
  isSilent,
  matchedLabels,
  routeTree,
  type Destination,
  type RouteTree,
} from "./route-tree.ts";
import { pairRules, rulesOf, type Rule } from "./rules.ts";

/** Alerts that go elsewhere now, or in another rhythm. */
export interface RouteChange {
  alert: string;
  severity: string;
  /** Labels by which these alerts differ from others of the same name, such as `team=search`. */
  where: string;
  before: Destination[];
  after: Destination[];
  /** Nobody is told any more. */
  isLost: boolean;
}

export interface ReceiverChange {
  name: string;
  kind: "added" | "removed" | "changed";
  properties: PropertyChange[];
  /** Integrations that are gone: `email_configs[0]`. */
  isSilenced: boolean;
}

export interface RoutesDifference {
  routes: RouteChange[];
  receivers: ReceiverChange[];
  inhibitionsAdded: string[];
  inhibitionsRemoved: string[];
  /** The configuration differs in something that moves none of the present alerts. */
  isOtherwiseChanged: boolean;
  /** There were no routes before. */
  isNew: boolean;
  /** Why a side could not be evaluated. */
  problems: string[];
}

/** Compares the configurations of Alertmanager. An environment has one; more are taken by their order. */
export function diffRoutes(base: Snapshot, head: Snapshot): RoutesDifference {
  const problems: string[] = [];
  const [before, after] = [treeOf(base, problems), treeOf(head, problems)];
  const result: RoutesDifference = {
    routes: [],
    receivers: [],
    inhibitionsAdded: [],
    inhibitionsRemoved: [],
    isOtherwiseChanged: false,
    isNew: before === undefined,
    problems,
  };
  if (before === undefined && after === undefined) return result;
  if (before !== undefined && after !== undefined) result.routes = diffTrees(before, after, base, head);
  result.receivers = diffReceivers(before, after);
  const inhibitions = (tree: RouteTree | undefined) => (tree?.inhibitRules ?? []).map(inhibitionText);
  const [old, now] = [inhibitions(before), inhibitions(after)];
  result.inhibitionsAdded = now.filter((text) => !old.includes(text)).sort(compareText);
  result.inhibitionsRemoved = old.filter((text) => !now.includes(text)).sort(compareText);
  const isTold =
    result.routes.length +
      result.receivers.length +
      result.inhibitionsAdded.length +
      result.inhibitionsRemoved.length >
    0;
  result.isOtherwiseChanged = !isTold && meaningOf(base) !== meaningOf(head);
  return result;
}

/** The configuration without what says nothing: the order of its keys and of the receivers. */
function meaningOf(snapshot: Snapshot): string {
  const [document] = alertmanagerDocuments(snapshot);
  const config = document === undefined ? undefined : parseYaml(document.text);
  if (config === undefined) return document?.text ?? "";
  const receivers = listOf(at(config, "receivers")).map(canonical).sort(compareText);
  return canonical([without(objectOf(config), "receivers"), receivers]);
}

function treeOf(snapshot: Snapshot, problems: string[]): RouteTree | undefined {
  const [document] = alertmanagerDocuments(snapshot);
  if (document === undefined) return undefined;
  try {
    return routeTree(parseYaml(document.text) ?? {});
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

type Labels = Record<string, string>;

function diffTrees(before: RouteTree, after: RouteTree, base: Snapshot, head: Snapshot): RouteChange[] {
  const matched = new Set([...matchedLabels(before), ...matchedLabels(after)]);
  const variants = new SeriesLabels([...fleetOf(head).models, ...fleetOf(base).models], matched);
  const changes = new Map<string, RouteChange>();
  // A new alert has no receivers to lose; the section on rules tells its own.
  const { pairs } = pairRules(rulesOf(base).filter(isAlert), rulesOf(head).filter(isAlert));
  for (const [previous, rule] of pairs) {
    // What a rule says of itself may have changed too, so each side judges the alert by its own labels.
    const [old, own] = [ownLabels(previous), ownLabels(rule)];
    for (const series of variants.of(rule)) {
      const from = destinationsOf(before, { ...series, ...old });
      const to = destinationsOf(after, { ...series, ...own });
      if (equal(from as unknown as Json, to as unknown as Json)) continue;
      const where = whereOf(rule, series, matched);
      changes.set(`${rule.name} ${rule.severity} ${where}`, {
        alert: rule.name,
        severity: rule.severity,
        where,
        before: from,
        after: to,
        isLost: isHeard(before, from) && !isHeard(after, to),
      });
    }
  }
  return [...changes.entries()].sort(([a], [b]) => compareText(a, b)).map(([, change]) => change);
}

function isAlert({ kind }: Rule): boolean {
  return kind === "alert";
}

function ownLabels({ name, severity, labels }: Rule): Labels {
  const own: Labels = Object.fromEntries(entriesOf(labels).map(([key, value]) => [key, scalarOf(value)]));
  return { ...own, alertname: name, ...(severity === "" ? {} : { severity }) };
}

/**
 * Labels that the series of alerts may have, as far as the trees look at them: for each model of the fleet those that its
 * series carry, and none for what is no model's.
 */
class SeriesLabels {
  readonly #models: readonly Labels[];
  readonly #matched: ReadonlySet<string>;
  /** Most rules have the same labels, and there may be a thousand of them for a thousand models. */
  readonly #known = new Map<string, Labels[]>();

  constructor(models: readonly ServedModel[], matched: ReadonlySet<string>) {
    this.#models = [{}, ...models.map(labelsOfModel)];
    this.#matched = matched;
  }

  of(rule: Rule): Labels[] {
    const allowed = resultLabels(rule.expression);
    const keys = seriesKeys.filter(
      (key) =>
        this.#matched.has(key) &&
        (allowed === undefined || allowed.includes(key)) &&
        // What the rule itself says hides what the series has.
        rule.labels[key] === undefined,
    );
    const known = this.#known.get(keys.join());
    if (known !== undefined) return known;
    const variants = this.#models.map((labels) =>
      Object.fromEntries(keys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]]))),
    );
    const unique = [...new Map(variants.map((labels) => [describe(labels), labels])).values()];
    this.#known.set(keys.join(), unique);
    return unique;
  }
}

const seriesKeys = ["deployment", "model", "model_name", "namespace", "owner", "team"];

function labelsOfModel({ namespace, name, servedName, team, owner }: ServedModel): Labels {
  return { namespace, model: servedName, model_name: servedName, deployment: name, team, owner };
}

function describe(labels: Labels): string {
  return Object.entries(labels)
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}

function isHeard(tree: RouteTree, destinations: readonly Destination[]): boolean {
  return destinations.some(({ receiver }) => !isSilent(tree, receiver));
}

/** Labels by which an alert differs from others of its name, where the trees look at them. */
function whereOf(rule: Rule, series: Labels, matched: ReadonlySet<string>): string {
  const own = Object.entries(ownLabels(rule)).filter(
    ([key]) => matched.has(key) && key !== "alertname" && key !== "severity",
  );
  return describe({ ...series, ...Object.fromEntries(own) });
}

interface Routing {
  tree: RouteTree;
  variants: SeriesLabels;
  matched: ReadonlySet<string>;
}

const routings = new WeakMap<Snapshot, Routing | null>();

function routingOf(snapshot: Snapshot): Routing | null {
  let routing = routings.get(snapshot);
  if (routing === undefined) {
    const tree = treeOf(snapshot, []);
    const matched = tree === undefined ? new Set<string>() : matchedLabels(tree);
    routing =
      tree === undefined
        ? null
        : { tree, matched, variants: new SeriesLabels(fleetOf(snapshot).models, matched) };
    routings.set(snapshot, routing);
  }
  return routing;
}

/** Receivers of an alert that is new, with the variants in which they differ. */
export function receiversOf(rule: Rule, snapshot: Snapshot): { where: string; receivers: string[] }[] {
  const routing = routingOf(snapshot);
  if (routing === null) return [];
  const { tree, variants, matched } = routing;
  const own = ownLabels(rule);
  const found = variants.of(rule).map((series) => ({
    where: whereOf(rule, series, matched),
    receivers: destinationsOf(tree, { ...series, ...own })
      .map(({ receiver }) => receiver)
      .filter((receiver) => !isSilent(tree, receiver)),
  }));
  // One line where they all agree.
  const [first] = found;
  const isSame = found.every(({ receivers }) => receivers.join() === first?.receivers.join());
  return isSame && first !== undefined ? [{ where: "", receivers: first.receivers }] : found;
}

function diffReceivers(before: RouteTree | undefined, after: RouteTree | undefined): ReceiverChange[] {
  const names = new Set([...(before?.receivers.keys() ?? []), ...(after?.receivers.keys() ?? [])]);
  return [...names].sort(compareText).flatMap((name): ReceiverChange[] => {
    const [old, now] = [before?.receivers.get(name), after?.receivers.get(name)];
    if (equal(old, now)) return [];
    const kind = old === undefined ? "added" : now === undefined ? "removed" : "changed";
    return [
      {
        name,
        kind,
        properties:
          kind === "changed" ? diffValues(without(old ?? {}, "name"), without(now ?? {}, "name")) : [],
        isSilenced:
          before !== undefined && !isSilent(before, name) && (after === undefined || isSilent(after, name)),
      },
    ];
  });
}
