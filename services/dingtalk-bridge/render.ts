/** Turns notifications into the parts of a message. Pure; sizes are fit.ts's business. */
import { alertsUrl, silenceUrl } from "./links.ts";
import {
  cleanLine,
  cleanText,
  cutToBytes,
  escapeMarkdown,
  escapeMarkdownLines,
  jsonBytes,
  linkUrl,
} from "./text.ts";
import type { Alert, Notification } from "./webhook.ts";

/** What rendering needs besides the notifications. */
export interface RenderOptions {
  /** Alertmanager as people reach it; undefined: the address in each notification. */
  readonly alertmanagerUrl: string | undefined;
  /** IANA time zone of the times. */
  readonly timezone: string;
}

/** One alert's part. */
export interface AlertPart {
  readonly status: Alert["status"];
  /** Its Markdown, with every label value, annotation and name cut to `valueBytes` (default: not cut). */
  readonly render: (valueBytes?: number) => string;
}

/** One notification's part: its alerts, firing ones first, the most severe and oldest of them first. */
export interface GroupPart {
  /** Markdown above its alerts; "" for none. */
  readonly heading: string;
  readonly alerts: readonly AlertPart[];
  /** Alerts that Alertmanager itself left out (`max_alerts`). */
  readonly unsentAlerts: number;
}

/** A link with its text. */
export interface Link {
  readonly title: string;
  readonly url: string;
}

/** A whole message before it is fitted into DingTalk's limit. */
export interface MessageParts {
  /** One line of plain text: what a phone's notification shows. */
  readonly title: string;
  readonly groups: readonly GroupPart[];
  readonly firing: number;
  readonly resolved: number;
  /** Where all the alerts can be seen; undefined when no address of Alertmanager is known. */
  readonly allAlertsUrl: string | undefined;
  /** Links for an action card's buttons: runbook, dashboard, silence, Alertmanager, as far as they exist. */
  readonly buttons: readonly Link[];
}

/** Annotations with a place of their own; others are listed by name. */
const knownAnnotations = new Set(["summary", "description", "message", "runbook_url", "dashboard_url"]);
const severityOrder = ["critical", "error", "warning", "info", "none"];
const maxTitleBytes = 300;
const maxHeadingBytes = 3000;

/** Renders the notifications that share one message; there is at least one, each of another group. */
export function renderParts(notifications: readonly Notification[], options: RenderOptions): MessageParts {
  const sorted = notifications
    .map((notification) => ({ ...notification, alerts: sortAlerts(notification.alerts) }))
    .sort((a, b) => alertRank(a.alerts[0]) - alertRank(b.alerts[0]));
  const alerts = sorted.flatMap((notification) => notification.alerts);
  const firing = alerts.filter((alert) => alert.status === "firing").length;
  const only = sorted.length === 1 ? sorted[0] : undefined;
  const anyUrl = sorted
    .map((notification) => alertmanagerUrl(notification, options))
    .find((url) => url !== undefined);
  return {
    title: title(sorted, firing, alerts.length - firing),
    groups: sorted.map((notification) => groupPart(notification, options, only === undefined)),
    firing,
    resolved: alerts.length - firing,
    allAlertsUrl: alertsUrl(anyUrl, only?.groupLabels ?? {}),
    buttons: buttons(only, anyUrl, options),
  };
}

function title(notifications: readonly Notification[], firing: number, resolved: number): string {
  const counts = [
    ...(firing > 0 ? [`FIRING:${String(firing)}`] : []),
    ...(resolved > 0 ? [`RESOLVED:${String(resolved)}`] : []),
  ];
  const names = [...new Set(notifications.map(groupName))].join(", ");
  const many = notifications.length > 1 ? `${String(notifications.length)} groups: ` : "";
  return cutToBytes(`[${counts.join(", ")}] ${many}${names}`, maxTitleBytes);
}

/** What a group is about: its alert name where all share one, else the labels that it is grouped by. */
function groupName(notification: Notification): string {
  const name = notification.groupLabels["alertname"] ?? notification.commonLabels["alertname"];
  const values = name === undefined ? Object.values(notification.groupLabels).join(" ") : name;
  return cleanLine(values) || cleanLine(notification.receiver) || "alerts";
}

