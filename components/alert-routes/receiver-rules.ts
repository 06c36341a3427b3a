import type * as pulumi from "@pulumi/pulumi";

import { requireDnsLabel, requireInteger, type Report } from "../support/validation.ts";
import { WeComMessageType, type AlertReceiverArgs, type WeComIntegrationArgs } from "./args.ts";

type KnownReceiver = pulumi.Unwrap<AlertReceiverArgs>;
type KnownWeCom = pulumi.Unwrap<WeComIntegrationArgs>;

/** Refuses a receiver that reaches nobody, or not the one who is meant. */
export function checkReceiver(path: string, receiver: KnownReceiver, report: Report): void {
  const { dingtalk = [], webhook = [], email = [], slack = [], pagerduty = [], wecom = [] } = receiver;
  if ([dingtalk, webhook, email, slack, pagerduty, wecom].every(({ length }) => length === 0)) {
    report(
      path,
      receiver.name,
      "must reach somebody",
      "add dingtalk, webhook, email, slack, pagerduty or wecom",
    );
  }
  dingtalk.forEach((robot, index) => {
    checkUrl(`${path}.dingtalk[${String(index)}].bridgeUrl`, robot.bridgeUrl, report);
    requireDnsLabel(report, `${path}.dingtalk[${String(index)}].robot`, robot.robot);
  });
  webhook.forEach((hook, index) => {
    const hookPath = `${path}.webhook[${String(index)}]`;
    exactlyOne(hookPath, hook, ["url", "secretUrl"], report);
    checkUrl(`${hookPath}.url`, hook.url, report);
    requireInteger(report, `${hookPath}.maxAlerts`, hook.maxAlerts, 0);
  });
  email.forEach((mail, index) => {
    checkEmail(`${path}.email[${String(index)}]`, mail, report);
  });
  slack.forEach((channel, index) => {
    const slackPath = `${path}.slack[${String(index)}]`;
    exactlyOne(slackPath, channel, ["webhookUrl", "appToken"], report);
    if (/^[#@]?[^\s#@]+$/.test(channel.channel)) return;
    report(
      `${slackPath}.channel`,
      channel.channel,
      "must be a channel or user",
      'write one such as "#alerts"',
    );
  });
  pagerduty.forEach((service, index) => {
    checkUrl(`${path}.pagerduty[${String(index)}].endpoint`, service.endpoint, report);
  });
  wecom.forEach((application, index) => {
    checkWeCom(`${path}.wecom[${String(index)}]`, application, report);
  });
}

function checkWeCom(
  path: string,
  { toUsers = [], toParties = [], toTags = [], endpoint, messageType, agentId }: KnownWeCom,
  report: Report,
): void {
  if ([toUsers, toParties, toTags].every(({ length }) => length === 0)) {
    const remedy = 'add toUsers, toParties or toTags, such as toUsers ["@all"]';
    report(path, "no recipient", "must reach somebody", remedy);
  }
  for (const [field, ids] of Object.entries({ toUsers, toParties, toTags })) {
    ids.forEach((id, index) => {
      if (/^[^|\s]+$/.test(id)) return;
      report(
        `${path}.${field}[${String(index)}]`,
        id,
        "must be one ID",
        "write each ID as an item of its own",
      );
    });
  }
  if (!/^\d+$/.test(agentId)) {
    report(`${path}.agentId`, agentId, "must be a number in quotes", "copy the AgentId of the application");
  }
  if (messageType !== undefined && !Object.values(WeComMessageType).includes(messageType)) {
    report(`${path}.messageType`, messageType, "must be markdown or text", "choose one of them");
  }
  checkUrl(`${path}.endpoint`, endpoint, report);
  // Alertmanager appends "gettoken" and "message/send" to its path.
  if (endpoint !== undefined && !endpoint.endsWith("/")) {
    report(`${path}.endpoint`, endpoint, "must end with a slash", `write "${endpoint}/"`);
  }
}

function checkEmail(path: string, mail: NonNullable<KnownReceiver["email"]>[number], report: Report): void {
  if (mail.to.length === 0) report(`${path}.to`, mail.to, "must hold an address", "add one");
  for (const [field, addresses] of [
    ["to", mail.to],
    ["from", [mail.from]],
  ] as const) {
    const wrong = addresses.find((address) => !/^[^\s@,]+@[^\s@,]+$/.test(address));
    if (wrong !== undefined) report(`${path}.${field}`, wrong, "must be an e-mail address", "correct it");
  }
  const port = Number(/^[^\s:]+:(\d{1,5})$/.exec(mail.smarthost)?.[1] ?? 0);
  if (port < 1 || port > 65_535) {
    report(
      `${path}.smarthost`,
      mail.smarthost,
      "must be host:port",
      'write one such as "smtp.example.com:587"',
    );
  }
  if ((mail.username === undefined) !== (mail.password === undefined)) {
    const missing = mail.username === undefined ? "username" : "password";
    report(`${path}.${missing}`, undefined, "must be there with the other", "give both, or none");
  }
}

/** Looks only at whether the fields are there, since a value that comes later can't be read yet. */
function exactlyOne(path: string, item: object, fields: [string, string], report: Report): void {
  const present = fields.filter((field) => {
    const property = Object.getOwnPropertyDescriptor(item, field);
    return property !== undefined && (property.get !== undefined || property.value !== undefined);
  });
  if (present.length === 1) return;
  const how = present.length === 0 ? "none" : "both";
  report(path, how, `must have exactly one of ${fields.join(" and ")}`, "give one of them");
}

function checkUrl(path: string, text: string | undefined, report: Report): void {
  if (text === undefined) return;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    report(path, text, "must be an http or https URL", "correct it");
  } else if (
    url.username !== "" ||
    url.password !== "" ||
    /[?&][^=]*(token|key|secret|sign)[^=]*=/i.test(text)
  ) {
    report(
      path,
      `${url.protocol}//${url.host}/...`,
      "must not hold a credential",
      "give it as secretUrl or bearerToken",
    );
  }
}
