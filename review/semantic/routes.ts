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
  textOf,
  without,
  type Json,
  type JsonObject,
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
import { fixedLabels, pairRules, rulesOf, type Rule } from "./rules.ts";
import { diffIntervals, type IntervalChange } from "./time-intervals.ts";

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
  /** Time intervals that are defined otherwise. */
  intervals: (IntervalChange & { /** Receivers of the routes that use it. */ users: string[] })[];
  /** What holds for all receivers: the mail server, time-outs, templates. */
  settings: PropertyChange[];
  /** The routes differ in something that moves none of the present alerts. */
  isOtherwiseChanged: boolean;
  /** There were no routes before. */
  isNew: boolean;
  /** Why a side could not be evaluated. */
  problems: string[];
}

/** Compares the configurations of Alertmanager. An environment has one; more are taken by their order. */
export function diffRoutes(base: Snapshot, head: Snapshot): RoutesDifference {
  const problems: string[] = [];
  const [oldConfig, config] = [configOf(base), configOf(head)];
  const [before, after] = [treeOf(oldConfig, problems), treeOf(config, problems)];
  const result: RoutesDifference = {
    routes: [],
    receivers: [],
    inhibitionsAdded: [],
    inhibitionsRemoved: [],
    intervals: [],
    settings: [],
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
  if (result.isNew) return result;
  result.intervals = diffIntervals(oldConfig, config).map((change) => ({
    ...change,
    users: intervalUsers(config, change.name),
  }));
  result.settings = diffValues(settingsOf(oldConfig), settingsOf(config));
  result.isOtherwiseChanged =
    result.routes.length === 0 &&
    canonical(at(oldConfig, "route") ?? null) !== canonical(at(config, "route") ?? null);
  return result;
}

function configOf(snapshot: Snapshot): Json | undefined {
  const [document] = alertmanagerDocuments(snapshot);
  return document === undefined ? undefined : (parseYaml(document.text) ?? {});
}

/** What is compared by itself, each in its own way. */
const PARTS = new Set(["inhibit_rules", "mute_time_intervals", "receivers", "route", "time_intervals"]);

function settingsOf(config: Json | undefined): JsonObject {
  return Object.fromEntries(Object.entries(objectOf(config)).filter(([key]) => !PARTS.has(key)));
}

/** Receivers of the routes that name a time interval, sorted. */
function intervalUsers(config: Json | undefined, name: string): string[] {
  const found = new Set<string>();
  const walk = (route: Json | undefined, inherited: string): void => {
    const receiver = textOf(at(route, "receiver")) || inherited;
    const own = ["mute_time_intervals", "active_time_intervals"].flatMap((key) => listOf(at(route, key)));
    if (own.some((interval) => textOf(interval) === name)) found.add(receiver);
    for (const inner of listOf(at(route, "routes"))) walk(inner, receiver);
  };
  walk(at(config, "route"), "");
  return [...found].sort(compareText);
}

function treeOf(config: Json | undefined, problems: string[]): RouteTree | undefined {
  if (config === undefined) return undefined;
  try {
    return routeTree(config);
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

/** What a rule says of its alerts itself. A template is known only with the series, see {@link SeriesLabels}. */
function ownLabels({ name, severity, labels }: Rule): Labels {
  return { ...fixedLabels(labels), alertname: name, ...(severity === "" ? {} : { severity }) };
}

/** Labels of a rule that are templates, each with the label of the series that it repeats; the empty text for any other. */
function templatesOf({ labels }: Rule): [label: string, of: string][] {
  return entriesOf(labels)
    .map(([key, value]) => [key, scalarOf(value)] as const)
    .filter(([, value]) => value.includes("{{"))
    .map(([key, value]) => [key, /^\{\{\s*\$labels\.(\w+)\s*\}\}$/.exec(value)?.[1] ?? ""]);
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
    const sources = [
      ...keys.map((key) => [key, key] as const),
      ...templatesOf(rule).filter(
        ([label, of]) => this.#matched.has(label) && (allowed === undefined || allowed.includes(of)),
      ),
    ];
    const known = this.#known.get(sources.join());
    if (known !== undefined) return known;
    const variants = this.#models.map((labels) =>
      Object.fromEntries(
        sources.flatMap(([key, of]) => (labels[of] === undefined ? [] : [[key, labels[of]]])),
      ),
    );
    const unique = [...new Map(variants.map((labels) => [describe(labels), labels])).values()];
    this.#known.set(sources.join(), unique);
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
    const tree = treeOf(configOf(snapshot), []);
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
