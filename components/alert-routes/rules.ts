import type * as pulumi from "@pulumi/pulumi";

import { parseDuration } from "../support/quantity.ts";
import { requireDnsLabel, type Report, type Rule } from "../support/validation.ts";
import type { AlertRouteArgs, AlertRoutesArgs } from "./args.ts";
import {
  DEFAULT_GROUP_BY,
  DEFAULT_GROUP_INTERVAL,
  DEFAULT_HEARTBEAT_INTERVAL,
  DEFAULT_INHIBITION_LABELS,
  DEFAULT_REPEAT_INTERVAL,
  DISCARD_RECEIVER,
} from "./config.ts";
import { checkInhibitions } from "./inhibition-rules.ts";
import { checkLabel, checkMatchers } from "./matcher-rules.ts";
import { checkReceiver } from "./receiver-rules.ts";
import { checkTimeIntervals } from "./time-interval-rules.ts";

/** What Alertmanager would refuse, or do in another way than it was meant. */

type Known = pulumi.Unwrap<AlertRoutesArgs>;
type KnownRoute = pulumi.Unwrap<AlertRouteArgs>;

export const RULES: Rule<Known>[] = [
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  (args, report) => {
    if (args.receivers.length === 0) {
      report("receivers", [], "must hold a receiver", "an alert that nobody receives is no alert");
    }
    const names = args.receivers.map(({ name }) => name);
    names.forEach((name, index) => {
      const path = `receivers[${String(index)}].name`;
      // It is part of a Secret's key.
      requireDnsLabel(report, path, name);
      if (names.indexOf(name) !== index) report(path, name, "must be unique", "rename one of the receivers");
      if (name === DISCARD_RECEIVER)
        report(path, name, "is the name of the receiver that tells nobody", "rename it");
    });
  },
  (args, report) => {
    args.receivers.forEach((receiver, index) => {
      checkReceiver(`receivers[${String(index)}]`, receiver, report);
    });
  },
  (args, report) => {
    const names = new Set(args.receivers.map(({ name }) => name));
    const check = (path: string, receiver: string | undefined): void => {
      if (receiver === undefined || names.has(receiver)) return;
      report(path, receiver, "is no receiver", `use one of ${[...names].join(", ")}, or add it`);
    };
    check("route.receiver", args.route.receiver);
    if (args.route.receiver === "") {
      report("route.receiver", "", "must name a receiver", "it gets every alert that no branch takes");
    }
    check("heartbeat.receiver", args.heartbeat?.receiver);
    eachRoute(args, (path, route) => {
      check(`${path}.receiver`, route.receiver);
    });
  },
  (args, report) => {
    checkGroupBy("route.groupBy", args.route.groupBy, report);
    eachRoute(args, (path, route) => {
      checkGroupBy(`${path}.groupBy`, route.groupBy, report);
      checkMatchers(`${path}.matchers`, route.matchers, report);
    });
  },
  checkReachable,
  checkIntervals,
  (args, report) => {
    const labels = args.inhibitionLabels ?? DEFAULT_INHIBITION_LABELS;
    labels.forEach((label, index) => {
      checkLabel(`inhibitionLabels[${String(index)}]`, label, report);
    });
    if (labels.includes("severity")) {
      const remedy = "remove it, since source and target differ in it";
      report("inhibitionLabels", labels, "must not hold severity", remedy);
    }
    if (labels.includes("alertname")) return;
    const reason =
      "must hold alertname, or an alert that lacks the other labels mutes every one that lacks them too";
    report("inhibitionLabels", labels, reason, "add alertname");
  },
  checkInhibitions,
  (args, report) => {
    const uses: { path: string; names: string[] }[] = [];
    eachRoute(args, (path, route) => {
      for (const field of ["muteTimeIntervals", "activeTimeIntervals"] as const) {
        uses.push({ path: `${path}.${field}`, names: route[field] ?? [] });
      }
    });
    checkTimeIntervals(args.timeIntervals ?? [], uses, report);
  },
];

function eachRoute(args: Known, visit: (path: string, route: KnownRoute) => void): void {
  const walk = (path: string, routes: KnownRoute[] | undefined): void => {
    (routes ?? []).forEach((route, index) => {
      const routePath = `${path}.routes[${String(index)}]`;
      visit(routePath, route);
      walk(routePath, route.routes);
    });
  };
  walk("route", args.route.routes);
}

