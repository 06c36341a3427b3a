/** What a reviewer has to see first. */

import { kindOf } from "../model/documents.ts";
import { compareText } from "../model/json.ts";
import type { ResourceChange } from "../diff/changes.ts";
import { DENIED, WRITES } from "../semantic/access.ts";
import { shortImage } from "../semantic/images.ts";
import { receiversOf } from "../semantic/routes.ts";
import { rulesOf, type Rule } from "../semantic/rules.ts";
import type { Analysis } from "./analysis.ts";
import { lossRisks } from "./losses.ts";
import { code, count, listed, plain } from "./text.ts";

export type RiskLevel = "high" | "medium" | "low";

export interface Risk {
  level: RiskLevel;
  /** Markdown on one line. */
  text: string;
}

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

/** Risks by their weight, then by their text. */
export function risksOf(analysis: Analysis): Risk[] {
  const risks = [
    ...analysis.comparison.changes.flatMap(lifecycleRisks),
    ...optionRisks(analysis),
    ...ruleRisks(analysis),
    ...routeRisks(analysis),
    ...fleetRisks(analysis),
    ...analysis.workloads.map(({ resource, text, level }): Risk => ({
      level,
      text: `${nameOf(resource)}: ${plain(text)}`,
    })),
    ...analysis.network
      .filter(({ opens }) => opens !== "no")
      .map(({ resource, text, opens }): Risk => ({
        level: opens === "public" ? "high" : "medium",
        text: `${opens === "public" ? "Public exposure" : "Opened network"}: ${code(resource)} ${plain(text)}`,
      })),
    ...lossRisks(analysis),
    ...accessRisks(analysis),
    ...analysis.images
      .filter(({ concern }) => concern !== "")
      .map(({ before, after, concern, users }): Risk => ({
        level: "medium",
        text: `Image: ${concern}: ${code(shortImage(before))} → ${code(shortImage(after))} (${listed(users.map(code), 3)})`,
      })),
    ...secretRisks(analysis),
    ...[...analysis.policies.added, ...analysis.verdicts].map(
      ({ policy, enforcement, resource, message }): Risk => ({
        level: enforcement === "mandatory" ? "high" : "medium",
        text: `Policy ${code(policy)} (${plain(enforcement)}) on ${code(resource)}: ${plain(message)}`,
      }),
    ),
    ...analysis.warnings.map((warning): Risk => ({ level: "low", text: plain(warning) })),
  ];
  const order: RiskLevel[] = ["high", "medium", "low"];
  const unique = new Map(risks.map((risk) => [risk.text, risk]));
  return [...unique.values()].sort(
    (a, b) => order.indexOf(a.level) - order.indexOf(b.level) || compareText(a.text, b.text),
  );
}

function nameOf(resource: { type: string; name: string }): string {
  return code(`${kindOf(resource)} ${resource.name}`);
}