function groupPart(notification: Notification, options: RenderOptions, coalesced: boolean): GroupPart {
  const { alerts } = notification;
  const url = alertmanagerUrl(notification, options);
  const nothing: Shared = { labels: {}, annotations: {} };
  let common = alerts.length > 1 ? shared(alerts) : nothing;
  let heading = groupHeading(notification, common, url, coalesced);
  if (jsonBytes(heading) > maxHeadingBytes) {
    // Above the alerts it could not be shortened and might leave them no room, so each shows its own.
    common = nothing;
    heading = groupHeading(notification, common, url, coalesced);
  }
  return {
    heading,
    alerts: alerts.map((alert) => ({
      status: alert.status,
      render: (valueBytes) => alertText(alert, { common, url, timezone: options.timezone, valueBytes }),
    })),
    unsentAlerts: notification.truncatedAlerts,
  };
}

function groupHeading(
  notification: Notification,
  common: Shared,
  url: string | undefined,
  coalesced: boolean,
): string {
  const labels = Object.entries(common.labels).filter(
    ([name]) => name !== "alertname" && name !== "severity",
  );
  const silenceable = notification.alerts.length > 1 && isFiring(notification);
  const groupLinks = links([
    ["Runbook", linkUrl(common.annotations["runbook_url"])],
    ["Dashboard", linkUrl(common.annotations["dashboard_url"])],
    ["Silence all", silenceable ? silenceUrl(url, notification.groupLabels) : undefined],
  ]);
  return [
    ...(coalesced ? [`#### ${escapeMarkdown(cutToBytes(groupName(notification), maxTitleBytes))}`] : []),
    ...(labels.length > 0 ? [`All: ${labels.map(pair).join(", ")}`] : []),
    ...quote(common.annotations),
    ...(groupLinks.length > 0 ? [linkLine(groupLinks)] : []),
  ].join("\n\n");
}

/** What all the alerts of a group share; it is shown once, above them. */
interface Shared {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface AlertContext {
  readonly common: Shared;
  readonly url: string | undefined;
  readonly timezone: string;
  readonly valueBytes: number | undefined;
}

function alertText(alert: Alert, context: AlertContext): string {
  const { common, valueBytes, url } = context;
  const line = (text: string) =>
    escapeMarkdown(cutToBytes(cleanLine(text), valueBytes ?? Number.MAX_SAFE_INTEGER));
  const { severity = "", alertname = "unnamed alert" } = alert.labels;
  const annotations = omit(alert.annotations, common.annotations);
  const summary = alert.annotations["summary"] ?? "";
  const head = [
    `**${alert.status === "firing" ? "FIRING" : "RESOLVED"}`,
    ...(severity === "" ? [] : [` \\[${line(severity)}\\]`]),
    ` ${line(alertname)}**`,
    ...(summary === "" ? [] : [`: ${line(summary)}`]),
  ].join("");
  const items = [
    ...Object.entries(omit(alert.labels, common.labels)).filter(
      ([name]) => name !== "alertname" && name !== "severity",
    ),
    ...Object.entries(annotations).filter(([name, value]) => !knownAnnotations.has(name) && value !== ""),
  ].map(([name, value]) => `- ${line(name)}: ${line(value)}`);
  items.push(`- ${times(alert, context.timezone)}`);
  const alertLinks = links([
    ["Runbook", linkUrl(annotations["runbook_url"])],
    ["Dashboard", linkUrl(annotations["dashboard_url"])],
    ["Source", linkUrl(alert.generatorURL)],
    ["Silence", alert.status === "firing" ? silenceUrl(url, alert.labels) : undefined],
  ]);
  return [
    head,
    ...quote(annotations, valueBytes),
    items.join("\n"),
    ...(alertLinks.length > 0 ? [linkLine(alertLinks)] : []),
  ].join("\n\n");
}

/** The description as a quotation; none when there is no description. */
function quote(annotations: Readonly<Record<string, string>>, maxBytes = Number.MAX_SAFE_INTEGER): string[] {
  const text = cleanText(annotations["description"] ?? annotations["message"] ?? "").trim();
  if (text === "") return [];
  const lines = escapeMarkdownLines(cutToBytes(text, maxBytes)).split("\n");
  // Two spaces at its end make a line end where the text has one; without them Markdown joins the lines.
  return [lines.map((part) => `> ${part}`.trimEnd()).join("  \n")];
}

function linkLine(entries: readonly Link[]): string {
  return entries.map((link) => `[${link.title}](${link.url})`).join(" | ");
}

/** A card of one group acts on its first alert (the most severe); a coalesced one only leads to Alertmanager. */
function buttons(only: Notification | undefined, url: string | undefined, options: RenderOptions): Link[] {
  const alert = only?.alerts[0];
  if (only === undefined || alert === undefined) return links([["Alertmanager", alertsUrl(url, {})]]);
  const base = alertmanagerUrl(only, options);
  const scope = Object.keys(only.groupLabels).length > 0 ? only.groupLabels : shared(only.alerts).labels;
  return links([
    ["Runbook", linkUrl(alert.annotations["runbook_url"])],
    ["Dashboard", linkUrl(alert.annotations["dashboard_url"])],
    ["Silence", alert.status === "firing" ? silenceUrl(base, scope) : undefined],
    ["Alertmanager", alertsUrl(base, only.groupLabels)],
  ]);
}

function links(entries: readonly (readonly [string, string | undefined])[]): Link[] {
  return entries.flatMap(([text, url]) => (url === undefined ? [] : [{ title: text, url }]));
}

function alertmanagerUrl(notification: Notification, options: RenderOptions): string | undefined {
  return options.alertmanagerUrl ?? linkUrl(notification.externalURL);
}

/**
 * Labels and annotations that are the same in all the alerts, by name. Alertmanager's own `commonLabels` may also count alerts that it left
 * out.
 */
function shared(alerts: readonly Alert[]): Shared {
  const same = (records: readonly Readonly<Record<string, string>>[]) =>
    Object.fromEntries(
      Object.entries(records[0] ?? {})
        .filter(([name, value]) => records.every((record) => record[name] === value))
        .sort(byName),
    );
  const annotations = Object.entries(same(alerts.map((alert) => alert.annotations))).filter(
    ([name]) => name !== "summary" && knownAnnotations.has(name),
  );
  return { labels: same(alerts.map((alert) => alert.labels)), annotations: Object.fromEntries(annotations) };
}

/** `record` without the names of `other`, sorted by name. */
function omit(
  record: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => !Object.hasOwn(other, name))
      .sort(byName),
  );
}

