import type {
  AlertHeartbeatArgs,
  AlertInhibitionArgs,
  AlertMatcherArgs,
  AlertRootRouteArgs,
  AlertRouteArgs,
  AlertRoutesArgs,
} from "./args.ts";
import { given } from "./fields.ts";
import { renderReceiver } from "./receivers.ts";
import { renderTimeIntervals } from "./time-intervals.ts";

/**
 * Alertmanager's configuration file, in fields that the operator's own decoder knows too. Where AlertmanagerConfig objects
 * are selected, the operator reads the file with structures of its own and, on a field that they lack, silently keeps the
 * old configuration (v0.93, pkg/alertmanager/types.go, has no route `labels`, inhibition `name`, `tracing` or
 * `event_recorder`). test/tools/kube-prometheus.test.ts sends this file through it.
 */

export const DEFAULT_GROUP_BY = ["cluster", "alertname", "namespace", "model_name"];
export const DEFAULT_GROUP_WAIT = "30s";
export const DEFAULT_GROUP_INTERVAL = "5m";
export const DEFAULT_REPEAT_INTERVAL = "4h";
export const DEFAULT_HEARTBEAT_INTERVAL = "1m";
/** `alertname`, and what an alert may be about: a critical alert of one replica says nothing about another one. */
export const DEFAULT_INHIBITION_LABELS = [
  "alertname",
  "cluster",
  "namespace",
  "model_name",
  "node",
  "pod",
  "instance",
];
/** Receiver that tells nobody, of the Watchdog alert when there is no heartbeat. */
export const DISCARD_RECEIVER = "discard";
const WATCHDOG: AlertMatcherArgs = { label: "alertname", operator: "=", value: "Watchdog" };

/** The configuration; credentials are files of the Secret `credentialsName`. */
export function alertmanagerConfig(args: AlertRoutesArgs, credentialsName: string) {
  const { receivers, heartbeat } = args;
  return {
    route: rootRoute(args.route, heartbeat),
    inhibit_rules: [
      ...inhibitRules(args.inhibitionLabels ?? DEFAULT_INHIBITION_LABELS),
      ...(args.inhibitions ?? []).map(renderInhibition),
    ],
    ...renderTimeIntervals(args.timeIntervals ?? []),
    receivers: [
      ...receivers.map((receiver) => renderReceiver(receiver, credentialsName)),
      ...(heartbeat === undefined ? [{ name: DISCARD_RECEIVER }] : []),
    ],
  };
}

function rootRoute(route: AlertRootRouteArgs, heartbeat: AlertHeartbeatArgs | undefined) {
  return {
    receiver: route.receiver,
    group_by: asSet(route.groupBy ?? DEFAULT_GROUP_BY),
    group_wait: route.groupWait ?? DEFAULT_GROUP_WAIT,
    group_interval: route.groupInterval ?? DEFAULT_GROUP_INTERVAL,
    repeat_interval: route.repeatInterval ?? DEFAULT_REPEAT_INTERVAL,
    routes: [watchdogRoute(heartbeat), ...(route.routes ?? []).map(renderRoute)],
  };
}

/** First of all, so that no branch for a severity or a team takes it. */
function watchdogRoute(heartbeat: AlertHeartbeatArgs | undefined) {
  const matchers = [renderMatcher(WATCHDOG)];
  if (heartbeat === undefined) return { receiver: DISCARD_RECEIVER, matchers };
  const interval = heartbeat.interval ?? DEFAULT_HEARTBEAT_INTERVAL;
  return {
    receiver: heartbeat.receiver,
    matchers,
    group_by: ["cluster", "alertname"],
    group_wait: "0s",
    // Repeats go out on ticks of the group interval only.
    group_interval: interval,
    repeat_interval: interval,
  };
}

interface RenderedRoute {
  receiver?: string;
  matchers: string[];
  group_by?: string[];
  group_wait?: string;
  group_interval?: string;
  repeat_interval?: string;
  continue?: boolean;
  mute_time_intervals?: string[];
  active_time_intervals?: string[];
  routes?: RenderedRoute[];
}

/** Names whose order means nothing to Alertmanager, in one order, so that to reorder them changes nothing. */
const asSet = (names: readonly string[]): string[] => [...names].sort();

function renderRoute(route: AlertRouteArgs): RenderedRoute {
  return {
    ...given("receiver", route.receiver),
    matchers: route.matchers.map(renderMatcher),
    ...given("group_by", route.groupBy && asSet(route.groupBy)),
    ...given("group_wait", route.groupWait),
    ...given("group_interval", route.groupInterval),
    ...given("repeat_interval", route.repeatInterval),
    ...(route.continueMatching === true ? { continue: true } : {}),
    ...given("mute_time_intervals", route.muteTimeIntervals && asSet(route.muteTimeIntervals)),
    ...given("active_time_intervals", route.activeTimeIntervals && asSet(route.activeTimeIntervals)),
    ...(route.routes === undefined ? {} : { routes: route.routes.map(renderRoute) }),
  };
}

/** Quoted always: unquoted values mean different things to the classic and to the UTF-8 parser. */
export function renderMatcher({ label, operator, value }: AlertMatcherArgs): string {
  const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `${label}${operator}"${escaped}"`;
}

/** Matcher for one of several texts. */
export function matchAny(label: string, values: string[]): AlertMatcherArgs {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return { label, operator: "=", value: only };
  return { label, operator: "=~", value: values.map(escapeExpression).join("|") };
}

function escapeExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function inhibitRules(equal: string[]) {
  const rule = (source: string, target: string) => ({
    source_matchers: [renderMatcher({ label: "severity", operator: "=", value: source })],
    target_matchers: [renderMatcher({ label: "severity", operator: "=~", value: target })],
    equal,
  });
  return [rule("critical", "warning|info"), rule("warning", "info")];
}

/**
 * Alertmanager takes a label that both alerts lack for equal. Each equal label is therefore demanded of both sides: what
 * says nothing about a thing is not about the same thing.
 */
function renderInhibition({ source, target, equal }: AlertInhibitionArgs) {
  const side = (matchers: AlertMatcherArgs[]) => [
    ...matchers.map(renderMatcher),
    ...equal.map((label) => renderMatcher({ label, operator: "!=", value: "" })),
  ];
  return { source_matchers: side(source), target_matchers: side(target), equal };
}
