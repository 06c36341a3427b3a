import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/**
 * Lets the pods of one namespace, Prometheus', read these ports and nobody else; probes come from the node, which
 * policies don't cut.
 *
 * @param namespace default: monitoring
 */
export function ingressFromNamespace(
  selector: Record<string, pulumi.Input<string>>,
  namespace: pulumi.Input<string> | undefined,
  ports: number[],
): k8s.types.input.networking.v1.NetworkPolicySpec {
  const matchLabels = { "kubernetes.io/metadata.name": namespace ?? "monitoring" };
  return {
    podSelector: { matchLabels: selector },
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [{ namespaceSelector: { matchLabels } }],
        ports: ports.map((port) => ({ port, protocol: "TCP" })),
      },
    ],
  };
}
