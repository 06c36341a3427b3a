import type * as pulumi from "@pulumi/pulumi";

type Input<T> = pulumi.Input<T>;

/** A DingTalk group robot, reached through the bridge. */
export interface DingTalkIntegrationArgs {
  /** Address of the bridge, for example `DingTalkBridge.url`. */
  bridgeUrl: Input<string>;
  /** Name of the robot in the bridge's configuration. */
  robot: Input<string>;
  /** Default: true. */
  sendResolved?: Input<boolean>;
}

/** Alertmanager's own JSON, posted to a URL. */
export interface WebhookIntegrationArgs {
  /** URL that holds no credential. Exactly one of url and secretUrl. */
  url?: Input<string>;
  /** URL that is a credential itself; kept in a Secret. */
  secretUrl?: Input<string>;
  /** Token for the Authorization header; kept in a Secret. */
  bearerToken?: Input<string>;
  /** Alerts of one message at most; the rest are only counted. 0 (default): all. */
  maxAlerts?: Input<number>;
  /** Default: true. */
  sendResolved?: Input<boolean>;
}

/** E-mail over SMTP. */
export interface EmailIntegrationArgs {
  to: Input<Input<string>[]>;
  from: Input<string>;
  /** host:port of the SMTP server. */
  smarthost: Input<string>;
  /** User name; with a password. */
  username?: Input<string>;
  /** Kept in a Secret. */
  password?: Input<string>;
  /** Refuse to send in clear. Default: true. */
  requireTls?: Input<boolean>;
  /** TLS from the first byte (usual for port 465) instead of STARTTLS. Default: Alertmanager decides by the port. */
  implicitTls?: Input<boolean>;
  /** Default: true. */
  sendResolved?: Input<boolean>;
}

/** A Slack channel. */
export interface SlackIntegrationArgs {
  channel: Input<string>;
  /** Address of an incoming webhook; kept in a Secret. Exactly one of webhookUrl and appToken. */
  webhookUrl?: Input<string>;
  /** Token of an app ("xoxb-..."); kept in a Secret. */
  appToken?: Input<string>;
  /** Default: true. */
  sendResolved?: Input<boolean>;
}

/** A PagerDuty service (Events API v2). */
export interface PagerDutyIntegrationArgs {
  /** Integration key; kept in a Secret. */
  routingKey: Input<string>;
  /** Default: PagerDuty's own. */
  endpoint?: Input<string>;
  /** Default: true. */
  sendResolved?: Input<boolean>;
}

/** How WeCom shows a message. */
export const WeComMessageType = {
  /** Formatted; only the WeCom app shows it. */
  Markdown: "markdown",
  /** As it is, in every client. */
  Text: "text",
} as const;
export type WeComMessageType = (typeof WeComMessageType)[keyof typeof WeComMessageType];

/**
 * An application of WeCom (WeChat Work), which sends to people, departments or tags of the company. Group robots speak
 * another protocol, which Alertmanager lacks.
 */
export interface WeComIntegrationArgs {
  /** ID of the company. */
  corpId: Input<string>;
  /** ID of the application. */
  agentId: Input<string>;
  /** Secret of the application; kept in a Secret. */
  apiSecret: Input<string>;
  /** User IDs, or "@all". At least one of toUsers, toParties and toTags. */
  toUsers?: Input<string>[];
  /** IDs of departments. */
  toParties?: Input<string>[];
  /** IDs of tags. */
  toTags?: Input<string>[];
  /** Form of the message. Default: markdown. */
  messageType?: Input<WeComMessageType>;
  /** Default: Alertmanager's own, https://qyapi.weixin.qq.com/cgi-bin/. */
  endpoint?: Input<string>;
  /** Default: true. */
  sendResolved?: Input<boolean>;
}

/** Somebody who is told: one or more ways at once. */
export interface AlertReceiverArgs {
  /** Name that routes refer to. */
  name: string;
  dingtalk?: DingTalkIntegrationArgs[];
  webhook?: WebhookIntegrationArgs[];
  email?: EmailIntegrationArgs[];
  slack?: SlackIntegrationArgs[];
  pagerduty?: PagerDutyIntegrationArgs[];
  wecom?: WeComIntegrationArgs[];
}

/** How a matcher compares. */
export const MatchOperator = { Equal: "=", NotEqual: "!=", Matches: "=~", MatchesNot: "!~" } as const;
export type MatchOperator = (typeof MatchOperator)[keyof typeof MatchOperator];

/** One condition on a label; an absent label is the empty text. */
export interface AlertMatcherArgs {
  label: string;
  operator: MatchOperator;
  /** Text, or for =~ and !~ a regular expression (RE2) that has to match the whole value. */
  value: string;
}

