/**
 * What Alertmanager posts to a webhook receiver, version 4 of the format (Alertmanager 0.31 to 0.34:
 * notify/webhook/webhook.go and template/template.go). Unknown fields are ignored, so newer versions pass.
 */
import { z } from "zod";

const labels = z.record(z.string(), z.string());

const alertSchema = z.object({
  status: z.enum(["firing", "resolved"]),
  labels,
  annotations: labels,
  startsAt: z.iso.datetime({ offset: true }),
  /** The zero time 0001-01-01T00:00:00Z as long as the alert fires without an end. */
  endsAt: z.iso.datetime({ offset: true }),
  generatorURL: z.string().default(""),
  fingerprint: z.string().default(""),
});

const notificationSchema = z.object({
  version: z.literal("4"),
  groupKey: z.string().min(1),
  /** Alerts that Alertmanager left out because of the receiver's `max_alerts`. */
  truncatedAlerts: z.int().min(0).default(0),
  status: z.enum(["firing", "resolved"]),
  receiver: z.string(),
  groupLabels: labels,
  commonLabels: labels,
  commonAnnotations: labels,
  externalURL: z.string().default(""),
  alerts: z.array(alertSchema).min(1),
});

/** One alert of a notification. */
export type Alert = z.output<typeof alertSchema>;

/** One notification of Alertmanager: the alerts of one group for one receiver. */
export type Notification = z.output<typeof notificationSchema>;

/** The body of a webhook request is not what Alertmanager sends. */
export class MalformedWebhookError extends Error {
  override name = "MalformedWebhookError";
}

/**
 * Parses the body of a webhook request.
 *
 * @throws MalformedWebhookError that names the first fields that are wrong
 */
export function parseWebhook(body: string): Notification {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new MalformedWebhookError("The body is not JSON; post Alertmanager's webhook format, version 4.");
  }
  const result = notificationSchema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  const rest = result.error.issues.length - issues.length;
  throw new MalformedWebhookError(
    `The body is not Alertmanager's webhook format, version 4: ${issues.join("; ")}` +
      (rest > 0 ? `; and ${String(rest)} more` : ""),
  );
}

/**
 * Joins notifications that wait for the same message. Two of the same group (an Alertmanager pair that sends both, or a
 * request repeated after a timeout) become one: the union of their alerts, the later state of each alert winning, so that nothing
 * is lost and nothing is shown twice.
 */
export function mergeNotifications(notifications: readonly Notification[]): Notification[] {
  const groups = new Map<string, Notification>();
  for (const notification of notifications) {
    const key = JSON.stringify([notification.receiver, notification.groupKey]);
    const earlier = groups.get(key);
    groups.set(key, earlier === undefined ? notification : union(earlier, notification));
  }
  return [...groups.values()];
}

function union(earlier: Notification, later: Notification): Notification {
  const alerts = new Map<string, Alert>();
  for (const alert of [...earlier.alerts, ...later.alerts]) alerts.set(alertKey(alert), alert);
  const merged = [...alerts.values()];
  return {
    ...later,
    status: merged.some((alert) => alert.status === "firing") ? "firing" : "resolved",
    truncatedAlerts: Math.max(earlier.truncatedAlerts, later.truncatedAlerts),
    alerts: merged,
  };
}

function alertKey(alert: Alert): string {
  if (alert.fingerprint !== "") return alert.fingerprint;
  return JSON.stringify(Object.entries(alert.labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
