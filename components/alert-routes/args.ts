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

/** Somebody who is told: one or more ways at once. */
export interface AlertReceiverArgs {
  /** Name that routes refer to. */
  name: string;
  dingtalk?: DingTalkIntegrationArgs[];
  webhook?: WebhookIntegrationArgs[];
  email?: EmailIntegrationArgs[];
  slack?: SlackIntegrationArgs[];
  pagerduty?: PagerDutyIntegrationArgs[];
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
  /** Alertmanager's retention; a repeat interval must be shorter. Default: 120h. */
  retention?: string;
}