function isFiring(notification: Notification): boolean {
  return notification.alerts.some((alert) => alert.status === "firing");
}

function sortAlerts(alerts: readonly Alert[]): Alert[] {
  return [...alerts].sort(
    (a, b) => alertRank(a) - alertRank(b) || Date.parse(a.startsAt) - Date.parse(b.startsAt) || 0,
  );
}

/** Lower comes first: firing before resolved, then by severity; an unknown severity ranks after warning. */
function alertRank(alert: Alert | undefined): number {
  const known = severityOrder.indexOf(alert?.labels["severity"]?.toLowerCase() ?? "");
  return (alert?.status === "firing" ? 0 : 100) + (known === -1 ? 2.5 : known);
}

function times(alert: Alert, timezone: string): string {
  const since = `since ${formatTime(alert.startsAt, timezone)}`;
  if (alert.status === "firing") return since;
  const lasted = Date.parse(alert.endsAt) - Date.parse(alert.startsAt);
  return `${since}, resolved ${formatTime(alert.endsAt, timezone)}${lasted > 0 ? ` after ${formatDuration(lasted)}` : ""}`;
}

const timeFormats = new Map<string, Intl.DateTimeFormat>();

/** `2026-11-23 18:00:00 Asia/Shanghai`. */
export function formatTime(rfc3339: string, timezone: string): string {
  // Making a format is slow, and a storm has thousands of times. The Swedish locale writes ISO dates.
  let format = timeFormats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: timezone,
      dateStyle: "short",
      timeStyle: "medium",
    });
    timeFormats.set(timezone, format);
  }
  return `${format.format(new Date(rfc3339))} ${timezone}`;
}

/** The two largest units of a duration in milliseconds, such as `2h 5m`. */
export function formatDuration(milliseconds: number): string {
  const total = Math.round(milliseconds / 1000);
  const units: [number, string][] = [
    [Math.floor(total / 86_400), "d"],
    [Math.floor(total / 3600) % 24, "h"],
    [Math.floor(total / 60) % 60, "m"],
    [total % 60, "s"],
  ];
  const start = units.findIndex(([amount]) => amount > 0);
  if (start === -1) return "0s";
  const shown = units.slice(start, start + 2).filter(([amount]) => amount > 0);
  return shown.map(([amount, unit]) => `${String(amount)}${unit}`).join(" ");
}

function pair([name, value]: [string, string]): string {
  return `${escapeMarkdown(cleanLine(name))}: ${escapeMarkdown(cleanLine(value))}`;
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
