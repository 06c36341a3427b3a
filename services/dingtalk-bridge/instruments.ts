/** prom-client instruments made from the list in metrics.ts. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { FailureReason } from "./errcode.ts";
import { bridgeMetrics, RequestRejection } from "./metrics.ts";
import type { BridgeMetric } from "./metrics.ts";

/** The instruments of one bridge, with a registry of their own. */
export type Instruments = ReturnType<typeof createInstruments>;

/** Makes the instruments and sets every series of `robots` to zero, so that a first failure shows up in `increase()`. */
export function createInstruments(robots: readonly string[], version: string) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = (metric: BridgeMetric) => new Counter(options(metric, registry));
  const gauge = (metric: BridgeMetric) => new Gauge(options(metric, registry));
  const histogram = (metric: BridgeMetric) =>
    new Histogram({ ...options(metric, registry), buckets: [...(metric.buckets ?? [])] });
  const perRobot = {
    notificationsReceived: counter(bridgeMetrics.notificationsReceived),
    notificationsSent: counter(bridgeMetrics.notificationsSent),
    notificationsCoalesced: counter(bridgeMetrics.notificationsCoalesced),
    messagesSent: counter(bridgeMetrics.messagesSent),
    messagesTruncated: counter(bridgeMetrics.messagesTruncated),
    alertsOmitted: counter(bridgeMetrics.alertsOmitted),
    notificationDuration: histogram(bridgeMetrics.notificationDuration),
    robotRequestDuration: histogram(bridgeMetrics.robotRequestDuration),
    queuedNotifications: gauge(bridgeMetrics.queuedNotifications),
    throttledUntil: gauge(bridgeMetrics.throttledUntil),
    lastSuccess: gauge(bridgeMetrics.lastSuccess),
    secretReadFailures: counter(bridgeMetrics.secretReadFailures),
  };
  const notificationsFailed = counter(bridgeMetrics.notificationsFailed);
  const requestsRejected = counter(bridgeMetrics.requestsRejected);
  for (const robot of robots) {
    for (const instrument of Object.values(perRobot)) {
      if (instrument instanceof Histogram) instrument.zero({ robot });
      else instrument.inc({ robot }, 0);
    }
    for (const reason of Object.values(FailureReason)) notificationsFailed.inc({ robot, reason }, 0);
  }
  for (const reason of Object.values(RequestRejection)) requestsRejected.inc({ reason }, 0);
  gauge(bridgeMetrics.buildInfo).set({ version, node_version: process.version }, 1);
  return { registry, ...perRobot, notificationsFailed, requestsRejected };
}

function options(metric: BridgeMetric, registry: Registry) {
  return { name: metric.name, help: metric.help, labelNames: [...metric.labels], registers: [registry] };
}