/** Days of the week as time windows name them. */
export const Weekday = {
  Monday: "monday",
  Tuesday: "tuesday",
  Wednesday: "wednesday",
  Thursday: "thursday",
  Friday: "friday",
  Saturday: "saturday",
  Sunday: "sunday",
} as const;
export type Weekday = (typeof Weekday)[keyof typeof Weekday];

/** A part of a day, the end excluded. */
export interface AlertTimeRangeArgs {
  /** "HH:MM". */
  start: string;
  /** "HH:MM", later than the start; "24:00" is the end of the day. A window over midnight takes two ranges. */
  end: string;
}

/** Times that repeat. What is absent is not looked at; what is there must all hold. */
export interface AlertTimeWindowArgs {
  times?: AlertTimeRangeArgs[];
  weekdays?: Weekday[];
  /** Days or ranges such as "1" or "1:7"; negative ones count from the end of the month. */
  daysOfMonth?: string[];
  /** Numbers or ranges such as "12" or "1:3". */
  months?: string[];
  /** Years or ranges such as "2026" or "2026:2028". */
  years?: string[];
}

/** A named set of windows, such as office hours. */
export interface AlertTimeIntervalArgs {
  /** Name that routes refer to. */
  name: string;
  /** Time zone of the IANA database, such as "Asia/Shanghai"; always written down, UTC included. */
  timeZone: string;
  /** One of them must hold. */
  windows: AlertTimeWindowArgs[];
}

/** While the source fires, the targets that are about the same thing are not sent. */
export interface AlertInhibitionArgs {
  /** All must hold. Source and target must be told apart by the values of a label that both name. */
  source: AlertMatcherArgs[];
  target: AlertMatcherArgs[];
  /** Labels that must be there, and equal, on both: an alert that lacks one of them is never muted by this. */
  equal: string[];
}

/** A branch of the route tree. What is absent comes from the branch above. */
export interface AlertRouteArgs {
  /** All must hold. */
  matchers: AlertMatcherArgs[];
  receiver?: string;
  /** Labels whose equal values put alerts into one message. */
  groupBy?: string[];
  /** How long the first message of a group waits for more alerts. */
  groupWait?: string;
  /** Least time between two messages of a group. */
  groupInterval?: string;
  /** After how long an unchanged alert is sent again; a multiple of groupInterval. */
  repeatInterval?: string;
  /**
   * Whether later branches see the alert too. Default: false. The root's receiver is no branch: it gets only what no
   * branch takes, not even one that continues. Where it should get the rest all the same, end with a branch without
   * matchers for it.
   */
  continueMatching?: boolean;
  /** Names of time intervals during which this branch sends nothing. Its alerts are not lost: it sends them afterwards. */
  muteTimeIntervals?: string[];
  /** Names of time intervals outside of which this branch sends nothing. */
  activeTimeIntervals?: string[];
  routes?: AlertRouteArgs[];
}

/** The root of the route tree, which takes every alert that no branch takes. */
export interface AlertRootRouteArgs {
  /** Receiver of alerts that nobody else gets. It must reach somebody. */
  receiver: string;
  /** Default: cluster, alertname, namespace, model_name. */
  groupBy?: string[];
  /** Default: 30s. */
  groupWait?: string;
  /** Default: 5m. */
  groupInterval?: string;
  /** Default: 4h. */
  repeatInterval?: string;
  /** Branches, tried in order. */
  routes?: AlertRouteArgs[];
}

/** Where the ever-firing Watchdog goes: a service outside the cluster that raises the alarm when it stops. */
export interface AlertHeartbeatArgs {
  receiver: string;
  /** How often the heartbeat is sent. Default: 1m. */
  interval?: string;
}

/** Arguments of AlertRoutes. */
export interface AlertRoutesArgs {
  /** Namespace of the Secrets: that of Alertmanager. */
  namespace: Input<string>;
  receivers: AlertReceiverArgs[];
  route: AlertRootRouteArgs;
  /** Default: none, and the Watchdog alert goes nowhere. */
  heartbeat?: AlertHeartbeatArgs;
  /**
   * Labels that must be equal for a critical alert to mute a warning, and a warning an info. Default: alertname and every
   * label that says which thing it is about. `alertname` has to be among them: it is the only label that every alert has,
   * and alerts that both lack a label count as equal in it.
   */
  inhibitionLabels?: string[];
  /** More inhibitions, such as of symptoms by their cause. Default: none. */
  inhibitions?: AlertInhibitionArgs[];
  /** Default: none. */
  timeIntervals?: AlertTimeIntervalArgs[];
  /** Alertmanager's retention; a repeat interval must be shorter. Default: 120h. */
  retention?: string;
}
