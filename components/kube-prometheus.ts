import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { Alertmanager, PodMonitor, Prometheus } from "./crds/monitoring.ts";
import {
  ALERTMANAGER_MESH_PORT,
  ALERTMANAGER_PORT,
  alertmanagerPodLabels,
  alertmanagerSpec,
} from "./kube-prometheus/alertmanager.ts";
import { RepairPolicy, type KubePrometheusArgs } from "./kube-prometheus/args.ts";
import { networkPolicies } from "./kube-prometheus/network-policies.ts";
import { OPERATOR_APPLICATION, operatorDeployment } from "./kube-prometheus/operator.ts";
import { selfMonitors } from "./kube-prometheus/pod-monitors.ts";
import {
  PROMETHEUS_PORT,
  prometheusPodLabels,
  prometheusSpec,
  type MonitoringNames,
} from "./kube-prometheus/prometheus.ts";
import {
  operatorClusterRules,
  operatorCredentialRules,
  operatorDiscoveryRules,
  operatorRules,
  prometheusDiscoveryRules,
  prometheusNodeRules,
} from "./kube-prometheus/rbac.ts";
import { RULES } from "./kube-prometheus/rules.ts";
import { THANOS_GRPC_PORT } from "./kube-prometheus/thanos.ts";
import { MonitoringCrds } from "./monitoring-crds.ts";
import { grant, type Grantee } from "./support/grants.ts";
import { restrictedNamespaceLabels, standardLabels } from "./support/labels.ts";
import { check } from "./support/validation.ts";

export * from "./kube-prometheus/args.ts";
export type { MonitoringImagesArgs } from "./kube-prometheus/images.ts";

/**
 * The Prometheus operator with one Prometheus and one Alertmanager cluster that see every monitor and rule.
 *
 * One instance belongs into a namespace: the operator that it makes serves that namespace only, and its Services have
 * fixed names there (`prometheus`, `alertmanager`).
 */
export class KubePrometheus extends pulumi.ComponentResource {
  /** Namespace that everything runs in. */
  public readonly namespace: pulumi.Output<string>;
  /** URL of Prometheus inside the cluster. */
  public readonly prometheusUrl: pulumi.Output<string>;
  /** URL of Alertmanager inside the cluster. */
  public readonly alertmanagerUrl: pulumi.Output<string>;
  /**
   * Address by which a Thanos query finds every sidecar (`--endpoint`); undefined without `prometheus.thanos`.
   */
  public readonly thanosEndpoint: pulumi.Output<string | undefined>;
  /** Labels of the Prometheus pods, for NetworkPolicies of what they scrape. */
  public readonly prometheusPodLabels: pulumi.Output<Record<string, string>>;
  /** Labels of the Alertmanager pods, for NetworkPolicies of what they call. */
  public readonly alertmanagerPodLabels: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: KubePrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`KubePrometheus "${name}"`, args, RULES);
    super("vllm-monitoring:index:KubePrometheus", name, { ...args }, opts);
    const crds = args.installCrds === false ? [] : [new MonitoringCrds(`${name}-crds`, {}, { parent: this })];
    const namespace = args.namespace ?? makeNamespace(this, name);
    const names = namesOf(name, namespace);
    const make: Maker = { name, names, args, component: this, crds };

    const operator = makeOperator(make);
    const prometheusRights = makePrometheusAccount(make);
    makeAlertmanagerAccount(make);
    const services = makeServices(make);
    makeNetworkPolicies(make);
    makeServers(make, [...operator, ...prometheusRights, ...services]);
    makeMonitors(make);

    this.namespace = pulumi.output(namespace);
    this.prometheusUrl = pulumi.interpolate`http://${names.prometheusService}.${namespace}.svc:${PROMETHEUS_PORT}`;
    this.alertmanagerUrl = pulumi.interpolate`http://${names.alertmanagerService}.${namespace}.svc:${ALERTMANAGER_PORT}`;
    this.thanosEndpoint = pulumi.output(
      args.prometheus?.thanos === undefined
        ? undefined
        : pulumi.interpolate`dnssrv+_grpc._tcp.${names.prometheusGoverningService}.${namespace}.svc`,
    );
    this.prometheusPodLabels = pulumi.output<Record<string, string>>(prometheusPodLabels(name));
    this.alertmanagerPodLabels = pulumi.output<Record<string, string>>(alertmanagerPodLabels(name));
    this.registerOutputs({
      namespace: this.namespace,
      prometheusUrl: this.prometheusUrl,
      alertmanagerUrl: this.alertmanagerUrl,
      thanosEndpoint: this.thanosEndpoint,
      prometheusPodLabels: this.prometheusPodLabels,
      alertmanagerPodLabels: this.alertmanagerPodLabels,
    });
  }
}

