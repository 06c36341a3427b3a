import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { Alertmanager, PodMonitor, Prometheus, PrometheusAgent } from "./crds/monitoring.ts";
import { prometheusAgentSpec } from "./kube-prometheus/agent.ts";
import {
  ALERTMANAGER_PORT,
  alertmanagerPodLabels,
  alertmanagerSpec,
} from "./kube-prometheus/alertmanager.ts";
import { PrometheusMode, RepairPolicy, type KubePrometheusArgs } from "./kube-prometheus/args.ts";
import { makeExporters } from "./kube-prometheus/exporters.ts";
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
import { serviceSpecs } from "./kube-prometheus/services.ts";
import { MonitoringCrds } from "./monitoring-crds.ts";
import { grant, type Grantee } from "./support/grants.ts";
import { restrictedNamespaceLabels, standardLabels } from "./support/labels.ts";
import { check } from "./support/validation.ts";

export * from "./kube-prometheus/args.ts";
export type { MonitoringImagesArgs } from "./kube-prometheus/images.ts";

/**
 * The Prometheus operator with one Prometheus and one Alertmanager cluster that see every monitor and rule, and the
 * exporters that tell them about the cluster itself.
 *
 * One instance belongs into a namespace: the operator that it makes serves that namespace only, and its Services have
 * fixed names there (`prometheus`, `alertmanager`).
 */
export class KubePrometheus extends pulumi.ComponentResource {
  /** Namespace that everything runs in. */
  public readonly namespace: pulumi.Output<string>;
  /** URL of Prometheus inside the cluster. */
  public readonly prometheusUrl: pulumi.Output<string>;
  /** URL of Alertmanager inside the cluster; undefined where there is none. */
  public readonly alertmanagerUrl: pulumi.Output<string | undefined>;
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
    const names = namesOf(name, namespace, args);
    const make: Maker = { name, names, args, component: this, crds };

    const operator = makeOperator(make);
    const prometheusRights = makePrometheusAccount(make);
    makeAlertmanagerAccount(make);
    const services = makeServices(make);
    makeNetworkPolicies(make);
    makeServers(make, [...operator, ...prometheusRights, ...services]);
    makeMonitors(make);
    makeExporters(names, args, { parent: this, dependsOn: crds });

    this.namespace = pulumi.output(namespace);
    this.prometheusUrl = pulumi.interpolate`http://${names.prometheusService}.${namespace}.svc:${PROMETHEUS_PORT}`;
    this.alertmanagerUrl = pulumi.output(
      args.alertmanager === undefined
        ? undefined
        : pulumi.interpolate`http://${names.alertmanagerService}.${namespace}.svc:${ALERTMANAGER_PORT}`,
    );
    this.thanosEndpoint = pulumi.output(
      args.prometheus?.thanos === undefined
        ? undefined
        : pulumi.interpolate`dnssrv+_grpc._tcp.${names.prometheusGoverningService}.${namespace}.svc`,
    );
    this.prometheusPodLabels = pulumi.output(prometheusPodLabels(name, args.prometheus?.mode));
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

function namesOf(
  instance: string,
  namespace: pulumi.Input<string>,
  { prometheus }: KubePrometheusArgs,
): MonitoringNames {
  return {
    instance,
    namespace,
    prometheusServiceAccount: `${instance}-prometheus`,
    alertmanagerServiceAccount: `${instance}-alertmanager`,
    prometheusService: "prometheus",
    // The names that the operator itself would choose, so that what refers to them keeps working.
    prometheusGoverningService:
      prometheus?.mode === PrometheusMode.Agent ? "prometheus-agent-operated" : "prometheus-operated",
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

function makeAlertmanagerAccount({ name, names, args, component }: Maker): void {
  if (args.alertmanager === undefined) return;
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

function makeServices({ name, names, args, component }: Maker): pulumi.Resource[] {
  return serviceSpecs(names, args).map(
    ({ suffix, serviceName, application, spec }) =>
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
      ),
  );
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
  if (args.alertmanager !== undefined) {
    const spec = alertmanagerSpec(names, args, args.alertmanager);
    new Alertmanager(
      `${name}-alertmanager`,
      { metadata: { ...metadata("alertmanager"), annotations }, spec },
      options,
    );
  }
  const prometheus = { ...metadata("prometheus"), annotations };
  if (args.prometheus?.mode === PrometheusMode.Agent) {
    const spec = prometheusAgentSpec(names, args);
    new PrometheusAgent(`${name}-prometheus-agent`, { metadata: prometheus, spec }, options);
  } else {
    new Prometheus(
      `${name}-prometheus`,
      { metadata: prometheus, spec: prometheusSpec(names, args) },
      options,
    );
  }
  for (const [application, matchLabels] of [
    ["prometheus", prometheusPodLabels(name, args.prometheus?.mode)],
    ...(args.alertmanager === undefined ? [] : [["alertmanager", alertmanagerPodLabels(name)] as const]),
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
