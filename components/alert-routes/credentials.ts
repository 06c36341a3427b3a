import type * as pulumi from "@pulumi/pulumi";

import type { AlertReceiverArgs } from "./args.ts";

/** Where Alertmanager's pods see the Secrets that `Alertmanager.spec.secrets` lists. */
const SECRETS_FOLDER = "/etc/alertmanager/secrets";

/** Credentials of all receivers, by key of the Secret that keeps them. */
export function credentialsOf(receivers: AlertReceiverArgs[]): Record<string, pulumi.Input<string>> {
  const found: Record<string, pulumi.Input<string>> = {};
  for (const { name, webhook = [], email = [], slack = [], pagerduty = [], wecom = [] } of receivers) {
    const add = (key: string, value: pulumi.Input<string> | undefined): void => {
      if (value !== undefined) found[key] = value;
    };
    webhook.forEach(({ secretUrl, bearerToken }, index) => {
      add(credentialKey(name, "webhook", index, "url"), secretUrl);
      add(credentialKey(name, "webhook", index, "token"), bearerToken);
    });
    email.forEach(({ password }, index) => {
      add(credentialKey(name, "email", index, "password"), password);
    });
    slack.forEach(({ webhookUrl, appToken }, index) => {
      add(credentialKey(name, "slack", index, "url"), webhookUrl);
      add(credentialKey(name, "slack", index, "token"), appToken);
    });
    pagerduty.forEach(({ routingKey }, index) => {
      add(credentialKey(name, "pagerduty", index, "key"), routingKey);
    });
    wecom.forEach(({ apiSecret }, index) => {
      add(credentialKey(name, "wecom", index, "secret"), apiSecret);
    });
  }
  return found;
}

/** Key of one credential in the Secret. */
export function credentialKey(receiver: string, kind: string, index: number, what: string): string {
  return `${receiver}.${kind}-${String(index)}.${what}`;
}

/** File of one credential, as Alertmanager sees it. */
export function credentialFile(secretName: string, key: string): string {
  return `${SECRETS_FOLDER}/${secretName}/${key}`;
}