/** What every part of the component is made from. */
interface Maker {
  name: string;
  names: MonitoringNames;
  args: KubePrometheusArgs;
  component: KubePrometheus;
  crds: MonitoringCrds[];
}

function namesOf(instance: string, namespace: pulumi.Input<string>): MonitoringNames {
  return {
    instance,
    namespace,
    prometheusServiceAccount: `${instance}-prometheus`,
    alertmanagerServiceAccount: `${instance}-alertmanager`,
    prometheusService: "prometheus",
    // The names that the operator itself would choose, so that what refers to them keeps working.
    prometheusGoverningService: "prometheus-operated",
    alertmanagerService: "alertmanager",
    alertmanagerGoverningService: "alertmanager-operated",
  };
}

function makeNamespace(component: KubePrometheus, name: string): pulumi.Output<string> {
  const namespace = new k8s.core.v1.Namespace(
    `${name}-namespace`,
    {
      metadata: {
        name: "monitoring",
        labels: { ...standardLabels("monitoring", name), ...restrictedNamespaceLabels },
      },
    },
    { parent: component },
  );
  return namespace.metadata.name;
}

/** The operator's account, rights and Deployment: everything that must outlive the objects it has put finalizers on. */
function makeOperator({ name, names, args, component, crds }: Maker): pulumi.Resource[] {
  const labels = standardLabels(OPERATOR_APPLICATION, name);
  const metadata = { name: `${name}-operator`, namespace: names.namespace, labels };
  const options = { parent: component, dependsOn: crds };
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-operator`,
    // The Deployment mounts the token; nothing else that names this account should.
    { metadata, automountServiceAccountToken: false },
    options,
  );
  const grantee: Grantee = { account: metadata.name, namespace: names.namespace, labels, component };
  const watched = args.watchNamespaces === undefined ? undefined : [names.namespace, ...args.watchNamespaces];
  const rights = [
    ...grant(
      `${name}-operator`,
      grantee,
      operatorRules(args.operator?.repairPolicy ?? RepairPolicy.None),
      names.namespace,
    ),
    ...grant(`${name}-operator-cluster`, grantee, operatorClusterRules(watched)),
    ...discoveryScopes(names.namespace, args.watchNamespaces).flatMap(({ suffix, scope }) =>
      grant(`${name}-operator-discovery${suffix}`, grantee, operatorDiscoveryRules(), scope),
    ),
    ...(args.credentialNamespaces ?? []).flatMap((scope) =>
      grant(`${name}-operator-credentials-${scope}`, grantee, operatorCredentialRules(), scope),
    ),
  ];
  const deployment = new k8s.apps.v1.Deployment(
    `${name}-operator`,
    { metadata, spec: operatorDeployment(name, names.namespace, metadata.name, args) },
    // It asks for its rights only once, at its start.
    { parent: component, dependsOn: [...crds, account, ...rights] },
  );
  return [account, ...rights, deployment];
}

function makePrometheusAccount({ name, names, args, component }: Maker): pulumi.Resource[] {
  const labels = standardLabels("prometheus", name);
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-prometheus`,
    {
      metadata: { name: names.prometheusServiceAccount, namespace: names.namespace, labels },
      automountServiceAccountToken: false,
    },
    { parent: component },
  );
  const grantee: Grantee = {
    account: names.prometheusServiceAccount,
    namespace: names.namespace,
    labels,
    component,
  };
  return [
    account,
    ...discoveryScopes(names.namespace, args.watchNamespaces).flatMap(({ suffix, scope }) =>
      grant(`${name}-prometheus-discovery${suffix}`, grantee, prometheusDiscoveryRules(), scope),
    ),
    ...(args.prometheus?.attachNodeMetadata === true
      ? grant(`${name}-prometheus-nodes`, grantee, prometheusNodeRules())
      : []),
  ];
}

interface Scope {
  /** Part of the Pulumi and Kubernetes names. */
  suffix: string;
  /** Undefined: the whole cluster. */
  scope: pulumi.Input<string> | undefined;
}

/** Where monitors and targets are: everywhere, or in the component's own namespace and each of the named ones. */
function discoveryScopes(own: pulumi.Input<string>, watched: string[] | undefined): Scope[] {
  if (watched === undefined) return [{ suffix: "", scope: undefined }];
  return [
    { suffix: "", scope: own },
    ...watched.filter((scope) => scope !== own).map((scope) => ({ suffix: `-${scope}`, scope })),
  ];
}

function makeAlertmanagerAccount({ name, names, component }: Maker): void {
  new k8s.core.v1.ServiceAccount(
    `${name}-alertmanager`,
    {
      metadata: {
        name: names.alertmanagerServiceAccount,
        namespace: names.namespace,
        labels: standardLabels("alertmanager", name),
      },
      automountServiceAccountToken: false,
    },
    { parent: component },
  );
}

