/** Service, traffic rules, disruption budget and autoscaler of a gateway. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { concat, isPending, lift } from "../support/inputs.ts";
import type { VllmClientArgs } from "../vllm/pod-args.ts";
import { GatewayMetricsAccess, type GatewayAutoscalingArgs, type LiteLlmGatewayArgs } from "./args.ts";
import {
  gatewayMetadata,
  HTTP_PORT,
  HTTP_PORT_NAME,
  METRICS_PORT,
  type GatewayIdentity,
} from "./identity.ts";
import { GatewayIngressKind } from "./ingress-args.ts";
import { DEFAULT_REPLICAS } from "./plan.ts";

type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** Every namespace carries its own name under this label. */
const NAMESPACE_LABEL = "kubernetes.io/metadata.name";

/** Only requests go through the Service; Prometheus goes to the pods. */
export function gatewayService(identity: GatewayIdentity): k8s.core.v1.ServiceArgs {
  return {
    // The Deployment's own readiness is what is waited for.
    metadata: gatewayMetadata(identity, { "pulumi.com/skipAwait": "true" }),
    spec: {
      type: "ClusterIP",
      selector: identity.selector,
      ports: [{ name: HTTP_PORT_NAME, port: HTTP_PORT, targetPort: HTTP_PORT_NAME, protocol: "TCP" }],
    },
  };
}

export function gatewayNetworkPolicy(
  identity: GatewayIdentity,
  args: LiteLlmGatewayArgs,
): k8s.networking.v1.NetworkPolicyArgs {
  const monitoring = namespacePeer(args.network?.monitoringNamespace ?? "monitoring");
  const controller = controllerNamespace(args);
  const isListener =
    (args.metrics?.access ?? GatewayMetricsAccess.Listener) === GatewayMetricsAccess.Listener;
  const clients = lift(args.network?.clients ?? [], (list) => list.map((client) => lift(client, clientPeer)));
  const fixed = [
    ...(isListener ? [] : [monitoring]),
    ...(controller === undefined ? [] : [namespacePeer(controller)]),
  ];
  const callers = concat<Peer>(fixed, clients);
  // An empty list of peers would let everybody in, so the rule is there only with somebody in it.
  const requests = lift(callers, (peers) =>
    peers.length === 0 ? [] : [{ from: peers, ports: [{ port: HTTP_PORT, protocol: "TCP" }] }],
  );
  const scrapes = isListener
    ? [{ from: [monitoring], ports: [{ port: METRICS_PORT, protocol: "TCP" }] }]
    : [];
  return {
    metadata: gatewayMetadata(identity),
    spec: {
      podSelector: { matchLabels: identity.selector },
      policyTypes: ["Ingress"],
      ingress: concat<k8s.types.input.networking.v1.NetworkPolicyIngressRule>(requests, scrapes),
    },
  };
}

/** Namespace of the pods that bring requests from outside. */
function controllerNamespace({ ingress, namespace }: LiteLlmGatewayArgs): pulumi.Input<string> | undefined {
  if (ingress === undefined) return undefined;
  if (ingress.kind === GatewayIngressKind.Nginx) return ingress.nginx?.controllerNamespace ?? "ingress-nginx";
  return ingress.gatewayApi?.dataPlaneNamespace ?? ingress.gatewayApi?.gatewayNamespace ?? namespace;
}

function clientPeer({ namespace, podLabels }: VllmClientArgs): Peer {
  return podLabels === undefined
    ? namespacePeer(namespace)
    : { ...namespacePeer(namespace), podSelector: { matchLabels: podLabels } };
}

function namespacePeer(namespace: pulumi.Input<string>): Peer {
  return { namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: namespace } } };
}

/** One pod gets no budget: it would keep its node from draining, or protect nothing. */
export function needsBudget({ autoscaling, replicas = DEFAULT_REPLICAS }: LiteLlmGatewayArgs): boolean {
  return autoscaling !== undefined || isPending(replicas) || replicas > 1;
}

export function gatewayBudget(identity: GatewayIdentity): k8s.policy.v1.PodDisruptionBudgetArgs {
  return {
    metadata: gatewayMetadata(identity),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: identity.selector },
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}

/** The proxy's work is CPU time: parsing, keys, prices. Its waiting for engines costs next to none. */
export function gatewayAutoscaler(
  identity: GatewayIdentity,
  { minReplicas = 2, maxReplicas, targetCpuPercent = 70 }: GatewayAutoscalingArgs,
): k8s.autoscaling.v2.HorizontalPodAutoscalerArgs {
  return {
    metadata: gatewayMetadata(identity),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: identity.name },
      minReplicas,
      maxReplicas,
      metrics: [
        {
          type: "Resource",
          resource: {
            name: "cpu",
            target: { type: "Utilization", averageUtilization: targetCpuPercent },
          },
        },
      ],
      behavior: {
        // A start takes half a minute of full CPU, which must not count as load that asks for more.
        scaleUp: {
          stabilizationWindowSeconds: 60,
          policies: [{ type: "Percent", value: 100, periodSeconds: 60 }],
        },
        scaleDown: {
          stabilizationWindowSeconds: 300,
          policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
        },
      },
    },
  };
}
