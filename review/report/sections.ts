/** The parts of a report that speak the language of the field: one list of Markdown lines each. */

import { gpusOf, type FleetChange, type NodeGroup, type ServedModel } from "../semantic/fleet.ts";
import type { Cost } from "../semantic/prices.ts";
import { shortImage } from "../semantic/images.ts";
import { receiversOf, type RouteChange } from "../semantic/routes.ts";
import type { Destination } from "../semantic/route-tree.ts";
import type { RuleChange, RuleDifference } from "../semantic/rules.ts";
import { DENIED, type Right } from "../semantic/access.ts";
import { diffValues } from "../diff/properties.ts";
import { listOf, textOf, type Json } from "../model/json.ts";
import type { Analysis } from "./analysis.ts";
import { nameOf } from "./lifecycle-risks.ts";
import { propertyText } from "./resources.ts";
import { ofPlace } from "./rule-risks.ts";
import { arrow, code, count, listed, plain, value } from "./text.ts";

export interface Section {
  title: string;
  lines: string[];
}

/** The sections that have something to say. */
export function sectionsOf(analysis: Analysis): Section[] {
  const sections: Section[] = [
    { title: "Fleet", lines: fleetLines(analysis) },
    { title: "Images", lines: imageLines(analysis) },
    { title: "Rules", lines: analysis.rules.flatMap((change) => ruleLines(change, analysis)) },
    { title: "Who gets which alerts", lines: routeLines(analysis) },
    { title: "Dashboards", lines: dashboardLines(analysis) },
    { title: "Access", lines: accessLines(analysis) },
    { title: "Network", lines: networkLines(analysis) },
    { title: "Secrets", lines: secretLines(analysis) },
    { title: "Policies", lines: policyLines(analysis) },
    { title: "Options of resources", lines: optionLines(analysis) },
    { title: "The environment's file", lines: analysis.stackFile.map(({ text }) => `- ${text}`) },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

function fleetLines({ fleet }: Analysis): string[] {
  const { models, nodeGroups, gpus, replicas, cost } = fleet;
  if (models.length + nodeGroups.length === 0) return [];
  const totals = [
    numbers("GPUs", gpus.before, gpus.after),
    numbers("replicas", replicas.before, replicas.after),
    ...(nodeGroups.length === 0 ? [] : [costText(cost.before, cost.after)]),
  ];
  return [`- ${totals.join(", ")}`, ...models.map(modelLine), ...nodeGroups.map(nodeGroupLine)];
}

function numbers(what: string, before: number, after: number): string {
  const difference = after - before;
  const sign = difference > 0 ? "+" : "−";
  return before === after
    ? `${what}: ${String(after)}`
    : `${what}: ${String(before)} → ${String(after)} (${sign}${String(Math.abs(difference))})`;
}

/** Whole dollars with separators that don't depend on a locale. */
export function dollars(amount: number): string {
  return `$${String(Math.round(amount)).replaceAll(/\B(?=(\d{3})+(?!\d))/g, ",")}`;
}

function costText(before: Cost, after: Cost): string {
  const [old, now] = [before, after].map(({ dollars: known, unknown }) =>
    known === 0 && unknown.length > 0 ? "unknown" : dollars(known),
  ) as [string, string];
  // What has a price in the head only isn't in the sum of the base, which is then no cost to compare with.
  const isPartial = old !== "unknown" && before.unknown.some((type) => !after.unknown.includes(type));
  const amount = old === now && !isPartial ? now : `${isPartial ? "at least " : ""}${old} → ${now}`;
  const missing =
    after.unknown.length === 0
      ? ""
      : ` (no price for ${listed(after.unknown.map(code))} in ${code("stacks/node-prices.yaml")})`;
  return `nodes at their desired size per month: ${amount}${missing}`;
}

function modelLine({ before, after }: FleetChange<ServedModel>): string {
  const model = (after ?? before) as ServedModel;
  const name = code(`${model.namespace}/${model.name}`);
  const size = (of: ServedModel) =>
    `${of.replicas === undefined ? replicasText(of) : count(of.replicas, "replica")} × ${count(of.gpusPerReplica, "GPU")}${of.product === "" ? "" : ` ${code(of.product)}`}`;
  if (before === undefined) return `- **new model** ${name}: ${size(model)} = ${count(gpusOf(model), "GPU")}`;
  if (after === undefined) return `- **model gone** ${name}: ${size(model)} = ${count(gpusOf(model), "GPU")}`;
  const parts = [
    ...(replicasText(before) === replicasText(after)
      ? []
      : [`replicas ${arrow(replicasText(before), replicasText(after))}`]),
    ...(before.gpusPerReplica === after.gpusPerReplica
      ? []
      : [`GPUs per replica ${arrow(before.gpusPerReplica, after.gpusPerReplica)}`]),
    ...(before.product === after.product ? [] : [`GPU ${arrow(before.product, after.product)}`]),
    ...(before.servedName === after.servedName
      ? []
      : [`served as ${arrow(before.servedName, after.servedName)}`]),
    ...(before.team === after.team ? [] : [`team ${arrow(before.team, after.team)}`]),
    ...(before.owner === after.owner ? [] : [`owner ${arrow(before.owner, after.owner)}`]),
  ];
  return `- ${name}: ${parts.join(", ")}`;
}

/** `3`, or what an autoscaler keeps them between. */
function replicasText({ replicas, bounds }: ServedModel): string {
  if (replicas !== undefined) return String(replicas);
  if (bounds === undefined) return "autoscaled replicas";
  return `${String(bounds.minimum)} to ${String(bounds.maximum)} replicas, autoscaled`;
}

function nodeGroupLine({ before, after }: FleetChange<NodeGroup>): string {
  const group = (after ?? before) as NodeGroup;
  const name = code(group.name);
  const size = (of: NodeGroup) =>
    `${code(of.instanceType || "any machine")}, ${String(of.minimum)} to ${String(of.maximum)} nodes${of.gpusPerNode === 0 ? "" : ` with ${count(of.gpusPerNode, "GPU")} ${code(of.gpuKind)}`}`;
  if (before === undefined) return `- **new node group** ${name}: ${size(group)}`;
  if (after === undefined) return `- **node group gone** ${name}: ${size(group)}`;
  const changes = diffValues(before.settings, after.settings).map((change) =>
    after.keepsSize === true && change.path === "desiredSize"
      ? `${propertyText(change)}, which counts for new groups only`
      : propertyText(change),
  );
  return `- node group ${name}: ${changes.join("; ")}`;
}

function imageLines({ images }: Analysis): string[] {
  return images.map(
    ({ before, after, users, concern }) =>
      `- ${before === "" ? `**new:** ${code(shortImage(after))}` : arrow(shortImage(before), shortImage(after))}${concern === "" ? "" : ` (**${concern}**)`}: ${listed(users.map(code))}`,
  );
}

function ruleLines(change: RuleChange, { comparison }: Analysis): string[] {
  const { rule } = change;
  const what = rule.kind === "alert" ? "alert" : "recording rule";
  const name = `${what} ${code(rule.name)}${rule.severity === "" ? "" : ` (${plain(rule.severity)})`}${ofPlace(change.place)}`;
  if (change.kind === "removed") return [`- **gone:** ${name}`];
  if (change.kind === "added") {
    const held = rule.for === "" ? "" : ` for ${code(rule.for)}`;
    const destinations =
      rule.kind === "alert"
        ? receiversOf(rule, comparison.head).map(
            ({ where, receivers }) =>
              `${where === "" ? "" : `${plain(where)}: `}${receivers.length === 0 ? "nobody" : receivers.map(code).join(", ")}`,
          )
        : [];
    return [
      `- **new:** ${name}: ${value(rule.expression)}${held}`,
      ...(destinations.length === 0 ? [] : [`  - goes to ${listed(destinations)}`]),
    ];
  }
  return [`- ${name}`, ...change.differences.map((difference) => `  - ${differenceText(difference)}`)];
}

function differenceText({ what, before, after, expression }: RuleDifference): string {
  if (expression?.kind === "format") return "expression: written differently, the meaning is the same";
  if (expression?.kind === "numbers") {
    const changes = expression.numbers.map((number) => arrow(number.before, number.after)).join(", ");
    return `threshold: ${changes} in ${value(after)}`;
  }
  return `${plain(what)}: ${arrow(before === "" ? "none" : before, after === "" ? "none" : after)}`;
}

function routeLines({ routes }: Analysis): string[] {
  // One line for each way that something changed, with everything that it happened to.
  const groups = new Map<string, string[]>();
  for (const change of routes.routes) {
    const text = transition(change);
    const alert = `${code(change.alert)}${change.severity === "" ? "" : ` (${plain(change.severity)})`}`;
    groups.set(text, [
      ...(groups.get(text) ?? []),
      change.where === "" ? alert : `${alert} for ${code(change.where)}`,
    ]);
  }
  return [
    ...[...groups].map(([text, alerts]) => `- ${text}: ${listed([...new Set(alerts)], 8)}`),
    ...routes.receivers.flatMap(({ name, kind, properties, isSilenced }) => [
      `- receiver ${code(name)}: ${kind === "changed" ? "changed" : kind === "added" ? "new" : "gone"}${isSilenced && kind === "changed" ? ", reaches nobody any more" : ""}`,
      ...properties.map((property) => `  - ${propertyText(property)}`),
    ]),
    ...(routes.isOtherwiseChanged
      ? ["- the routes changed, but every alert that the rules can raise goes where it went"]
      : []),
    ...routes.intervals.map(
      ({ name, before, after, users }) =>
        `- time interval ${code(name)}: ${arrow(before, after)}${users.length === 0 ? ", which no route uses" : `, for ${listed(users.map(code))}`}`,
    ),
    ...routes.settings.map((property) => `- of all receivers: ${propertyText(property)}`),
    ...routes.inhibitionsAdded.map((text) => `- **new inhibition:** ${code(text)}`),
    ...routes.inhibitionsRemoved.map((text) => `- **inhibition gone:** ${code(text)}`),
  ];
}

function transition({ before, after }: RouteChange): string {
  const names = (destinations: readonly Destination[]) =>
    [...new Set(destinations.map(({ receiver }) => receiver))].join(", ") || "nobody";
  const [old, now] = [names(before), names(after)];
  if (old !== now) return `${code(old)} → ${code(now)}`;
  const differences = after.flatMap((destination, index) => {
    const from = before[index];
    if (from === undefined) return [`${code(destination.receiver)} twice`];
    const fields = [
      ["grouped by", from.groupBy.join(", "), destination.groupBy.join(", ")],
      ["group wait", from.groupWait, destination.groupWait],
      ["group interval", from.groupInterval, destination.groupInterval],
      ["repeat", from.repeatInterval, destination.repeatInterval],
      ["silent during", listOrNone(from.muted), listOrNone(destination.muted)],
      ["sent only during", listOrNone(from.active), listOrNone(destination.active)],
    ] as const;
    return fields.filter(([, a, b]) => a !== b).map(([name, a, b]) => `${name} ${arrow(a, b)}`);
  });
  return `${code(now)}, ${[...new Set(differences)].join(", ") || "another rhythm"}`;
}

function listOrNone(names: readonly string[]): string {
  return names.join(", ") || "no interval";
}

function dashboardLines({ dashboards }: Analysis): string[] {
  return dashboards.flatMap(({ title, uid, kind, panels, properties }) => {
    const name = `${code(title)}${uid === "" ? "" : ` (${code(uid)})`}`;
    if (kind !== "changed") return [`- **${kind === "added" ? "new" : "gone"}:** ${name}`];
    return [
      `- ${name}`,
      ...properties.map(
        ({ name: property, before, after }) => `  - ${plain(property)}: ${arrow(before, after)}`,
      ),
      ...panels.flatMap((panel) => [
        `  - panel ${code(panel.title)}: ${panel.kind}`,
        ...panel.what.map(({ name: what, before, after }) =>
          before === "" && after === "" ? `    - ${what}` : `    - ${what}: ${arrow(before, after)}`,
        ),
      ]),
    ];
  });
}

function accessLines({ access }: Analysis): string[] {
  return access.flatMap(({ holder, scope, gained, lost }) => [
    `- ${code(holder)}, ${plain(scope)}`,
    ...groupedRights(gained).map(({ text, concern }) =>
      text.startsWith(DENIED)
        ? `  - denied now ${code(text.slice(DENIED.length))}`
        : `  - may now ${code(text)}${concern === "" ? "" : ` (**${concern}**)`}`,
    ),
    ...groupedRights(lost).map(({ text }) =>
      text.startsWith(DENIED)
        ? `  - no longer denied ${code(text.slice(DENIED.length))}`
        : `  - no longer ${code(text)}`,
    ),
  ]);
}

/** Actions on the same thing, and then things with the same actions, on one line. */
function groupedRights(rights: readonly Right[]): { text: string; concern: string }[] {
  const byTarget = new Map<string, { actions: string[]; target: string; concern: string }>();
  for (const { action, target, concern } of rights) {
    const key = `${target}\n${concern}`;
    const entry = byTarget.get(key) ?? { actions: [], target, concern };
    entry.actions.push(action);
    byTarget.set(key, entry);
  }
  const byActions = new Map<string, { actions: string; targets: string[]; concern: string }>();
  for (const { actions, target, concern } of byTarget.values()) {
    const key = `${actions.join()}\n${concern}`;
    const entry = byActions.get(key) ?? { actions: actions.join(", "), targets: [], concern };
    entry.targets.push(target);
    byActions.set(key, entry);
  }
  return [...byActions.values()].map(({ actions, targets, concern }) => ({
    text: `${actions}${targets.join(",")}`,
    concern,
  }));
}

function networkLines({ network }: Analysis): string[] {
  return network.map(({ resource, text }) => `- ${code(resource)} ${plain(text)}`);
}

const secretTexts = {
  added: "new",
  removed: "no longer used",
  set: "set",
  "set anew": "secret changed (another ciphertext)",
  unset: "its value is gone from the configuration file",
} as const;

function secretLines({ secrets }: Analysis): string[] {
  return [
    ...secrets.keys.map(({ key, kind }) => `- ${code(key)}: ${secretTexts[kind]}`),
    ...secrets.properties.map(({ resource, path }) => `- ${code(resource)} ${code(path)}: secret changed`),
  ];
}

/** One line for each way that options change, with the resources to which it happens. */
function optionLines({ comparison: { options } }: Analysis): string[] {
  const groups = new Map<string, string[]>();
  for (const { resource, option, before, after } of options) {
    const text =
      option === "dependsOn"
        ? [...waitText("waits no longer for", before), ...waitText("waits for", after)].join(" and ")
        : `${code(option)} ${arrow(before, after)}`;
    groups.set(text, [...(groups.get(text) ?? []), nameOf(resource)]);
  }
  return [...groups].map(([text, names]) => `- ${text}: ${listed(names)}`);
}

function waitText(what: string, names: Json): string[] {
  const others = listOf(names).map((name) => code(textOf(name)));
  return others.length === 0 ? [] : [`${what} ${listed(others)}`];
}

/** Violations that come or go. Those that stand are counted beside them, and are no change by themselves. */
function policyLines({ policies: { added, resolved, standing, unseen, changed } }: Analysis): string[] {
  if (added.length + resolved.length + unseen.length + changed.length === 0) return [];
  const text = ({ policy, enforcement, resource, message }: (typeof added)[number]) =>
    `${code(policy)} (${plain(enforcement)}): ${code(resource)} ${plain(message)}`;
  return [
    ...changed.map(({ policy, what }) => `- **${what}:** the policy ${code(policy)}`),
    ...added.map((verdict) => `- **violated:** ${text(verdict)}`),
    ...unseen.map((verdict) => `- **violated, if the policy were as before:** ${text(verdict)}`),
    ...resolved.map((verdict) => `- no longer violated: ${text(verdict)}`),
    ...(standing.length === 0 ? [] : [`- ${count(standing.length, "violation")} as before`]),
  ];
}
