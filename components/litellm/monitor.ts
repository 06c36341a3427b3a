/** PodMonitor of a gateway. */
import type { PodMonitorArgs } from "../crds/monitoring.ts";
import { lift, merge } from "../support/inputs.ts";
import { parseDuration } from "../support/quantity.ts";
import { GatewayMetricsAccess, type LiteLlmGatewayArgs } from "./args.ts";
import {
  gatewayMetadata,
  HTTP_PORT_NAME,
  METRICS_PATH,
  METRICS_PORT_NAME,
  type GatewayIdentity,
} from "./identity.ts";

/** Prometheus' own scrape timeout, in seconds. */
const DEFAULT_TIMEOUT_SECONDS = 10;

/** Pods are scraped one by one: through the Service each scrape would meet another pod's counters. */
export function gatewayMonitor(identity: GatewayIdentity, args: LiteLlmGatewayArgs): PodMonitorArgs {
  const { access, bearerSecret, interval, timeout, sampleLimit, monitorLabels } = args.metrics ?? {};
  const isListener = (access ?? GatewayMetricsAccess.Listener) === GatewayMetricsAccess.Listener;
  const labels = monitorLabels === undefined ? identity.labels : merge(monitorLabels, identity.labels);
  const { name, key } = bearerSecret ?? identity.masterKey;
  return {
    metadata: { ...gatewayMetadata(identity), labels },
    spec: {
      jobLabel: "app.kubernetes.io/name",
      selector: { matchLabels: identity.selector },
      podMetricsEndpoints: [
        {
          port: isListener ? METRICS_PORT_NAME : HTTP_PORT_NAME,
          path: METRICS_PATH,
          ...(isListener ? {} : { authorization: { type: "Bearer", credentials: { name, key } } }),
          ...(interval === undefined ? {} : { interval }),
          ...(timeout === undefined ? shorterThan(interval) : { scrapeTimeout: timeout }),
          honorLabels: false,
          // Neither `team` nor `model`: the metrics have labels of these names.
          relabelings: [
            { sourceLabels: ["__meta_kubernetes_pod_node_name"], targetLabel: "node", action: "replace" },
          ],
        },
      ],
      ...(sampleLimit === undefined ? {} : { sampleLimit }),
    },
  };
}

/** A timeout above the interval is an error to Prometheus, so a short interval brings its own. */
function shorterThan(interval: NonNullable<LiteLlmGatewayArgs["metrics"]>["interval"]) {
  if (interval === undefined) return {};
  return {
    scrapeTimeout: lift(interval, (text) =>
      (parseDuration(text) ?? DEFAULT_TIMEOUT_SECONDS) < DEFAULT_TIMEOUT_SECONDS ? text : "10s",
    ),
  };
}