function lifecycleRisks(change: ResourceChange): Risk[] {
  const { operation, resource, forcedBy, mayReplace, deletesFirst, isRetained } = change;
  const loss = stateful[kindOf(resource)];
  const kept = isRetained ? ", kept by retainOnDelete" : "";
  if (operation === "delete") {
    if (loss === undefined) return [];
    return [
      {
        level: isRetained ? "medium" : "high",
        text: `Deleted: ${nameOf(resource)}${kept}; with it goes ${loss}`,
      },
    ];
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
    const lost = loss === undefined ? "" : `; with the old one goes ${loss}`;
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

function optionRisks({ comparison }: Analysis): Risk[] {
  return comparison.options
    .filter(({ isSet }) => !isSet)
    .map(({ resource, option }) => ({
      level: "medium",
      text: `${option === "protect" ? "No longer protected against deletion" : "No longer kept when it leaves the stack"}: ${nameOf(resource)}`,
    }));
}

const severities = ["", "none", "info", "warning", "critical"];

function ruleRisks({ rules, comparison }: Analysis): Risk[] {
  const { head } = comparison;
  const risks: Risk[] = [];
  for (const change of rules) {
    const { rule } = change;
    const name = code(rule.name);
    if (change.kind === "removed" && rule.kind === "alert")
      risks.push({
        level: "high",
        text: `Lost alert: ${name}${rule.severity === "" ? "" : ` (${plain(rule.severity)})`}`,
      });
    if (change.kind === "removed" && rule.kind === "record")
      risks.push(...danglingRisks(rule, rulesOf(head)));
    if (change.kind === "changed" && rule.kind === "alert") {
      const [old, now] = [change.before.severity, rule.severity];
      if (severities.indexOf(now) < severities.indexOf(old))
        risks.push({
          level: "high",
          text: `Alert ${name} is less severe: ${plain(old)} → ${plain(now || "none")}`,
        });
    }
    if (change.kind === "added" && rule.kind === "alert")
      for (const { where, receivers } of receiversOf(rule, head))
        if (receivers.length === 0 && rule.severity !== "none")
          risks.push({
            level: "high",
            text: `Nobody gets the new alert ${name}${where === "" ? "" : ` (${plain(where)})`}`,
          });
  }
  return risks;
}

/** A recording rule that others still use. */
function danglingRisks(gone: Rule, rules: readonly Rule[]): Risk[] {
  if (rules.some(({ kind, name }) => kind === "record" && name === gone.name)) return [];
  const pattern = new RegExp(`(^|[^\\w:])${gone.name.replaceAll(/[^\w:]/g, "\\$&")}($|[^\\w:])`);
  const users = rules.filter(({ expression }) => pattern.test(expression)).map(({ name }) => code(name));
  if (users.length === 0) return [];
  return [
    {
      level: "high",
      text: `Recording rule ${code(gone.name)} is gone, but ${listed([...new Set(users)])} still reads it`,
    },
  ];
}

function routeRisks({ routes }: Analysis): Risk[] {
  const lost = routes.routes.filter(({ isLost }) => isLost);
  const names = (changes: typeof lost) => listed([...new Set(changes.map(({ alert }) => code(alert)))]);
  const fewer = routes.routes.filter(
    ({ isLost, before, after }) =>
      !isLost && before.some(({ receiver }) => !after.some((other) => other.receiver === receiver)),
  );
  const byReceiver = new Map<string, typeof lost>();
  for (const change of fewer)
    for (const { receiver } of change.before)
      if (!change.after.some((other) => other.receiver === receiver))
        byReceiver.set(receiver, [...(byReceiver.get(receiver) ?? []), change]);
  return [
    ...(lost.length === 0
      ? []
      : [{ level: "high", text: `Lost receivers: nobody gets ${names(lost)} any more` } as const]),
    ...routes.receivers
      .filter(({ isSilenced }) => isSilenced)
      .map(({ name, kind }): Risk => ({
        level: "high",
        text: `Lost receiver: ${code(name)} ${kind === "removed" ? "is gone" : "reaches nobody any more"}`,
      })),
    ...[...byReceiver].map(([receiver, changes]): Risk => ({
      level: "medium",
      text: `${code(receiver)} no longer gets ${names(changes)}`,
    })),
    ...(routes.isNew ? [] : routes.inhibitionsAdded).map((text): Risk => ({
      level: "medium",
      text: `More alerts are muted: ${code(text)}`,
    })),
    ...routes.problems.map((problem): Risk => ({
      level: "high",
      text: `Routes can't be evaluated: ${plain(problem)}`,
    })),
  ];
}

function fleetRisks({ fleet }: Analysis): Risk[] {
  const gone = fleet.models
    .filter(({ after }) => after === undefined)
    .map(({ before }) => code(`${before?.namespace ?? ""}/${before?.name ?? ""}`));
  const risks: Risk[] = [];
  if (gone.length > 0)
    risks.push({ level: "high", text: `${count(gone.length, "model")} no longer served: ${listed(gone)}` });
  for (const { before, after } of fleet.nodeGroups) {
    if (before === undefined) continue;
    if (after === undefined) risks.push({ level: "high", text: `Node group ${code(before.name)} is gone` });
    else if (after.maximum < before.maximum)
      risks.push({
        level: "medium",
        text: `Fewer nodes at most in ${code(after.name)}: ${String(before.maximum)} → ${String(after.maximum)}`,
      });
  }
  return risks;
}

function accessRisks({ access }: Analysis): Risk[] {
  return access.flatMap(({ holder, scope, gained, lost }) => [
    ...[...new Set(gained.map(({ concern }) => concern))]
      .filter((concern) => concern !== "")
      .map((concern): Risk => {
        const rights = gained.filter((right) => right.concern === concern).map(({ text }) => code(text));
        return {
          level: concern === WRITES ? "medium" : "high",
          text: `More rights for ${code(holder)} (${plain(scope)}), ${concern}: ${listed(rights)}`,
        };
      }),
    ...lost
      .filter(({ text }) => text.startsWith(DENIED))
      .map(({ text }): Risk => ({
        level: "high",
        text: `No longer denied to ${code(holder)} (${plain(scope)}): ${code(text.slice(DENIED.length))}`,
      })),
  ]);
}

function secretRisks({ secrets }: Analysis): Risk[] {
  const missing = secrets.keys.filter(({ kind, hasValue }) => kind !== "removed" && !hasValue);
  return [
    ...secrets.leaks.map(({ key, path, urn }): Risk => ({
      level: "high",
      text: `Secret in clear: ${code(key)} stands in ${code(path)} of ${code(urn.split("::").slice(2).join(" "))}, where everybody sees it`,
    })),
    ...missing.map(({ key }): Risk => ({
      level: "medium",
      text: `Secret ${code(key)} has no value in the configuration file; set it before deploying: ${code(`pulumi config set --secret vllm-monitoring:${key}`)}`,
    })),
  ];
}