/** For each server a Service with a stable address, and the headless one that names its pods. */
function makeServices({ name, names, args, component }: Maker): pulumi.Resource[] {
  const web = (port: number) => ({ name: "web", port, targetPort: "web", protocol: "TCP" });
  const mesh = (protocol: string) => ({
    name: `${protocol.toLowerCase()}-mesh`,
    port: ALERTMANAGER_MESH_PORT,
    targetPort: ALERTMANAGER_MESH_PORT,
    protocol,
  });
  const service = (
    suffix: string,
    serviceName: string,
    application: string,
    spec: k8s.types.input.core.v1.ServiceSpec,
  ) =>
    new k8s.core.v1.Service(
      `${name}-${suffix}`,
      {
        metadata: {
          name: serviceName,
          namespace: names.namespace,
          labels: standardLabels(application, name),
          // The pods that it selects come only after it, from the operator.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec,
      },
      { parent: component },
    );
  // A name that a Thanos query finds each sidecar by: dnssrv+_grpc._tcp.<service>.
  const grpc = { name: "grpc", port: THANOS_GRPC_PORT, targetPort: "grpc", protocol: "TCP" };
  const headless = { clusterIP: "None", publishNotReadyAddresses: true };
  const prometheus = { selector: prometheusPodLabels(name), ports: [web(PROMETHEUS_PORT)] };
  const alertmanager = { selector: alertmanagerPodLabels(name), ports: [web(ALERTMANAGER_PORT)] };
  return [
    service("prometheus", names.prometheusService, "prometheus", { type: "ClusterIP", ...prometheus }),
    service("prometheus-governing", names.prometheusGoverningService, "prometheus", {
      ...prometheus,
      ...headless,
      ports: [...prometheus.ports, ...(args.prometheus?.thanos === undefined ? [] : [grpc])],
    }),
    service("alertmanager", names.alertmanagerService, "alertmanager", {
      type: "ClusterIP",
      ...alertmanager,
    }),
    service("alertmanager-governing", names.alertmanagerGoverningService, "alertmanager", {
      ...alertmanager,
      ...headless,
      ports: [web(ALERTMANAGER_PORT), mesh("TCP"), mesh("UDP")],
    }),
  ];
}

function makeNetworkPolicies({ name, names, args, component }: Maker): void {
  if (args.networkPolicies?.enabled === false) return;
  for (const [which, spec] of Object.entries(networkPolicies(name, args))) {
    new k8s.networking.v1.NetworkPolicy(
      `${name}-${which}`,
      {
        metadata: {
          name: `${name}-${which}`,
          namespace: names.namespace,
          labels: standardLabels(which === "operator" ? OPERATOR_APPLICATION : which, name),
        },
        spec,
      },
      { parent: component },
    );
  }
}

/** The two objects that the operator turns into servers, and the budgets that keep their replicas up. */
function makeServers({ name, names, args, component, crds }: Maker, dependsOn: pulumi.Resource[]): void {
  const annotations: Record<string, string> =
    args.waitForAvailability === false ? {} : { "pulumi.com/waitFor": "condition=Available" };
  const metadata = (application: string) => ({
    name,
    namespace: names.namespace,
    labels: standardLabels(application, name),
  });
  // Deleted before the operator, which has to take its finalizers off them.
  const options = { parent: component, dependsOn: [...crds, ...dependsOn] };
  new Alertmanager(
    `${name}-alertmanager`,
    { metadata: { ...metadata("alertmanager"), annotations }, spec: alertmanagerSpec(names, args) },
    options,
  );
  new Prometheus(
    `${name}-prometheus`,
    { metadata: { ...metadata("prometheus"), annotations }, spec: prometheusSpec(names, args) },
    options,
  );
  for (const [application, matchLabels] of [
    ["prometheus", prometheusPodLabels(name)],
    ["alertmanager", alertmanagerPodLabels(name)],
  ] as const) {
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-${application}`,
      {
        metadata: { ...metadata(application), name: `${name}-${application}` },
        // One at a time; unlike minAvailable 1 it never blocks the drain of a node when there is a single replica.
        spec: { maxUnavailable: 1, selector: { matchLabels } },
      },
      { parent: component },
    );
  }
}

function makeMonitors({ name, names, args, component, crds }: Maker): void {
  for (const [which, spec] of Object.entries(selfMonitors(name, args))) {
    new PodMonitor(
      `${name}-${which}`,
      {
        metadata: {
          name: `${name}-${which}`,
          namespace: names.namespace,
          labels: standardLabels(which === "operator" ? OPERATOR_APPLICATION : which, name),
        },
        spec,
      },
      { parent: component, dependsOn: crds },
    );
  }
}
