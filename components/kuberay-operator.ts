import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { kubeRayCrds, KUBERAY_VERSION } from "./crds/kuberay-manifests.ts";
import { OPERATOR_POD_LABELS } from "./ray/network.ts";
import { OPERATOR_RULES, OWN_RULES, WATCHED_RULES } from "./ray/operator-rules.ts";
import { grant } from "./support/grants.ts";
import { lift, liftOptional } from "./support/inputs.ts";
import { selectorLabels, standardLabels } from "./support/labels.ts";
import { restrictedContainer, restrictedPod } from "./support/security.ts";
import { check } from "./support/validation.ts";

/** CPU and memory of the operator. */
export interface KubeRayOperatorResourcesArgs {
  /** Default `100m`. */
  cpuRequest?: pulumi.Input<string>;
  /** Memory request and limit. Default `512Mi`, for some 500 Ray pods. */
  memory?: pulumi.Input<string>;
}

/** Arguments of {@link KubeRayOperator}. */
export interface KubeRayOperatorArgs {
  /** Namespace of the operator; it must exist. */
  namespace: pulumi.Input<string>;
  /** Namespaces whose Ray clusters it looks after; it has rights in no other. They must exist. */
  watchNamespaces: string[];
  /** Image. Default `quay.io/kuberay/operator` of the version that the CRDs belong to. */
  image?: pulumi.Input<string>;
  /** Names of Secrets with registry credentials. */
  imagePullSecrets?: pulumi.Input<pulumi.Input<string>[]>;
  /** Resources of its pod. */
  resources?: pulumi.Input<KubeRayOperatorResourcesArgs>;
  /** Install the CRDs of Ray. Default true; false where another installation has them. */
  installCrds?: boolean;
  /** True: deleting the stack leaves the CRDs, and with them the Ray clusters of others. Default false. */
  retainCrds?: boolean;
}

const APPLICATION = "kuberay-operator";
/** uid that the operator's image runs as. */
const USER = 65532;

/**
 * The KubeRay operator, which turns RayServices into pods. It looks after the namespaces that are named and has its rights in
 * those alone, unlike KubeRay's own manifests.
 */
export class KubeRayOperator extends pulumi.ComponentResource {
  /** Name of the Deployment. */
  readonly deploymentName: pulumi.Output<string>;
  /** Version of the operator that the CRDs belong to. */
  readonly operatorVersion: pulumi.Output<string>;

  constructor(name: string, args: KubeRayOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`KubeRayOperator "${name}"`, { componentName: name, ...args }, OPERATOR_RULES);
    super("vllm-monitoring:index:KubeRayOperator", name, { ...args }, opts);
    const child = { parent: this };
    const metadata = { name, namespace: args.namespace, labels: standardLabels(APPLICATION, name) };
    const crds = ((args.installCrds ?? true) ? kubeRayCrds() : []).map(
      (crd) =>
        new k8s.apiextensions.v1.CustomResourceDefinition(`${name}-${crd.metadata.name}`, crd, {
          ...child,
          retainOnDelete: args.retainCrds ?? false,
        }),
    );
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    const grantee = { account: name, namespace: args.namespace, labels: metadata.labels, component: this };
    const rights = [
      ...grant(`${name}-lease`, grantee, OWN_RULES, args.namespace),
      ...args.watchNamespaces.flatMap((watched) =>
        grant(`${name}-${watched}`, grantee, WATCHED_RULES, watched),
      ),
    ];
    const policy = new k8s.networking.v1.NetworkPolicy(
      `${name}-ingress`,
      // It asks others and nobody asks it; the kubelet's probes are let through everywhere.
      {
        metadata,
        spec: {
          podSelector: { matchLabels: selectorLabels(APPLICATION, name) },
          policyTypes: ["Ingress"],
          ingress: [],
        },
      },
      child,
    );
    const deployment = new k8s.apps.v1.Deployment(
      `${name}-operator`,
      { metadata, spec: deploymentSpec(name, args) },
      { ...child, dependsOn: [...crds, account, policy, ...rights] },
    );
    this.deploymentName = deployment.metadata.name;
    this.operatorVersion = pulumi.output(KUBERAY_VERSION);
    this.registerOutputs({ deploymentName: this.deploymentName, operatorVersion: this.operatorVersion });
  }
}

/** Command line of the operator. */
export function operatorArguments(watchNamespaces: readonly string[]): string[] {
  return [
    `--watch-namespace=${watchNamespaces.join(",")}`,
    "--enable-leader-election=true",
    "--metrics-addr=:8080",
    "--health-probe-bind-address=:8082",
  ];
}

function deploymentSpec(name: string, args: KubeRayOperatorArgs): k8s.types.input.apps.v1.DeploymentSpec {
  const probe = (path: string) => ({ httpGet: { path, port: "health" }, timeoutSeconds: 5 });
  const pullSecrets = liftOptional(args.imagePullSecrets, (names) =>
    names.map((secret) => ({ name: secret })),
  );
  return {
    replicas: 1,
    strategy: { type: "Recreate" },
    selector: { matchLabels: selectorLabels(APPLICATION, name) },
    template: {
      // The policies of Ray clusters let pods with this label in.
      metadata: { labels: { ...standardLabels(APPLICATION, name), ...OPERATOR_POD_LABELS } },
      spec: {
        serviceAccountName: name,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        nodeSelector: { "kubernetes.io/os": "linux" },
        ...(pullSecrets === undefined ? {} : { imagePullSecrets: pullSecrets }),
        securityContext: restrictedPod(USER),
        containers: [
          {
            name: APPLICATION,
            image: args.image ?? `quay.io/kuberay/operator:v${KUBERAY_VERSION}`,
            command: ["/manager"],
            args: operatorArguments(args.watchNamespaces),
            ports: [
              { name: "metrics", containerPort: 8080, protocol: "TCP" },
              { name: "health", containerPort: 8082, protocol: "TCP" },
            ],
            resources: lift(args.resources ?? {}, ({ cpuRequest = "100m", memory = "512Mi" }) => ({
              requests: { cpu: cpuRequest, memory },
              limits: { memory },
            })),
            readinessProbe: { ...probe("/readyz"), periodSeconds: 10 },
            livenessProbe: { ...probe("/healthz"), periodSeconds: 30, failureThreshold: 3 },
            securityContext: restrictedContainer,
            terminationMessagePolicy: "FallbackToLogsOnError",
          },
        ],
      },
    },
  };
}
