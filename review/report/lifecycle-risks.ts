/** What the engine's own doing risks: replacements, deletions, and options of resources. */

import { componentOf, urnsOf, urnsOfTwice, type Comparison, type ResourceChange } from "../diff/changes.ts";
import { kindOf, named } from "../model/documents.ts";
import { textOf } from "../model/json.ts";
import type { Risk } from "./risks.ts";
import { code, count, listed } from "./text.ts";

/** Kinds that hold something which is gone when they are, and what that is. */
const stateful: Record<string, string> = {
  Alertmanager: "silences and the notification log",
  AlertmanagerConfig: "routes of a team",
  Bucket: "every object in it",
  Cluster: "the whole cluster",
  CustomResourceDefinition: "every object of that kind",
  FileSystem: "the files",
  Key: "whatever it encrypted",
  Namespace: "everything in the namespace",
  NodeGroup: "all its nodes and what runs on them",
  PersistentVolume: "the data",
  PersistentVolumeClaim: "the data",
  Prometheus: "the metrics it stores",
  StatefulSet: "the identity of its pods",
  ThanosRuler: "the state of its alerts",
  Volume: "the data",
};

/** All of them. */
export function lifecycleRisks(comparison: Comparison): Risk[] {
  const twice = urnsOfTwice(comparison);
  const changes = comparison.changes.filter(({ resource }) => !twice.has(resource.urn));
  const [moved, others] = [changes.filter(isOnlyMoved), changes.filter((change) => !isOnlyMoved(change))];
  return [
    ...changes.flatMap(protectedRisk),
    ...movedRisks(moved, comparison),
    ...twiceRisks(comparison),
    ...others.flatMap(changeRisks),
    ...optionRisks(comparison),
  ];
}

export function nameOf(resource: { type: string; name: string }): string {
  return code(named(resource));
}

/** Replaced for no other reason than its provider: told once for all of them. */
function isOnlyMoved({ operation, forcedBy }: ResourceChange): boolean {
  return operation === "replace" && forcedBy.length === 1 && forcedBy[0] === "provider";
}

function movedRisks(moved: readonly ResourceChange[], { changes }: Comparison): Risk[] {
  // Where the provider itself is replaced, its own line says that everything goes with it.
  const replaced = urnsOf(changes, "replace");
  const left = moved.filter(({ after }) => !replaced.has(after?.provider ?? ""));
  if (left.length === 0) return [];
  const holding = left
    .filter(({ resource }) => kindOf(resource) in stateful)
    .map(({ resource }) => nameOf(resource));
  return [
    {
      level: "high",
      text: `Replaced: ${count(left.length, "resource")}, forced by ${code("provider")}: it is another one (an alias of the provider keeps them)${holding.length === 0 ? "" : `; what holds data among them: ${listed(holding)}`}`,
    },
  ];
}

/** The engine refuses to delete what is protected in its state, and with that the whole deployment. */
function protectedRisk({ operation, before }: ResourceChange): Risk[] {
  if (before?.protect !== true || (operation !== "delete" && operation !== "replace")) return [];
  return [
    {
      level: "high",
      text: `${nameOf(before)} is protected: the engine refuses to ${operation} it and the deployment fails; if it is meant, ${code("pulumi state unprotect")} comes first`,
    },
  ];
}

/** The same object under two URNs: the new one is made while the old one is there, and then the old one is deleted. */
function twiceRisks({ twice, base, head }: Comparison): Risk[] {
  const byUrn = new Map([...base.resources, ...head.resources].map((resource) => [resource.urn, resource]));
  const groups = new Map<string, typeof twice>();
  for (const pair of twice) {
    const component = componentOf(pair.after, byUrn);
    groups.set(component, [...(groups.get(component) ?? []), pair]);
  }
  return [...groups].map(([component, pairs]) => {
    const names = listed([
      ...new Set(
        pairs.map(({ before, after }) =>
          before.name === after.name ? nameOf(after) : `${nameOf(before)} → ${nameOf(after)}`,
        ),
      ),
    ]);
    const where = component === "" ? "" : ` of ${code(component)}`;
    return {
      level: "high",
      text: `Same object under another name in the stack${where}: ${names}; the engine makes it where it is already, and then deletes it: add an alias`,
    };
  });
}

function changeRisks(change: ResourceChange): Risk[] {
  const { operation, resource, forcedBy, mayReplace, deletesFirst, isRetained } = change;
  const loss = stateful[kindOf(resource)];
  if (operation === "delete") {
    if (loss === undefined) return [];
    if (isRetained)
      return [
        {
          level: "medium",
          text: `No longer managed: ${nameOf(resource)} leaves the stack and stays where it is`,
        },
      ];
    return [{ level: "high", text: `Deleted: ${nameOf(resource)}; with it goes ${loss}` }];
  }
  if (operation === "replace") {
    const reason = `forced by ${listed(forcedBy.map(code))}`;
    if (kindOf(resource) === "Provider")
      return [
        {
          level: "high",
          text: `Replaced: ${nameOf(resource)}, ${reason}; every resource that it made is replaced with it`,
        },
      ];
    const gap = deletesFirst ? "; the old one is deleted before the new one is there" : "";
    const lost = loss === undefined || isRetained ? "" : `; with the old one goes ${loss}`;
    const kept = isRetained ? "; the old one stays where it is, managed by nobody" : "";
    return [
      {
        level: loss === undefined ? "medium" : "high",
        text: `Replaced: ${nameOf(resource)}, ${reason}${gap}${lost}${kept}`,
      },
    ];
  }
  if (operation === "update" && mayReplace)
    return [
      {
        level: loss === undefined ? "low" : "medium",
        text: `May be replaced: ${nameOf(resource)}; it can't be told offline for ${code(resource.type)}, look at ${code("pulumi preview")}`,
      },
    ];
  return [];
}

function optionRisks({ options }: Comparison): Risk[] {
  return options.flatMap(({ resource, option, before, after }): Risk[] => {
    const name = nameOf(resource);
    if (option === "protect" && after === false)
      return [{ level: "medium", text: `No longer protected against deletion: ${name}` }];
    if (option === "retainOnDelete" && after === false)
      return [{ level: "medium", text: `No longer kept when it leaves the stack: ${name}` }];
    if (option === "dependsOn" && Array.isArray(before) && before.length > 0)
      return [
        {
          level: "low",
          text: `No longer waits for ${listed(before.map((other) => code(textOf(other))))}: ${name}`,
        },
      ];
    return [];
  });
}
