import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PodMonitor } from "./crds/monitoring.ts";
import type { GrafanaArgs } from "./grafana-server/args.ts";
import {
  DEFAULT_GRAFANA_VOLUME,
  deploymentArgs,
  GRAFANA_APPLICATION,
  GRAFANA_PORT,
  type GrafanaParts,
} from "./grafana-server/deployment.ts";
import { environment, type SecretReference } from "./grafana-server/environment.ts";
import { dashboardsFile, datasourcesFile } from "./grafana-server/provisioning.ts";
import { RULES } from "./grafana-server/rules.ts";
import { secretData } from "./grafana-server/secrets.ts";
import { grant } from "./support/grants.ts";
import { concat } from "./support/inputs.ts";
import { selectorLabels, standardLabels } from "./support/labels.ts";
import { check } from "./support/validation.ts";

export * from "./grafana-server/args.ts";

type Metadata = k8s.types.input.meta.v1.ObjectMeta;
type NetworkPolicyPeer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/**
 * Grafana, with everything that it shows from files: data sources from the arguments, dashboards from ConfigMaps
 * (`GrafanaDashboards`). Nobody comes in without a name, alerts are those of Prometheus, and the pod passes the restricted
 * Pod Security Standard, without the container that runs as root to give files away.
 */
export class Grafana extends pulumi.ComponentResource {
  /** URL inside the cluster. */
  readonly url: pulumi.Output<string>;
  /** Name of the Secret that holds the admin's password. */
  readonly secretName: pulumi.Output<string>;

  constructor(name: string, args: GrafanaArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`Grafana "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:Grafana", name, { ...args }, opts);
    const namespace = args.namespace ?? "monitoring";
    const labels = standardLabels(GRAFANA_APPLICATION, name);
    const selector = selectorLabels(GRAFANA_APPLICATION, name);
    const metadata: Metadata = { name, namespace, labels };
    const child = { parent: this };
    const address = pulumi.interpolate`http://${name}.${namespace}.svc:${GRAFANA_PORT}`;

    const secret = this.#secret(metadata, name, args);
    const account = this.#account(metadata, name, args);
    const datasources = datasourcesFile(args);
    const provisioning = new k8s.core.v1.Secret(
      `${name}-provisioning`,
      {
        metadata: { ...metadata, name: `${name}-provisioning` },
        stringData: { "datasources.yaml": datasources, "dashboards.yaml": dashboardsFile },
      },
      child,
    );
    const parts: GrafanaParts = {
      metadata,
      labels,
      selector,
      namespace,
      serviceAccount: account,
      provisioning: provisioning.metadata.name,
      checksum: pulumi.unsecret(datasources).apply((text) => digest(text + dashboardsFile)),
      env: environment(args, args.externalUrl ?? address, secret),
      claim: this.#claim(metadata, name, args),
    };
    const policy = this.#policy(metadata, selector, name, args);
    new k8s.apps.v1.Deployment(`${name}-deployment`, deploymentArgs(parts, args), {
      ...child,
      dependsOn: policy,
    });
    this.#access(metadata, selector, name);

    this.url = address;
    this.secretName = pulumi.output(secret.name);
    this.registerOutputs({ url: this.url, secretName: this.secretName });
  }

  /** Derived secrets, or a reference to those that exist. */
  #secret(metadata: Metadata, name: string, { seed, existingSecret }: GrafanaArgs): SecretReference {
    if (existingSecret !== undefined || seed === undefined) {
      return {
        name: existingSecret?.name ?? "",
        passwordKey: existingSecret?.passwordKey ?? "admin-password",
        secretKeyKey: existingSecret?.secretKeyKey ?? "secret-key",
      };
    }
    const secret = new k8s.core.v1.Secret(
      `${name}-secrets`,
      { metadata: { ...metadata, name: `${name}-secrets` }, stringData: secretData(seed, name) },
      { parent: this },
    );
    return { name: secret.metadata.name, passwordKey: "admin-password", secretKeyKey: "secret-key" };
  }

  /** The sidecar reads ConfigMaps, where dashboards may be, and nothing else. */
  #account(metadata: Metadata, name: string, args: GrafanaArgs): pulumi.Output<string> {
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    const namespace = args.namespace ?? "monitoring";
    const labels = standardLabels(GRAFANA_APPLICATION, name);
    const grantee = { account: name, namespace, labels, component: this };
    const rules = [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] }];
    const scopes = args.dashboardNamespaces?.map((scope) => [`-${scope}`, scope] as const) ?? [
      ["", namespace],
    ];
    for (const [suffix, scope] of scopes) grant(`${name}-dashboards${suffix}`, grantee, rules, scope);
    return account.metadata.name;
  }

  /** The volume of its SQLite database; none with a database elsewhere, or when nothing is worth keeping. */
  #claim(
    metadata: Metadata,
    name: string,
    { storage, database }: GrafanaArgs,
  ): pulumi.Output<string> | undefined {
    if (database !== undefined || storage?.ephemeral === true) return undefined;
    const claim = new k8s.core.v1.PersistentVolumeClaim(
      `${name}-data`,
      {
        // A class that waits for the first pod would be waited for in vain: the pod comes after it.
        metadata: { ...metadata, name: `${name}-data`, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: {
          accessModes: ["ReadWriteOnce"],
          ...(storage?.storageClassName === undefined ? {} : { storageClassName: storage.storageClassName }),
          resources: { requests: { storage: storage?.size ?? DEFAULT_GRAFANA_VOLUME } },
        },
      },
      { parent: this },
    );
    return claim.metadata.name;
  }

  #policy(
    metadata: Metadata,
    selector: Record<string, pulumi.Input<string>>,
    name: string,
    args: GrafanaArgs,
  ): pulumi.Resource {
    // An empty pod selector is every pod of this namespace, Prometheus among them.
    const from = concat<NetworkPolicyPeer>([{ podSelector: {} }], args.ingressFrom ?? []);
    return new k8s.networking.v1.NetworkPolicy(
      `${name}-ingress`,
      {
        metadata,
        spec: {
          podSelector: { matchLabels: selector },
          policyTypes: ["Ingress"],
          ingress: [{ from, ports: [{ port: GRAFANA_PORT, protocol: "TCP" }] }],
        },
      },
      { parent: this },
    );
  }

  /** Its Service, budget and monitor. */
  #access(metadata: Metadata, selector: Record<string, pulumi.Input<string>>, name: string): void {
    const child = { parent: this };
    new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata,
        spec: {
          type: "ClusterIP",
          selector,
          ports: [{ name: "web", port: GRAFANA_PORT, targetPort: "web", protocol: "TCP" }],
        },
      },
      child,
    );
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-budget`,
      // One at a time; unlike minAvailable 1 it never blocks the drain of a node when there is a single replica.
      { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: selector } } },
      child,
    );
    new PodMonitor(
      `${name}-monitor`,
      {
        metadata,
        spec: {
          jobLabel: "app.kubernetes.io/name",
          selector: { matchLabels: selector },
          podMetricsEndpoints: [{ port: "web", path: "/metrics" }],
        },
      },
      child,
    );
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
