/** What a reviewer has to see first. */

import { compareText } from "../model/json.ts";
import { DENIED, WRITES } from "../semantic/access.ts";
import { shortImage } from "../semantic/images.ts";
import { receiversOf } from "../semantic/routes.ts";
import { rulesOf, type Rule } from "../semantic/rules.ts";
import type { Analysis } from "./analysis.ts";
import { lifecycleRisks, nameOf } from "./lifecycle-risks.ts";
import { lossRisks } from "./losses.ts";
import { ofPlace, weakerAlert } from "./rule-risks.ts";
import { arrow, code, count, listed, plain } from "./text.ts";

export type RiskLevel = "high" | "medium" | "low";

export interface Risk {
  level: RiskLevel;
  /** Markdown on one line. */
  text: string;
}

/** Risks by their weight, then by their text. */
export function risksOf(analysis: Analysis): Risk[] {
  const risks = [
    ...lifecycleRisks(analysis.comparison),
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
        text: `Image: ${concern}: ${before === "" ? "" : `${code(shortImage(before))} → `}${code(shortImage(after))} (${listed(users.map(code), 3)})`,
      })),
    ...secretRisks(analysis),
    ...[...analysis.policies.added, ...analysis.verdicts].map(
      ({ policy, enforcement, resource, message }): Risk => ({
        level: enforcement === "mandatory" ? "high" : "medium",
        text: `Policy ${code(policy)} (${plain(enforcement)}) on ${code(resource)}: ${plain(message)}`,
      }),
    ),
    ...policyRisks(analysis),
    ...analysis.stackFile.flatMap(({ level, text }): Risk[] =>
      level === undefined ? [] : [{ level, text }],
    ),
    ...analysis.warnings.map((warning): Risk => ({ level: "low", text: plain(warning) })),
  ];
  const order: RiskLevel[] = ["high", "medium", "low"];
  const unique = new Map(risks.map((risk) => [risk.text, risk]));
  return [...unique.values()].sort(
    (a, b) => order.indexOf(a.level) - order.indexOf(b.level) || compareText(a.text, b.text),
  );
}

/** Policies that hold less than before, and what they would have said. */
function policyRisks({ policies: { changed, unseen } }: Analysis): Risk[] {
  return [
    ...changed
      .filter(({ what }) => what === "gone" || what === "now advisory")
      .map(({ policy, what }): Risk => ({ level: "high", text: `Policy ${code(policy)} is ${what}` })),
    ...unseen.map(({ policy, enforcement, resource, message }): Risk => ({
      level: enforcement === "mandatory" ? "high" : "medium",
      text: `Policy ${code(policy)} as it was (${plain(enforcement)}) on ${code(resource)}: ${plain(message)}`,
    })),
  ];
}

const severities = ["", "none", "info", "warning", "critical"];

function ruleRisks({ rules, comparison }: Analysis): Risk[] {
  const { head } = comparison;
  const risks: Risk[] = [];
  for (const change of rules) {
    const { rule } = change;
    const name = code(rule.name);
    const which = ofPlace(change.place);
    const weaker = weakerAlert(change);
    if (weaker !== undefined) risks.push(weaker);
    if (change.kind === "removed" && rule.kind === "alert")
      risks.push({
        level: "high",
        text: `Lost alert: ${name}${rule.severity === "" ? "" : ` (${plain(rule.severity)})`}${which}${change.hasTwins ? "; others of the name stay" : ""}`,
      });
    if (change.kind === "removed" && rule.kind === "record")
      risks.push(...danglingRisks(rule, rulesOf(head)));
    if (change.kind === "changed" && rule.kind === "alert") {
      const [old, now] = [change.before.severity, rule.severity];
      if (severities.indexOf(now) < severities.indexOf(old))
        risks.push({
          level: "high",
          text: `Alert ${name}${which} is less severe: ${plain(old)} → ${plain(now || "none")}`,
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

/** Receivers that are told at fewer times than before. */
function quieterRisks({ routes }: Analysis): Risk[] {
  const alerts = new Map<string, Set<string>>();
  for (const { alert, before, after } of routes.routes)
    for (const { receiver, muted, active } of after) {
      const old = before.find((destination) => destination.receiver === receiver);
      if (old === undefined) continue;
      const added = muted.filter((name) => !old.muted.includes(name));
      const isLimited = active.length > 0 && old.active.length === 0;
      if (added.length === 0 && !isLimited) continue;
      const times = [
        ...(added.length === 0 ? [] : [`silent during ${added.map(code).join(", ")}`]),
        ...(isLimited ? [`told only during ${active.map(code).join(", ")}`] : []),
      ];
      const text = `${code(receiver)} is ${times.join(" and ")}`;
      alerts.set(text, (alerts.get(text) ?? new Set()).add(alert));
    }
  return [...alerts].map(([text, names]) => ({
    level: "medium",
    text: `Fewer times: ${text}: ${listed([...names].map(code))}`,
  }));
}

/** Properties of receivers, and of all of them together, that say whom a message reaches. */
const DESTINATION =
  /(^|[.\]])(to|url|url_file|channel|api_url|webhook_url|smtp_smarthost|smarthost|routing_key_file)$/;

function destinationRisks({ routes }: Analysis): Risk[] {
  const properties = [
    ...routes.settings.map((property) => ({ name: "every receiver", property })),
    ...routes.receivers
      .filter(({ kind }) => kind === "changed")
      .flatMap(({ name, properties: own }) => own.map((property) => ({ name: code(name), property }))),
  ];
  return properties.flatMap(({ name, property }): Risk[] => {
    if (/require_tls$/.test(property.path) && property.after === false)
      return [
        { level: "high", text: `Mail of ${name} may go out unencrypted: ${code(property.path)} is off` },
      ];
    if (!DESTINATION.test(property.path)) return [];
    const change = property.kind === "secret" ? "another secret" : arrow(property.before, property.after);
    return [{ level: "medium", text: `Another destination of ${name}: ${code(property.path)} ${change}` }];
  });
}

function routeRisks(analysis: Analysis): Risk[] {
  const { routes } = analysis;
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
      level: changes.some(({ severity }) => severity === "critical") ? "high" : "medium",
      text: `${code(receiver)} no longer gets ${names(changes)}`,
    })),
    ...routes.intervals
      .filter(({ users }) => users.length > 0)
      .map(({ name, before, after, users }): Risk => ({
        level: "medium",
        text: `Other times at which ${listed(users.map(code))} ${users.length === 1 ? "is" : "are"} told: ${code(name)} is ${arrow(before, after)}`,
      })),
    ...quieterRisks(analysis),
    ...destinationRisks(analysis),
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
    ...secrets.exposed.map(({ resource, path }): Risk => ({
      level: "medium",
      text: `Secret readable in the cluster: ${code(path)} of ${code(resource)}, by whoever may read that object; a Secret is for it`,
    })),
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
