/** Service, service account and ingress rules of a vLLM model. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { VllmDeploymentArgs } from "../vllm-deployment.ts";
import { concat, lift, merge } from "../support/inputs.ts";
import { HTTP_PORT, HTTP_PORT_NAME, metadataOf, type Identity } from "./identity.ts";
import type { VllmClientArgs } from "./pod-args.ts";

type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** Every namespace carries its own name under this label. */
const NAMESPACE_LABEL = "kubernetes.io/metadata.name";

export function serviceArgs(identity: Identity): k8s.core.v1.ServiceArgs {
  return {
    // Its endpoints come with the Deployment, which is waited for with a time that fits the model.
    metadata: metadataOf(identity, { "pulumi.com/skipAwait": "true" }),
    spec: {
      type: "ClusterIP",
      selector: identity.selector,
      ports: [{ name: HTTP_PORT_NAME, port: HTTP_PORT, targetPort: HTTP_PORT_NAME, protocol: "TCP" }],
    },
  };
}

export function serviceAccountArgs(
  identity: Identity,
  args: VllmDeploymentArgs,
): k8s.core.v1.ServiceAccountArgs {
  const metadata = metadataOf(identity);
  return {
    metadata:
      args.serviceAccountAnnotations === undefined
        ? metadata
        : { ...metadata, annotations: merge(identity.annotations, args.serviceAccountAnnotations) },
    automountServiceAccountToken: false,
  };
}

/** @param more ingress rules besides those of Prometheus and the clients */
export function networkPolicyArgs(
  identity: Identity,
  args: VllmDeploymentArgs,
  more: k8s.types.input.networking.v1.NetworkPolicyIngressRule[] = [],
): k8s.networking.v1.NetworkPolicyArgs {
  const from = lift(args.network ?? {}, ({ clients, monitoringNamespace }) =>
    concat<Peer>(
      [namespacePeer(monitoringNamespace ?? "monitoring")],
      lift(clients ?? [], (list) => list.map((client) => lift(client, clientPeer))),
    ),
  );
  return {
    metadata: metadataOf(identity),
    spec: {
      podSelector: { matchLabels: identity.selector },
      policyTypes: ["Ingress"],
      ingress: [{ from, ports: [{ port: HTTP_PORT, protocol: "TCP" }] }, ...more],
    },
  };
}

export function clientPeer({ namespace, podLabels }: VllmClientArgs): Peer {
  return podLabels === undefined
    ? namespacePeer(namespace)
    : { ...namespacePeer(namespace), podSelector: { matchLabels: podLabels } };
}

export function namespacePeer(namespace: pulumi.Input<string>): Peer {
  return { namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: namespace } } };
}
