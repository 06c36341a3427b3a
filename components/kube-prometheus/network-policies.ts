import type * as k8s from "@pulumi/kubernetes";

import { concat } from "../support/inputs.ts";
import { selectorLabels } from "../support/labels.ts";
import { ALERTMANAGER_MESH_PORT, ALERTMANAGER_PORT, alertmanagerPodLabels } from "./alertmanager.ts";
import type { KubePrometheusArgs } from "./args.ts";
import { OPERATOR_APPLICATION, OPERATOR_PORT } from "./operator.ts";
import { PROMETHEUS_PORT, prometheusPodLabels } from "./prometheus.ts";
import { THANOS_GRPC_PORT, THANOS_HTTP_PORT } from "./thanos.ts";

type NetworkPolicyPeer = k8s.types.input.networking.v1.NetworkPolicyPeer;
type NetworkPolicyIngressRule = k8s.types.input.networking.v1.NetworkPolicyIngressRule;
type NetworkPolicySpec = k8s.types.input.networking.v1.NetworkPolicySpec;

/** Port of the config reloader's own metrics. */
const RELOADER_PORT = 8080;
const tcp = (port: number) => ({ protocol: "TCP", port });

/**
 * Ingress of the three workloads; egress stays open, because Prometheus scrapes anything a monitor names, Alertmanager
 * calls receivers on the internet, and an API server's address can't be selected.
 *
 * Health probes and `kubectl port-forward` come from the node, which NetworkPolicies don't cut.
 */
export function networkPolicies(
  instance: string,
  args: KubePrometheusArgs,
): Record<string, NetworkPolicySpec> {
  const prometheus = { podSelector: { matchLabels: prometheusPodLabels(instance, args.prometheus?.mode) } };
  const alertmanager = { podSelector: { matchLabels: alertmanagerPodLabels(instance) } };
  // An empty pod selector is every pod of this namespace: Grafana, the bridge, Thanos.
  const callers = concat<NetworkPolicyPeer>([{ podSelector: {} }], args.networkPolicies?.ingressFrom ?? []);
  // Silences and notifications are told from replica to replica, and nobody else may join.
  const alertmanagerPolicy = {
    podSelector: alertmanager.podSelector,
    policyTypes: ["Ingress"],
    ingress: [
      { from: callers, ports: [tcp(ALERTMANAGER_PORT)] },
      { from: [prometheus], ports: [tcp(RELOADER_PORT)] },
      {
        from: [alertmanager],
        ports: [tcp(ALERTMANAGER_MESH_PORT), { protocol: "UDP", port: ALERTMANAGER_MESH_PORT }],
      },
    ],
  };
  return {
    prometheus: {
      podSelector: prometheus.podSelector,
      policyTypes: ["Ingress"],
      ingress: [
        { from: callers, ports: [tcp(PROMETHEUS_PORT)] },
        { from: [prometheus], ports: [tcp(RELOADER_PORT)] },
        ...sidecarIngress(args, prometheus),
      ],
    },
    ...(args.alertmanager === undefined ? {} : { alertmanager: alertmanagerPolicy }),
    operator: {
      podSelector: { matchLabels: selectorLabels(OPERATOR_APPLICATION, instance) },
      policyTypes: ["Ingress"],
      ingress: [{ from: [prometheus], ports: [tcp(OPERATOR_PORT)] }],
    },
  };
}

/** Queries by gRPC, and Prometheus itself for the sidecar's metrics. */
function sidecarIngress(args: KubePrometheusArgs, prometheus: NetworkPolicyPeer): NetworkPolicyIngressRule[] {
  const { thanos } = args.prometheus ?? {};
  if (thanos === undefined) return [];
  return [
    {
      from: concat<NetworkPolicyPeer>([{ podSelector: {} }], thanos.ingressFrom ?? []),
      ports: [tcp(THANOS_GRPC_PORT)],
    },
    { from: [prometheus], ports: [tcp(THANOS_HTTP_PORT)] },
  ];
}
