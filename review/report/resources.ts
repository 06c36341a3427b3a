/** Every changed resource with its properties, by component. */

import { componentOf, type Comparison, type ResourceChange } from "../diff/changes.ts";
import { joinPath, type PropertyChange } from "../diff/properties.ts";
import { dashboardDocuments, kindOf, named } from "../model/documents.ts";
import { compareText } from "../model/json.ts";
import { maskOf } from "../model/snapshot.ts";
import { arrow, code, count, secretName, value } from "./text.ts";

/** Properties of one resource that are listed; the rest is counted. */
const MOST_PROPERTIES = 60;

export interface ComponentGroup {
  /** `VllmDeployment llama-8b`; empty for the stack itself. */
  component: string;
  changes: ResourceChange[];
}

const order = ["replace", "delete", "update", "create"];

/** Changes by component in the order of names; in each the most dangerous first. */
export function byComponent({ changes, base, head }: Comparison): ComponentGroup[] {
  const byUrn = new Map([...base.resources, ...head.resources].map((resource) => [resource.urn, resource]));
  const groups = new Map<string, ResourceChange[]>();
  for (const change of changes) {
    const component = componentOf(change.resource, byUrn);
    groups.set(component, [...(groups.get(component) ?? []), change]);
  }
  const key = ({ operation, resource }: ResourceChange) =>
    `${String(order.indexOf(operation))} ${named(resource)}`;
  return [...groups]
    .sort(([a], [b]) => compareText(a, b))
    .map(([component, all]) => ({ component, changes: all.sort((a, b) => compareText(key(a), key(b))) }));
}

const verbs = {
  create: "created",
  update: "changed",
  replace: "**replaced**",
  delete: "**deleted**",
} as const;

/** `2 replaced, 1 changed`. */
export function operationCounts(changes: readonly ResourceChange[]): string {
  return order
    .map((operation) => ({
      operation,
      number: changes.filter((change) => change.operation === operation).length,
    }))
    .filter(({ number }) => number > 0)
    .map(
      ({ operation, number }) =>
        `${String(number)} ${verbs[operation as keyof typeof verbs].replaceAll("*", "")}`,
    )
    .join(", ");
}

/** Properties of resources, but for those that a section of the report tells in its own words. */
function summarised({ resource, before, after, properties }: ResourceChange): string[] {
  const sides = [before, after].filter((side) => side !== undefined);
  const dashboards = dashboardDocuments(sides).map(({ file }) => joinPath("data", file));
  const elsewhere = (path: string): string | undefined => {
    if (kindOf(resource) === "PrometheusRule" && path.startsWith("spec.groups")) return "see Rules";
    return dashboards.some((file) => path.startsWith(file)) ? "see Dashboards" : undefined;
  };
  return [...new Set(properties.map((property) => elsewhere(property.path) ?? propertyText(property)))];
}

/** A resource and its properties. */
export function changeLines(change: ResourceChange): string[] {
  const { operation, resource, forcedBy, mayReplace, isRetained } = change;
  const properties = summarised(change);
  const notes = [
    ...(forcedBy.length === 0 ? [] : [`forced by ${forcedBy.map(code).join(", ")}`]),
    ...(mayReplace && operation === "update" ? ["may be replaced"] : []),
    ...(isRetained && operation !== "update" ? ["the old one is kept by retainOnDelete"] : []),
  ];
  const head = `- ${verbs[operation]} ${code(named(resource))}${notes.length === 0 ? "" : `, ${notes.join(", ")}`}`;
  const listed = properties.slice(0, MOST_PROPERTIES).map((property) => `  - ${property}`);
  const more = properties.length - listed.length;
  return [
    head,
    ...listed,
    ...(more > 0 ? [`  - and ${count(more, "more property", "more properties")}`] : []),
  ];
}

/** One property on one line. */
export function propertyText({ path, kind, before, after }: PropertyChange): string {
  const name = path === "" ? "" : `${code(path)}: `;
  switch (kind) {
    case "added":
      return `${name}added ${value(after)}`;
    case "removed":
      return `${name}removed ${value(before)}`;
    case "changed":
      return `${name}${arrow(before, after)}`;
    case "reordered":
      return `${name}the same in another order or form`;
    case "untold":
      return `${name}differs from what is deployed`;
    case "secret": {
      const from = [...(maskOf(after)?.from ?? []), ...(maskOf(before)?.from ?? [])];
      const names = secretName(
        from.length === 0 ? [] : [...new Set(from.map((source) => source.split("@", 1)[0] ?? ""))],
      );
      const what =
        before === undefined ? "secret added" : after === undefined ? "secret removed" : "secret changed";
      return names === "[secret]" ? `${name}${what}` : `${name}${what} ${code(names)}`;
    }
  }
}
