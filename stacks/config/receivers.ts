import { z } from "zod";
import { expects } from "./messages.ts";
import {
  choice,
  dnsLabel,
  emailAddress,
  flag,
  hostAndPort,
  integer,
  list,
  mapping,
  plainUrl,
  secretKey,
} from "./types.ts";

const name = dnsLabel.meta({ description: "Name that routes refer to." });
const sendResolved = flag.default(true).meta({ description: "Tell the receiver when an alert is over." });
const secret = (what: string) =>
  secretKey.meta({ description: `Name of the secret configuration key that holds ${what}.` });
const kind = <const Kind extends string>(value: Kind, description: string) =>
  z.literal(value).meta({ description });

const mobileError = expects("a mobile number in quotes, digits with an optional country code", "quote it");
const mention = mapping(
  {
    mobiles: list(
      z.string({ error: mobileError }).regex(/^\+?[0-9-]{6,20}$/, { error: mobileError }),
      "mobile numbers",
    )
      .default([])
      .meta({ description: "Mobile numbers of people to mention." }),
    userIds: list(
      z.string({ error: expects("a user ID") }).min(1, { error: expects("a user ID that is not empty") }),
      "user IDs",
    )
      .default([])
      .meta({ description: "DingTalk user IDs of people to mention." }),
    everyone: flag.default(false).meta({ description: "Mention everyone in the group." }),
  },
  "Who is mentioned in the message.",
);

const dingtalk = mapping(
  {
    kind: kind("dingtalk", "A DingTalk group robot, reached through the bridge."),
    name,
    endpoint: plainUrl.default("https://oapi.dingtalk.com/robot/send").meta({
      description: "The robot's endpoint without its access token.",
    }),
    accessTokenFromSecret: secret("the robot's access token"),
    signingSecretFromSecret: secret(
      "the robot's signing secret (SEC…). Leave out for keyword or address security",
    ).optional(),
    keyword: z
      .string({ error: expects("the keyword that the robot demands") })
      .min(1, { error: expects("a keyword that is not empty") })
      .max(100, { error: expects("a keyword of 100 characters at most") })
      .optional()
      .meta({ description: "Keyword that every message must hold, where the robot's security demands one." }),
    messageType: choice(["markdown", "actionCard"])
      .default("markdown")
      .meta({ description: "Form of the message; an action card has buttons for runbook and dashboard." }),
    mention: mention.prefault({}),
    sendResolved,
  },
  "A DingTalk group robot. The bridge signs, shortens and paces the messages.",
);

const email = mapping(
  {
    kind: kind("email", "E-mail over SMTP."),
    name,
    to: list(emailAddress, "e-mail addresses")
      .min(1, { error: expects("at least one e-mail address") })
      .meta({ description: "Addresses of the recipients." }),
    from: emailAddress.meta({ description: "Address of the sender." }),
    smarthost: hostAndPort.meta({ description: "SMTP server as host:port." }),
    username: z
      .string({ error: expects("a user name") })
      .min(1, { error: expects("a user name that is not empty") })
      .optional()
      .meta({ description: "SMTP user name. Default: no authentication." }),
    passwordFromSecret: secret("the SMTP password").optional(),
    requireTls: flag.default(true).meta({ description: "Refuse to send without TLS." }),
    sendResolved,
  },
  "E-mail.",
);

const webhook = mapping(
  {
    kind: kind("webhook", "Alertmanager's own JSON, posted to a URL."),
    name,
    url: plainUrl.optional().meta({ description: "URL to post to, when it holds no credential." }),
    urlFromSecret: secret("the URL, when the URL itself is a credential").optional(),
    bearerTokenFromSecret: secret("a bearer token for the Authorization header").optional(),
    maxAlerts: integer(0, 10_000)
      .default(0)
      .meta({ description: "Most alerts in one message; the rest are counted only. 0: all." }),
    sendResolved,
  },
  "A webhook. Exactly one of url and urlFromSecret.",
);

const slack = mapping(
  {
    kind: kind("slack", "A Slack channel."),
    name,
    channel: z
      .string({ error: expects("a channel such as '#alerts' in quotes") })
      .regex(/^[#@]?[^\s#@]+$/, { error: expects("a channel such as '#alerts' in quotes") })
      .meta({ description: "Channel or user; quote it, # starts a comment in YAML." }),
    webhookUrlFromSecret: secret("the incoming webhook's URL").optional(),
    appTokenFromSecret: secret("the app's token").optional(),
    sendResolved,
  },
  "A Slack channel. Exactly one of webhookUrlFromSecret and appTokenFromSecret.",
);

const pagerduty = mapping(
  {
    kind: kind("pagerduty", "PagerDuty Events v2."),
    name,
    routingKeyFromSecret: secret("the integration's routing key"),
    endpoint: plainUrl.optional().meta({
      description: "Events endpoint. Default: Alertmanager's own, https://events.pagerduty.com/v2/enqueue.",
    }),
    sendResolved,
  },
  "A PagerDuty service.",
);

const recipientError = expects("an ID without spaces and '|'", "quote it");
const recipients = (what: string) =>
  list(z.string({ error: recipientError }).regex(/^[^|\s]+$/, { error: recipientError }), "IDs")
    .default([])
    .meta({ description: what });
const agentIdError = expects("the number of the application in quotes", "quote it");

const wecom = mapping(
  {
    kind: kind("wecom", "An application of WeCom (WeChat Work)."),
    name,
    corpId: z
      .string({ error: expects("the ID of the company") })
      .min(1, { error: expects("an ID that is not empty") })
      .meta({ description: "ID of the company." }),
    agentId: z
      .string({ error: agentIdError })
      .regex(/^\d+$/, { error: agentIdError })
      .meta({ description: "ID of the application." }),
    apiSecretFromSecret: secret("the application's secret"),
    toUsers: recipients("User IDs, or '@all'."),
    toParties: recipients("IDs of departments."),
    toTags: recipients("IDs of tags."),
    messageType: choice(["markdown", "text"])
      .default("markdown")
      .meta({ description: "Form of the message." }),
    sendResolved,
  },
  "An application of WeCom. At least one of toUsers, toParties and toTags.",
);

export const receiverSchema = z
  .discriminatedUnion("kind", [dingtalk, email, webhook, slack, pagerduty, wecom])
  .meta({ description: "One destination of alerts." });

export const receiversSchema = list(receiverSchema, "receivers")
  .min(1, { error: expects("at least one receiver", "an alert that nobody receives is no alert") })
  .meta({ description: "Destinations of alerts. Credentials are named, never written here." });

export type ReceiverSettings = z.output<typeof receiverSchema>;
export type DingTalkSettings = z.output<typeof dingtalk>;
export type EmailSettings = z.output<typeof email>;
export type WebhookSettings = z.output<typeof webhook>;
export type SlackSettings = z.output<typeof slack>;
export type PagerDutySettings = z.output<typeof pagerduty>;
export type WeComSettings = z.output<typeof wecom>;
