import * as pulumi from "@pulumi/pulumi";

import type { AlertReceiverArgs } from "./args.ts";
import { credentialFile, credentialKey } from "./credentials.ts";
import { given, list, type Json } from "./fields.ts";

/** A receiver in Alertmanager's form; credentials are files of the Secret `credentialsName`. */
export function renderReceiver(receiver: AlertReceiverArgs, credentialsName: string): Record<string, Json> {
  const { name, dingtalk = [], webhook = [], email = [], slack = [], pagerduty = [], wecom = [] } = receiver;
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
    ...list(
      "wechat_configs",
      wecom.map((application, index) => ({
        corp_id: application.corpId,
        agent_id: application.agentId,
        api_secret_file: credentialFile(credentialsName, credentialKey(name, "wecom", index, "secret")),
        ...given("to_user", recipients(application.toUsers)),
        ...given("to_party", recipients(application.toParties)),
        ...given("to_tag", recipients(application.toTags)),
        ...given("api_url", application.endpoint),
        message_type: application.messageType ?? "markdown",
        message: MARKDOWN,
        send_resolved: application.sendResolved ?? true,
      })),
    ),
  };
}

/** WeCom takes several recipients in one text. */
function recipients(ids: pulumi.Input<string>[] | undefined): pulumi.Output<string> | undefined {
  return ids === undefined || ids.length === 0 ? undefined : pulumi.output(ids).apply((all) => all.join("|"));
}

/** One line that tells alerts apart in a list of messages. */
const SUBJECT =
  '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .CommonLabels.alertname }}' +
  "{{ with .CommonLabels.model_name }} {{ . }}{{ end }}{{ with .CommonLabels.cluster }} ({{ . }}){{ end }}";
/** What each alert says, with its runbook. */
const LINES =
  "{{ range .Alerts }}{{ .Annotations.summary }}{{ with .Annotations.runbook_url }} <{{ . }}|runbook>{{ end }}\n{{ end }}";
/** The same for WeCom, whose markdown has its own form of links, and which cuts at 2,048 bytes. */
const MARKDOWN = `${SUBJECT}\n{{ range .Alerts }}> {{ .Annotations.summary }}{{ with .Annotations.runbook_url }} [runbook]({{ . }}){{ end }}\n{{ end }}`;
