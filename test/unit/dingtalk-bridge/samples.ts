/** Notifications for the tests: recorded ones and built ones. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { parseWebhook } from "../../../services/dingtalk-bridge/webhook.ts";
import type { Alert, Notification } from "../../../services/dingtalk-bridge/webhook.ts";
import type { MessageSettings } from "../../../services/dingtalk-bridge/message.ts";

/** A request body that a real Alertmanager 0.31.1 posted. */
export function recordedBody(name: "firing" | "resolved"): string {
  return readFileSync(new URL(`../../fixtures/alertmanager/webhook-${name}.json`, import.meta.url), "utf8");
}

export function recorded(name: "firing" | "resolved"): Notification {
  return parseWebhook(recordedBody(name));
}

export function alert(overrides: Partial<Alert> = {}): Alert {
  return {
    status: "firing",
    labels: { alertname: "HighWaitingRequests", severity: "warning" },
    annotations: { summary: "many wait" },
    startsAt: "2026-11-23T10:00:00Z",
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "",
    fingerprint: "",
    ...overrides,
  };
}

export function notification(overrides: Partial<Notification> = {}): Notification {
  return {
    version: "4",
    groupKey: '{}:{alertname="HighWaitingRequests"}',
    truncatedAlerts: 0,
    status: "firing",
    receiver: "ops",
    groupLabels: { alertname: "HighWaitingRequests" },
    commonLabels: { alertname: "HighWaitingRequests" },
    commonAnnotations: {},
    externalURL: "https://alertmanager.example.com",
    alerts: [alert()],
    ...overrides,
  };
}

export const settings: MessageSettings = {
  messageType: "markdown",
  mentionMobiles: [],
  mentionUserIds: [],
  mentionAll: false,
  alertmanagerUrl: undefined,
  timezone: "UTC",
};

/** Any text: printable, control characters, all planes, and lone surrogates. */
export const anyText = (maxLength: number) =>
  fc.oneof(
    fc.string({ unit: "grapheme", maxLength }),
    fc.string({ unit: "binary", maxLength }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength })
      .map((units) => String.fromCharCode(...units)),
    fc
      .array(fc.constantFrom('"', "\\", "\n", "\u0000", "_", "[", "](", "*", "告", "😀", "é"), { maxLength })
      .map((parts) => parts.join("")),
  );

const record = (maxLength: number, size: number) =>
  fc.dictionary(
    anyText(12).filter((name) => name !== "__proto__"),
    anyText(maxLength),
    { maxKeys: size, noNullPrototype: true },
  );

const anyTime = fc
  .date({ min: new Date("2020-01-01T00:00:00Z"), max: new Date("2030-01-01T00:00:00Z"), noInvalidDate: true })
  .map((date) => date.toISOString());

/** Any alert; one in some has an annotation far larger than a message. */
export const anyAlert: fc.Arbitrary<Alert> = fc
  .record({
    status: fc.constantFrom("firing" as const, "resolved" as const),
    labels: record(40, 6),
    annotations: record(300, 4),
    startsAt: anyTime,
    endsAt: anyTime,
    generatorURL: fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), anyText(30)),
    severity: fc.constantFrom(undefined, "critical", "warning", "info"),
    big: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 30_000 }) },
    ),
    unit: fc.constantFrom("x", "告", "😀", '"', "\\", "\n", "\ud800"),
  })
  .map(({ severity, big, unit, ...rest }) => ({
    ...rest,
    fingerprint: "",
    labels: { ...rest.labels, ...(severity === undefined ? {} : { severity }) },
    annotations: { ...rest.annotations, ...(big === 0 ? {} : { description: unit.repeat(big) }) },
  }));

const longUrl = fc
  .integer({ min: 1, max: 2000 })
  .map((length) => `https://example.com/${"x".repeat(length)}`);

/** Any notification of at most `maxAlerts` alerts, all of them distinct. */
export const anyNotification = (maxAlerts: number): fc.Arbitrary<Notification> =>
  fc
    .record({
      groupKey: anyText(20).map((text) => `k${text}`),
      receiver: anyText(10),
      truncatedAlerts: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000_000 })),
      groupLabels: record(400, 3),
      commonLabels: record(40, 3),
      externalURL: fc.oneof(fc.webUrl(), anyText(20)),
      // What all its alerts share, up to the longest links there can be.
      shared: fc.record(
        {
          runbook_url: longUrl,
          dashboard_url: longUrl,
          description: fc
            .tuple(fc.constantFrom("&", "_", "告", "\n"), fc.integer({ min: 1, max: 1600 }))
            .map(([unit, count]) => unit.repeat(count)),
        },
        { requiredKeys: [], noNullPrototype: true },
      ),
      sharedLabel: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3000 })),
      alerts: fc.array(anyAlert, { minLength: 1, maxLength: maxAlerts }),
    })
    .map(({ shared, sharedLabel, ...value }) => ({
      ...value,
      version: "4" as const,
      commonAnnotations: {},
      alerts: value.alerts.map((one, index) => ({
        ...one,
        fingerprint: `f${String(index)}`,
        labels: { ...one.labels, ...(sharedLabel === 0 ? {} : { shared: "&".repeat(sharedLabel) }) },
        annotations: { ...one.annotations, ...shared },
      })),
      status: value.alerts.some((one) => one.status === "firing")
        ? ("firing" as const)
        : ("resolved" as const),
    }));
