import * as pulumi from "@pulumi/pulumi";

import type {
  AlertHeartbeatArgs,
  AlertMatcherArgs,
  AlertReceiverArgs,
  AlertRootRouteArgs,
  AlertRouteArgs,
  AlertRoutesArgs,
} from "./args.ts";
import { credentialFile, credentialKey } from "./credentials.ts";

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

type Json =
  pulumi.Input<string | number | boolean> | Json[] | { [key: string]: Json | undefined } | undefined;

/** The configuration; credentials are files of the Secret `credentialsName`. */
export function alertmanagerConfig(args: AlertRoutesArgs, credentialsName: string) {
  const { receivers, heartbeat } = args;
  return {
    route: rootRoute(args.route, heartbeat),
    inhibit_rules: inhibitRules(args.inhibitionLabels ?? DEFAULT_INHIBITION_LABELS),
    receivers: [
      ...receivers.map((receiver) => renderReceiver(receiver, credentialsName)),
      ...(heartbeat === undefined ? [{ name: DISCARD_RECEIVER }] : []),
    ],
  };
}

function rootRoute(route: AlertRootRouteArgs, heartbeat: AlertHeartbeatArgs | undefined) {
  return {
    receiver: route.receiver,
    group_by: route.groupBy ?? DEFAULT_GROUP_BY,
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
  routes?: RenderedRoute[];
}

function renderRoute(route: AlertRouteArgs): RenderedRoute {
  return {
    ...given("receiver", route.receiver),
    matchers: route.matchers.map(renderMatcher),
    ...given("group_by", route.groupBy),
    ...given("group_wait", route.groupWait),
    ...given("group_interval", route.groupInterval),
    ...given("repeat_interval", route.repeatInterval),
    ...(route.continueMatching === true ? { continue: true } : {}),
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

function renderReceiver(receiver: AlertReceiverArgs, credentialsName: string): Record<string, Json> {
  const { name, dingtalk = [], webhook = [], email = [], slack = [], pagerduty = [] } = receiver;
  const file = (kind: string, index: number, what: string, value: unknown) =>
    value === undefined ? undefined : credentialFile(credentialsName, credentialKey(name, kind, index, what));
  return {
    name,
    ...list("webhook_configs", [
      ...dingtalk.map(({ bridgeUrl, robot, sendResolved }) => ({
        url: pulumi.interpolate`${bridgeUrl}/dingtalk/${robot}/send`,
        send_resolved: sendResolved ?? true,
      })),
      ...webhook.map(({ url, secretUrl, bearerToken, maxAlerts, sendResolved }, index) => ({
        ...given("url", url),
        ...given("url_file", file("webhook", index, "url", secretUrl)),
        ...(bearerToken === undefined
          ? {}
          : {
              http_config: {
                authorization: { credentials_file: file("webhook", index, "token", bearerToken) },
              },
            }),
        ...given("max_alerts", maxAlerts),
        send_resolved: sendResolved ?? true,
      })),
    ]),
    ...list(
      "email_configs",
      email.map((mail, index) => ({
        to: pulumi.output(mail.to).apply((addresses) => addresses.join(", ")),
        from: mail.from,
        smarthost: mail.smarthost,
        ...given("auth_username", mail.username),
        ...given("auth_password_file", file("email", index, "password", mail.password)),
        require_tls: mail.requireTls ?? true,
        ...given("force_implicit_tls", mail.implicitTls),
        headers: { Subject: SUBJECT },
        send_resolved: mail.sendResolved ?? true,
      })),
    ),
    ...list(
      "slack_configs",
      slack.map(({ channel, webhookUrl, appToken, sendResolved }, index) => ({
        channel,
        ...given("api_url_file", file("slack", index, "url", webhookUrl)),
        ...given("app_token_file", file("slack", index, "token", appToken)),
        title: SUBJECT,
        text: LINES,
        send_resolved: sendResolved ?? true,
      })),
    ),
    ...list(
      "pagerduty_configs",
      pagerduty.map(({ endpoint, sendResolved }, index) => ({
        routing_key_file: credentialFile(credentialsName, credentialKey(name, "pagerduty", index, "key")),
        ...given("url", endpoint),
        description: SUBJECT,
        severity:
          '{{ if eq .CommonLabels.severity "critical" }}critical{{ else if eq .CommonLabels.severity "info" }}info{{ else }}warning{{ end }}',
        send_resolved: sendResolved ?? true,
      })),
    ),
  };
}

/** One line that tells alerts apart in a list of messages. */
const SUBJECT =
  '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .CommonLabels.alertname }}' +
  "{{ with .CommonLabels.model_name }} {{ . }}{{ end }}{{ with .CommonLabels.cluster }} ({{ . }}){{ end }}";
/** What each alert says, with its runbook. */
const LINES =
  "{{ range .Alerts }}{{ .Annotations.summary }}{{ with .Annotations.runbook_url }} <{{ . }}|runbook>{{ end }}\n{{ end }}";

function list<K extends string>(key: K, items: Json[]): { [P in K]?: Json } {
  return (items.length === 0 ? {} : { [key]: items }) as { [P in K]?: Json };
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
