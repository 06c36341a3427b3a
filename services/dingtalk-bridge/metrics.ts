/**
 * The bridge's own metrics: names, types and labels as one typed list, free of code, so that rules and dashboards can refer to
 * them and a test can compare the list with what /metrics exposes.
 */

/** Describes one metric family. */
export interface BridgeMetric {
  /** Full name as exposed. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Bucket bounds of a histogram, in the metric's unit. */
  readonly buckets?: readonly number[];
}

/** Every metric of the bridge by a short key. `process_*` and `nodejs_*` of prom-client come on top. */
export const bridgeMetrics = {
  notificationsReceived: {
    name: "dingtalk_bridge_notifications_received_total",
    type: "counter",
    help: "Notifications that Alertmanager posted for a robot and that were well formed, repeats included.",
    labels: ["robot"],
  },
  notificationsSent: {
    name: "dingtalk_bridge_notifications_sent_total",
    type: "counter",
    help: "Notifications that DingTalk accepted and Alertmanager was told 200 for.",
    labels: ["robot"],
  },
  notificationsFailed: {
    name: "dingtalk_bridge_notifications_failed_total",
    type: "counter",
    help: "Notifications that Alertmanager was told 503 (it repeats them) or 400 (a person has to act) for.",
    labels: ["robot", "reason"],
  },
  notificationsCoalesced: {
    name: "dingtalk_bridge_notifications_coalesced_total",
    type: "counter",
    help: "Notifications that shared a message with others because the rate limit was used up.",
    labels: ["robot"],
  },
  messagesSent: {
    name: "dingtalk_bridge_messages_sent_total",
    type: "counter",
    help: "Messages that DingTalk accepted.",
    labels: ["robot"],
  },
  messagesTruncated: {
    name: "dingtalk_bridge_messages_truncated_total",
    type: "counter",
    help: "Accepted messages that had to leave out or cut alerts to stay within 20,000 bytes.",
    labels: ["robot"],
  },
  alertsOmitted: {
    name: "dingtalk_bridge_alerts_omitted_total",
    type: "counter",
    help: "Alerts that accepted messages only counted as +N more.",
    labels: ["robot"],
  },
  notificationDuration: {
    name: "dingtalk_bridge_notification_duration_seconds",
    type: "histogram",
    help: "Time from a notification's arrival to the answer to Alertmanager, its wait included.",
    labels: ["robot"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60],
  },
  robotRequestDuration: {
    name: "dingtalk_bridge_robot_request_duration_seconds",
    type: "histogram",
    help: "Time of one call to DingTalk, failed ones included.",
    labels: ["robot"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  queuedNotifications: {
    name: "dingtalk_bridge_queued_notifications",
    type: "gauge",
    help: "Notifications that wait for their turn.",
    labels: ["robot"],
  },
  throttledUntil: {
    name: "dingtalk_bridge_throttled_until_timestamp_seconds",
    type: "gauge",
    help: "Unix time until which nothing is sent because DingTalk refused the robot for its rate; 0 when it is not throttled.",
    labels: ["robot"],
  },
  lastSuccess: {
    name: "dingtalk_bridge_last_success_timestamp_seconds",
    type: "gauge",
    help: "Unix time of the last message that DingTalk accepted; 0 before the first.",
    labels: ["robot"],
  },
  secretReadFailures: {
    name: "dingtalk_bridge_secret_read_failures_total",
    type: "counter",
    help: "Failed reads of a robot's secret files; the last good value serves on.",
    labels: ["robot"],
  },
  requestsRejected: {
    name: "dingtalk_bridge_requests_rejected_total",
    type: "counter",
    help: "Webhook requests that were answered 4xx before they reached a robot.",
    labels: ["reason"],
  },
  buildInfo: {
    name: "dingtalk_bridge_build_info",
    type: "gauge",
    help: "Always 1; the labels tell the versions of the bridge and of Node.js.",
    labels: ["version", "node_version"],
  },
} as const satisfies Record<string, BridgeMetric>;

/** Why a request never reached a robot; label `reason` of `requestsRejected`. */
export const RequestRejection = {
  malformed: "malformed",
  tooLarge: "too_large",
  unknownRobot: "unknown_robot",
  method: "method",
  aborted: "aborted",
} as const;
export type RequestRejection = (typeof RequestRejection)[keyof typeof RequestRejection];
