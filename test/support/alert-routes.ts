/** Routes that reach every kind of receiver, for golden files, amtool and the real operator. */
import * as pulumi from "@pulumi/pulumi";

import { matchAny, type AlertReceiverArgs, type AlertRoutesArgs } from "../../components/alert-routes.ts";

/** Every credential of {@link everyReceiver}. */
export const SECRETS = [
  "https://hooks.example.com/secret-path",
  "bearer-secret",
  "smtp-secret",
  "https://hooks.slack.com/services/secret",
  "xoxb-secret",
  "pagerduty-secret",
  "wecom-secret",
];
const [hookUrl = "", bearer = "", smtp = "", slackUrl = "", slackToken = "", pagerduty = "", wecom = ""] =
  SECRETS.map((secret) => pulumi.secret(secret));

export const everyReceiver: AlertReceiverArgs[] = [
  {
    name: "oncall-dingtalk",
    dingtalk: [{ bridgeUrl: "http://dingtalk-bridge.monitoring.svc:8060", robot: "oncall" }],
  },
  {
    name: "oncall",
    pagerduty: [{ routingKey: pagerduty }],
    slack: [{ channel: "#oncall", appToken: slackToken }],
  },
  { name: "chat-team", slack: [{ channel: "#chat", webhookUrl: slackUrl, sendResolved: false }] },
  {
    name: "mail",
    email: [
      {
        to: ["sre@example.com", "oncall@example.com"],
        from: "alerts@example.com",
        smarthost: "smtp.example.com:587",
        username: "alerts",
        password: smtp,
      },
    ],
  },
  { name: "heartbeat", webhook: [{ secretUrl: hookUrl }] },
  {
    name: "archive",
    wecom: [
      { corpId: "ww1234", agentId: "1000002", apiSecret: wecom, toUsers: ["ada", "lin"], toParties: ["7"] },
    ],
    webhook: [{ url: "https://archive.example.com/alerts", bearerToken: bearer, maxAlerts: 100 }],
  },
];

export const routesExample: AlertRoutesArgs = {
  namespace: "monitoring",
  receivers: everyReceiver,
  heartbeat: { receiver: "heartbeat" },
  inhibitions: [
    {
      source: [matchAny("alertname", ["ModelDown"])],
      target: [matchAny("alertname", ["SloErrorBudgetBurn", "SloSignalAbsent"])],
      equal: ["cluster", "namespace", "model_name"],
    },
  ],
  timeIntervals: [
    {
      name: "office-hours",
      timeZone: "Asia/Shanghai",
      windows: [
        {
          times: [{ start: "09:00", end: "18:30" }],
          weekdays: ["monday", "tuesday", "wednesday", "thursday", "friday"],
        },
      ],
    },
    {
      name: "holidays",
      timeZone: "UTC",
      windows: [{ daysOfMonth: ["1:7", "-1"], months: ["10"], years: ["2026:2028"] }],
    },
  ],
  route: {
    receiver: "oncall-dingtalk",
    routes: [
      {
        matchers: [{ label: "severity", operator: "!=", value: "none" }],
        receiver: "archive",
        continueMatching: true,
      },
      { matchers: [matchAny("severity", ["critical"])], receiver: "oncall", repeatInterval: "1h" },
      {
        matchers: [matchAny("team", ["chat", "search"])],
        groupBy: ["alertname", "team"],
        routes: [
          { matchers: [matchAny("model_name", ["meta-llama/Llama-3.1-8B"])], receiver: "chat-team" },
          {
            matchers: [],
            receiver: "mail",
            groupInterval: "10m",
            repeatInterval: "12h",
            activeTimeIntervals: ["office-hours"],
            muteTimeIntervals: ["holidays"],
          },
        ],
      },
      // The archive alone would be enough of a receiver for Alertmanager.
      { matchers: [], receiver: "oncall-dingtalk" },
    ],
  },
};
