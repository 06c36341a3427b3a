import { duplicates, type Finding } from "./findings.ts";
import { suggestion, type Path } from "./problems.ts";
import type { ReceiverSettings } from "./receivers.ts";
import type { RouteRule } from "./routes.ts";
import { durationSeconds } from "./types.ts";
import { timeIntervalChecks } from "./checks-time-intervals.ts";
import type { View } from "./view.ts";

/** Checks of receivers and routes. */
export function alertingChecks(view: View): Finding[] {
  return [
    ...duplicates(view.names.receivers, "receiver"),
    ...view.receivers.flatMap(({ path, value }) => receiverChecks(path, value, view)),
    ...referenceChecks(view),
    ...timingChecks(view),
    ...unreachableRules(view),
    ...timeIntervalChecks(view),
  ];
}

function exactlyOne(path: Path, one: [string, unknown], other: [string, unknown]): Finding[] {
  const count = [one[1], other[1]].filter((value) => value !== undefined).length;
  if (count === 1) return [];
  return [
    {
      path,
      got: count === 0 ? `neither ${one[0]} nor ${other[0]}` : `both ${one[0]} and ${other[0]}`,
      expected: `exactly one of ${one[0]} and ${other[0]}`,
      remedy: count === 0 ? "add one of them" : "remove one of them",
    },
  ];
}

function receiverChecks(path: Path, receiver: ReceiverSettings, { monitoring }: View): Finding[] {
  switch (receiver.kind) {
    case "webhook":
      return exactlyOne(path, ["url", receiver.url], ["urlFromSecret", receiver.urlFromSecret]);
    case "slack":
      return exactlyOne(
        path,
        ["webhookUrlFromSecret", receiver.webhookUrlFromSecret],
        ["appTokenFromSecret", receiver.appTokenFromSecret],
      );
    case "email":
      if ((receiver.username === undefined) === (receiver.passwordFromSecret === undefined)) return [];
      return [
        {
          path,
          got:
            receiver.username === undefined
              ? "passwordFromSecret without username"
              : "username without passwordFromSecret",
          expected: "both username and passwordFromSecret, or neither",
          remedy: "add the missing one",
        },
      ];
    case "dingtalk":
      if (monitoring === undefined || monitoring.images.dingtalkBridge !== undefined) return [];
      return [
        {
          path,
          got: "a dingtalk receiver without an image for its bridge",
          expected:
            "monitoring.images.dingtalkBridge to be set: Alertmanager cannot talk to DingTalk by itself",
          remedy:
            "set monitoring.images.dingtalkBridge to the image that is built from services/dingtalk-bridge",
        },
      ];
    case "wecom":
      if (receiver.toUsers.length + receiver.toParties.length + receiver.toTags.length > 0) return [];
      return [
        {
          path,
          got: "a wecom receiver without recipients",
          expected: "at least one of toUsers, toParties and toTags",
          remedy: 'add one, for example toUsers: ["@all"]',
        },
      ];
    case "pagerduty":
      return [];
  }
}

/** Receivers and models that are named but not defined. */
function referenceChecks({ routes, rules, names, complete }: View): Finding[] {
  const receivers = names.receivers.map(({ value }) => value);
  const models = names.models.map(({ value }) => value);
  const check = (path: Path, name: string, known: string[], what: string): Finding[] => {
    if (known.includes(name)) return [];
    const near = suggestion(name, known);
    return [
      {
        path,
        got: JSON.stringify(name),
        expected: `a ${what} that is defined: ${known.length === 0 ? "there is none" : known.join(", ")}`,
        remedy: near === undefined ? `define the ${what} or name another` : `did you mean ${near}?`,
      },
    ];
  };
  const findings: Finding[] = [];
  if (routes !== undefined) {
    findings.push(...check(["routes", "defaultReceiver"], routes.defaultReceiver, receivers, "receiver"));
    if (routes.heartbeatReceiver !== undefined)
      findings.push(
        ...check(["routes", "heartbeatReceiver"], routes.heartbeatReceiver, receivers, "receiver"),
      );
  }
  for (const { path, value } of rules) {
    findings.push(...check([...path, "receiver"], value.receiver, receivers, "receiver"));
    if (complete.models)
      value.models?.forEach((model, index) =>
        findings.push(...check([...path, "models", index], model, models, "model")),
      );
    // At the end it is of use: what only rules with continue took would else miss the default receiver.
    if (takesEverything(value) && path !== rules.at(-1)?.path)
      findings.push({
        path,
        got: "a rule without severities, teams and models",
        expected: "at least one of them, in every rule but the last: this one takes every alert",
        remedy: "add one, or move the rule to the end",
      });
  }
  return findings;
}

function timingChecks({ routes, rules, monitoring }: View): Finding[] {
  if (routes === undefined) return [];
  const retention = monitoring?.alertmanager.retention;
  const check = (path: Path, repeatInterval: string, groupInterval: string): Finding[] => {
    const [repeat, group] = [durationSeconds(repeatInterval), durationSeconds(groupInterval)];
    if (repeat < group || repeat % group > 1e-9)
      return [
        {
          path,
          got: JSON.stringify(repeatInterval),
          expected: `a multiple of the group interval (${groupInterval}): Alertmanager looks only then whether to repeat`,
          remedy: `for example ${String(Math.max(1, Math.round(repeat / group)) * group)}s`,
        },
      ];
    if (retention !== undefined && repeat >= durationSeconds(retention))
      return [
        {
          path,
          got: JSON.stringify(repeatInterval),
          expected: `less than monitoring.alertmanager.retention (${retention}): what was sent is forgotten after it`,
          remedy: "shorten it or lengthen the retention",
        },
      ];
    return [];
  };
  return [
    ...check(["routes", "repeatInterval"], routes.repeatInterval, routes.groupInterval),
    ...rules
      .filter(({ value }) => value.repeatInterval !== undefined || value.groupInterval !== undefined)
      .flatMap(({ path, value }) =>
        check(
          [...path, value.repeatInterval === undefined ? "groupInterval" : "repeatInterval"],
          value.repeatInterval ?? routes.repeatInterval,
          value.groupInterval ?? routes.groupInterval,
        ),
      ),
  ];
}

function takesEverything({ severities, teams, models }: RouteRule): boolean {
  return severities === undefined && teams === undefined && models === undefined;
}

/** Rules behind an earlier one that takes all their alerts and stops there. */
function unreachableRules({ rules, complete }: View): Finding[] {
  if (!complete.rules) return [];
  return rules.flatMap(({ path, value }, index) => {
    const earlier = rules
      .slice(0, index)
      .findIndex((rule) => !rule.value.continue && covers(rule.value, value));
    if (earlier < 0) return [];
    return [
      {
        path,
        got: "a rule that no alert reaches",
        expected: `alerts that routes.rules[${String(earlier)}] does not take already`,
        remedy: `set continue: true there, put this rule before it, or remove it`,
      },
    ];
  });
}

function covers(earlier: RouteRule, later: RouteRule): boolean {
  const takes = (all: string[] | undefined, some: string[] | undefined) =>
    all === undefined || (some?.every((value) => all.includes(value)) ?? false);
  return (
    takes(earlier.severities, later.severities) &&
    takes(earlier.teams, later.teams) &&
    takes(earlier.models, later.models)
  );
}
