/** Resources for policies to look at. */
import { evaluatePolicies, type PolicyResource } from "../../../policies/index.ts";

/** A Kubernetes object in the namespace `vllm`. */
export function object(
  token: string,
  props: { metadata?: object } & Record<string, unknown>,
  name = "thing",
): PolicyResource {
  return resource(
    `kubernetes:${token}`,
    { ...props, metadata: { name, namespace: "vllm", ...props.metadata } },
    { name },
  );
}

export function resource(
  type: string,
  props: Record<string, unknown>,
  more: Partial<PolicyResource> = {},
): PolicyResource {
  const name = more.name ?? "thing";
  return {
    urn: `urn:pulumi:prod::test::${type}::${name}`,
    type,
    name,
    parent: undefined,
    protect: false,
    props,
    ...more,
  };
}

export const goodContainer = {
  name: "vllm",
  image: "vllm/vllm-openai:v0.33.0",
  ports: [{ name: "http", containerPort: 8000 }],
  resources: {
    requests: { cpu: "4", memory: "32Gi", "nvidia.com/gpu": "1" },
    limits: { memory: "32Gi", "nvidia.com/gpu": "1" },
  },
};
export const labels = { app: "llama" };

/** A Deployment that serves a model. */
export const deployment = (container: object = {}, more: object = {}) =>
  object("apps/v1:Deployment", {
    spec: {
      template: { metadata: { labels }, spec: { containers: [{ ...goodContainer, ...container }], ...more } },
    },
  });

export const monitor = (spec: object = {}) =>
  object(
    "monitoring.coreos.com/v1:PodMonitor",
    { spec: { selector: { matchLabels: labels }, ...spec } },
    "monitor",
  );
export const guard = (spec: object = {}) =>
  object(
    "networking.k8s.io/v1:NetworkPolicy",
    {
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 8000 }] }],
        ...spec,
      },
    },
    "guard",
  );
export const service = (spec: object = {}) =>
  object(
    "core/v1:Service",
    { metadata: { labels }, spec: { selector: labels, ports: [{ port: 8000 }], ...spec } },
    "llama",
  );

/** Everything that a served model needs, plus other resources. */
export const served = (...more: PolicyResource[]) => [deployment(), monitor(), guard(), ...more];

/** Verdicts as `policy: message`. */
export function verdicts(...resources: PolicyResource[]): string[] {
  return evaluatePolicies(resources).map(({ policy, message }) => `${policy}: ${message}`);
}
