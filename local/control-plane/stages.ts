/**
 * kwok's Stages: what it does to nodes and pods (https://kwok.sigs.k8s.io/docs/user/stages-configuration/).
 *
 * kwok makes nodes Ready and gives a scheduled pod its address. Everything after that, running the containers and
 * reporting how they are, is the node agent's (see `local/node`).
 */
const resource = (kind: "Node" | "Pod") => ({ apiGroup: "v1", kind });

/** The conditions of a healthy node, as of now; a heartbeat is no transition. */
const nodeConditions = (isTransition: boolean): string => `
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
${isTransition ? "  lastTransitionTime: {{ $now | Quote }}\n" : ""}{{ end }}
`;

const nodeReady = {
  apiVersion: "kwok.x-k8s.io/v1alpha1",
  kind: "Stage",
  metadata: { name: "node-ready" },
  spec: {
    resourceRef: resource("Node"),
    selector: {
      matchExpressions: [
        {
          key: '.status.conditions.[] | select( .type == "Ready" ) | .status',
          operator: "NotIn",
          values: ["True"],
        },
      ],
    },
    next: {
      statusTemplate: `${nodeConditions(true)}
addresses:
- type: InternalIP
  address: {{ NodeIP | Quote }}
- type: Hostname
  address: {{ NodeName | Quote }}
phase: Running
`,
    },
  },
};

const nodeHeartbeat = {
  apiVersion: "kwok.x-k8s.io/v1alpha1",
  kind: "Stage",
  metadata: { name: "node-heartbeat" },
  spec: {
    resourceRef: resource("Node"),
    selector: {
      matchExpressions: [{ key: ".status.phase", operator: "In", values: ["Running"] }],
    },
    delay: { durationMilliseconds: 20_000, jitterDurationMilliseconds: 25_000 },
    next: {
      statusTemplate: nodeConditions(false),
    },
    immediateNextStage: true,
  },
};

const podAddress = {
  apiVersion: "kwok.x-k8s.io/v1alpha1",
  kind: "Stage",
  metadata: { name: "pod-address" },
  spec: {
    resourceRef: resource("Pod"),
    selector: {
      matchExpressions: [
        { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" },
        { key: ".status.podIP", operator: "DoesNotExist" },
      ],
    },
    next: {
      statusTemplate: `
{{ $hostIPs := NodeIPsWith .spec.nodeName }}
{{ with $hostIPs }}
hostIP: {{ index . 0 | Quote }}
hostIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
{{ $podIPs := PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
{{ with $podIPs }}
podIP: {{ index . 0 | Quote }}
podIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
`,
    },
  },
};

/** kwok's configuration file: a stream of JSON documents, which is valid YAML. */
export function kwokConfiguration(): string {
  return [nodeReady, nodeHeartbeat, podAddress].map((stage) => JSON.stringify(stage)).join("\n---\n");
}
