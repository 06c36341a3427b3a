/** Who is told of an alert, in an environment as it is configured: what `make routes` prints. */

import { alertmanagerDocuments, parseYaml } from "../model/documents.ts";
import { at, compareText, listOf, scalarOf, textOf, type Json } from "../model/json.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { receiversOf } from "./routes.ts";
import {
  destinationsOf,
  isSilent,
  matchesAll,
  parseMatchers,
  routeTree,
  type RouteTree,
} from "./route-tree.ts";
import { rulesOf, type Rule } from "./rules.ts";
import { intervalTimes } from "./time-intervals.ts";

/** Reads `severity=critical team=search`, or the same with commas; values with spaces stand in double quotes. */
export function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  const pattern = /\s*([A-Za-z_][A-Za-z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|\s|$)/y;
  const body = text.trim();
  while (pattern.lastIndex < body.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(body);
    if (match === null) {
      throw new Error(
        `LABELS: got ${JSON.stringify(body.slice(start))}; expected label=value pairs with spaces between them, such as severity=critical team=search`,
      );
    }
    const [, label = "", quoted, plain] = match;
    labels[label] = quoted === undefined ? (plain ?? "") : quoted.replaceAll(/\\(.)/g, "$1");
  }
  return labels;
}

/**
 * Lines that say where an alert with these labels goes.
 *
 * @throws Error when the environment has no Alertmanager configuration
 */
export function destinationLines(snapshot: Snapshot, labels: Readonly<Record<string, string>>): string[] {
  const { tree, config } = treeOf(snapshot);
  const lines = destinationsOf(tree, labels).flatMap((destination) => {
    const { receiver, groupBy, groupWait, groupInterval, repeatInterval, muted, active } = destination;
    return [
      `${receiver}: ${isSilent(tree, receiver) ? "tells nobody" : integrationsOf(tree, receiver).join(", ")}`,
      `  one message for equal ${groupBy.join(", ") || "routes"}; first after ${groupWait}, changes after ${groupInterval}, repeated after ${repeatInterval}`,
      ...(active.length === 0
        ? []
        : [`  sent only during ${active.map(describeInterval(config)).join(" or ")}`]),
      ...(muted.length === 0 ? [] : [`  silent during ${muted.map(describeInterval(config)).join(" and ")}`]),
    ];
  });
  const mutedBy = tree.inhibitRules.filter((rule) => matchesAll(matchersOf(rule, "target_matchers"), labels));
  return [
    ...lines,
    ...mutedBy.map(
      (rule) =>
        `muted while an alert fires with ${texts(rule, "source_matchers").join(", ")} and equal ${texts(rule, "equal").join(", ")}`,
    ),
  ];
}

/**
 * Every alert that the rules can raise, and who gets it: rows of alert, severity, receivers, where. Variants that the same
 * receivers get are one row.
 */
export function routeRows(snapshot: Snapshot): string[][] {
  const rows = new Map<string, { cells: string[]; where: Set<string> }>();
  for (const rule of rulesOf(snapshot)) {
    if (rule.kind !== "alert") continue;
    for (const { where, receivers } of receiversOf(rule, snapshot)) {
      const cells = [rule.name, rule.severity, receivers.join(", ") || "nobody"];
      const row = rows.get(cells.join("\t")) ?? { cells, where: new Set() };
      row.where.add(where || ownPlace(rule));
      rows.set(cells.join("\t"), row);
    }
  }
  return [...rows]
    .sort(([a], [b]) => compareText(a, b))
    .map(
      ([
        ,
        {
          cells: [name = "", severity = "", receivers = ""],
          where,
        },
      ]) => {
        const isOnly =
          [...rows.values()].filter(({ cells }) => cells[0] === name && cells[1] === severity).length === 1;
        // An alert without any of the labels is one of those that no row names.
        const which = isOnly ? "" : where.has("") ? "all others" : [...where].sort(compareText).join("; ");
        return [name, severity, receivers, which];
      },
    );
}

/** What a rule on one model or team says of itself; labels that are templates say nothing before the alert is there. */
function ownPlace({ labels }: Rule): string {
  const own = ["model_name", "team"].map((label) => [label, scalarOf(labels[label])] as const);
  const [found] = own.filter(([, value]) => value !== "" && !value.includes("{{"));
  return found?.join("=") ?? "";
}

function treeOf(snapshot: Snapshot): { tree: RouteTree; config: Json } {
  const [document] = alertmanagerDocuments(snapshot);
  const config = document === undefined ? undefined : parseYaml(document.text);
  if (config === undefined) throw new Error(`${snapshot.environment} has no configuration of Alertmanager`);
  return { tree: routeTree(config), config };
}

/** `email to oncall@example.com`: never a credential, which is in files of its own. */
function integrationsOf(tree: RouteTree, receiver: string): string[] {
  return Object.entries(tree.receivers.get(receiver) ?? {}).flatMap(([key, value]) =>
    key.endsWith("_configs")
      ? listOf(value).map((integration) => {
          const [to, channel, url] = ["to", "channel", "url"].map((field) => textOf(at(integration, field)));
          const target = to || channel || url || "";
          return `${key.replace(/_configs$/, "")}${target === "" ? "" : ` ${target}`}`;
        })
      : [],
  );
}

function describeInterval(config: Json) {
  return (name: string): string => `${name} (${intervalTimes(config, name)})`;
}

function matchersOf(rule: Json, key: string) {
  return texts(rule, key).flatMap(parseMatchers);
}

function texts(value: Json, key: string): string[] {
  return listOf(at(value, key)).map(textOf);
}
