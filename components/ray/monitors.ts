/** PodMonitors of head and workers. */
import type * as pulumi from "@pulumi/pulumi";
import type { PodMonitorArgs, RelabelConfig } from "../crds/monitoring.ts";
import type { RayVllmServiceArgs } from "../ray-vllm-service.ts";
import { lift, merge } from "../support/inputs.ts";
import { metadataOf } from "../vllm/identity.ts";
import { relabelings, sanitise, scrapeTimeout, TARGET_LABELS } from "../vllm/monitor.ts";
import { ROLE_KEY, selectorOf, without, type RayIdentity, type RayRole } from "./identity.ts";

/** Names the RayCluster, as Ray's own dashboards expect it. */
const CLUSTER_LABEL = { ray_io_cluster: `__meta_kubernetes_pod_label_${sanitise("ray.io/cluster")}` };

/** Workers have the engine's metrics, and carry the model's name. */
export function workerMonitorArgs(identity: RayIdentity, args: RayVllmServiceArgs): PodMonitorArgs {
  return monitorArgs(identity, "worker", args, ["metrics"], { ...TARGET_LABELS, ...CLUSTER_LABEL });
}

/**
 * The head has Ray's control plane, Ray Serve's controller, the autoscaler and the dashboard. It serves no model: a label
 * `model` would make it one more replica for every rule that counts them.
 */
export function headMonitorArgs(identity: RayIdentity, args: RayVllmServiceArgs): PodMonitorArgs {
  const labels = without(TARGET_LABELS, "model");
  const ports = ["metrics", "as-metrics", "dash-metrics"];
  const named = { ...identity, name: identity.headName };
  return monitorArgs(named, "head", args, ports, { ...labels, ...CLUSTER_LABEL });
}

function monitorArgs(
  identity: RayIdentity,
  role: RayRole,
  args: RayVllmServiceArgs,
  ports: string[],
  targetLabels: Record<string, string>,
): PodMonitorArgs {
  const monitor = args.monitor ?? {};
  const labels = lift(monitor, (known) =>
    known.labels === undefined ? identity.labels : merge(known.labels, identity.labels),
  );
  const endpoints = lift(monitor, ({ interval, timeout, dropMetrics }) =>
    ports.map((port) => ({
      port,
      path: "/metrics",
      ...(interval === undefined ? {} : { interval }),
      ...scrapeTimeout(interval, timeout),
      honorLabels: false,
      relabelings: relabelings(targetLabels),
      ...(dropMetrics === undefined ? {} : { metricRelabelings: [dropping(dropMetrics)] }),
    })),
  );
  const sampleLimit = lift(monitor, (known) => known.sampleLimit);
  return {
    metadata: { ...metadataOf(identity), labels },
    spec: {
      jobLabel: ROLE_KEY,
      selector: { matchLabels: selectorOf(identity, role) },
      podMetricsEndpoints: endpoints,
      ...(sampleLimit === undefined ? {} : { sampleLimit: sampleLimit as number }),
    },
  };
}

function dropping(regex: pulumi.Input<string>): RelabelConfig {
  return { sourceLabels: ["__name__"], regex, action: "drop" };
}
