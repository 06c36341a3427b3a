/** Service accounts and ingress rules of a model under Ray. */
import type * as k8s from "@pulumi/kubernetes";
import type { RayVllmServiceArgs } from "../ray-vllm-service.ts";
import { concat, lift } from "../support/inputs.ts";
import { metadataOf } from "../vllm/identity.ts";
import { clientPeer, namespacePeer, serviceAccountArgs } from "../vllm/network.ts";
import { METRICS_PORT, SERVE_PORT, type RayIdentity } from "./identity.ts";

type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** Labels of the operator's pods, in KubeRay's own manifests and in `KubeRayOperator`. */
export const OPERATOR_POD_LABELS = { "app.kubernetes.io/component": "kuberay-operator" };
export const DEFAULT_OPERATOR_NAMESPACE = "kuberay-system";

/** Account of the head; the operator lets it change the pods of its own cluster when there is an autoscaler. */
export function headAccountArgs(identity: RayIdentity): k8s.core.v1.ServiceAccountArgs {
  return {
    metadata: { ...metadataOf(identity), name: identity.headName },
    automountServiceAccountToken: false,
  };
}

/** Account of the workers, whose identity in a cloud reads the weights. */
export function workerAccountArgs(
  identity: RayIdentity,
  args: RayVllmServiceArgs,
): k8s.core.v1.ServiceAccountArgs {
  return serviceAccountArgs(identity, args);
}

/**
 * Ray's processes talk to each other on ports that they choose, so among the pods of the service all are open. Its dashboard
 * and job interface run any code that they are sent: besides those pods only the operator reaches them.
 */
export function networkPolicyArgs(
  identity: RayIdentity,
  args: RayVllmServiceArgs,
): k8s.networking.v1.NetworkPolicyArgs {
  const monitoring = lift(args.network ?? {}, ({ monitoringNamespace }) => [
    namespacePeer(monitoringNamespace ?? "monitoring"),
  ]);
  const clients = lift(args.network ?? {}, ({ clients: list }) =>
    lift(list ?? [], (known) => known.map((client) => lift(client, clientPeer))),
  );
  const operator: Peer = {
    ...namespacePeer(args.operatorNamespace ?? DEFAULT_OPERATOR_NAMESPACE),
    podSelector: { matchLabels: OPERATOR_POD_LABELS },
  };
  return {
    metadata: metadataOf(identity),
    spec: {
      podSelector: { matchLabels: identity.selector },
      policyTypes: ["Ingress"],
      ingress: concat<k8s.types.input.networking.v1.NetworkPolicyIngressRule>(
        [
          { from: [{ podSelector: { matchLabels: identity.selector } }] },
          // Dashboard and jobs, the health of the head's proxy.
          { from: [operator], ports: ports(8265, SERVE_PORT) },
          { from: monitoring, ports: ports(METRICS_PORT, 44217, 44227) },
        ],
        // Without a client no rule: one with an empty list of peers would let everyone in.
        lift(clients, (list) => (list.length === 0 ? [] : [{ from: list, ports: ports(SERVE_PORT) }])),
      ),
    },
  };
}

function ports(...numbers: number[]) {
  return numbers.map((port) => ({ port, protocol: "TCP" }));
}