function checkGroupBy(path: string, labels: string[] | undefined, report: Report): void {
  if (labels === undefined) return;
  if (labels.length === 0) {
    report(path, labels, "must name a label", "without one, alerts of all kinds are in one message");
  }
  labels.forEach((label, index) => {
    const labelPath = `${path}[${String(index)}]`;
    if (label === "...") {
      const remedy = `name labels, for example ${DEFAULT_GROUP_BY.join(", ")}`;
      report(labelPath, label, "would send a message for each alert, more than chat services take", remedy);
      return;
    }
    checkLabel(labelPath, label, report);
    if (labels.indexOf(label) !== index) report(labelPath, label, "stands there twice", "name it once");
  });
}

/** A branch without matchers takes all that is left. */
function checkReachable(args: Known, report: Report): void {
  const check = (path: string, routes: KnownRoute[] | undefined): void => {
    (routes ?? []).forEach((route, index, all) => {
      const routePath = `${path}.routes[${String(index)}]`;
      if (route.matchers.length === 0 && route.continueMatching !== true && index < all.length - 1) {
        const remedy = "give it matchers, move it to the end, or set continueMatching";
        report(`${routePath}.matchers`, [], "takes every alert, so that no later branch gets one", remedy);
      }
      check(routePath, route.routes);
    });
  };
  check("route", args.route.routes);
}

interface Timing {
  groupInterval: string;
  repeatInterval: string;
}

function checkIntervals(args: Known, report: Report): void {
  const retention = args.retention ?? "120h";
  requireDuration("retention", retention, report);
  const check = (path: string, route: Partial<KnownRoute>, above: Timing): Timing => {
    for (const field of ["groupWait", "groupInterval", "repeatInterval"] as const) {
      requireDuration(`${path}.${field}`, route[field], report, field === "groupWait");
    }
    const timing = {
      groupInterval: route.groupInterval ?? above.groupInterval,
      repeatInterval: route.repeatInterval ?? above.repeatInterval,
    };
    const changed = route.groupInterval !== undefined || route.repeatInterval !== undefined;
    if (changed || path === "route") checkTiming(path, timing, retention, report);
    return timing;
  };
  const walk = (path: string, routes: KnownRoute[] | undefined, above: Timing): void => {
    (routes ?? []).forEach((route, index) => {
      const routePath = `${path}.routes[${String(index)}]`;
      walk(routePath, route.routes, check(routePath, route, above));
    });
  };
  const defaults = { groupInterval: DEFAULT_GROUP_INTERVAL, repeatInterval: DEFAULT_REPEAT_INTERVAL };
  walk("route", args.route.routes, check("route", args.route, defaults));
  const heartbeat = args.heartbeat?.interval;
  if (heartbeat === undefined) return;
  requireDuration("heartbeat.interval", heartbeat, report);
  if ((parseDuration(heartbeat) ?? 0) > 600) {
    const remedy = `use ${DEFAULT_HEARTBEAT_INTERVAL}`;
    report("heartbeat.interval", heartbeat, "is so long that a broken alert path goes unnoticed", remedy);
  }
}

function checkTiming(path: string, timing: Timing, retention: string, report: Report): void {
  const [group, repeat, kept] = [timing.groupInterval, timing.repeatInterval, retention].map(parseDuration);
  if (group === undefined || repeat === undefined || kept === undefined || group <= 0) return;
  const quotient = repeat / group;
  if (Math.abs(quotient - Math.round(quotient)) > 1e-9 || quotient < 1) {
    const reason = `must be a multiple of the group interval ${timing.groupInterval}, on whose ticks alone it is looked at`;
    report(`${path}.repeatInterval`, timing.repeatInterval, reason, `use ${nextMultiple(repeat, group)}`);
  }
  if (repeat >= kept) {
    const reason = `must be shorter than Alertmanager's retention ${retention}, after which it forgets what it sent`;
    report(
      `${path}.repeatInterval`,
      timing.repeatInterval,
      reason,
      "lower it, or raise retention in both places",
    );
  }
}

function nextMultiple(seconds: number, step: number): string {
  return `${String(Math.max(1, Math.ceil(seconds / step)) * step)}s`;
}

function requireDuration(path: string, value: string | undefined, report: Report, isZeroFine = false): void {
  if (value === undefined) return;
  const seconds = parseDuration(value);
  if (seconds !== undefined && (seconds > 0 || isZeroFine)) return;
  const reason = isZeroFine ? "must be a duration" : "must be a duration above zero";
  report(path, value, reason, 'write one such as "30s", "5m" or "4h"');
}
