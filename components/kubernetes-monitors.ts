import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PodMonitor, ScrapeConfig, ServiceMonitor } from "./crds/monitoring.ts";
import { prometheusDiscoveryRules, prometheusNodeRules } from "./kube-prometheus/rbac.ts";
import type { KubernetesMonitorsArgs } from "./kubernetes-monitors/args.ts";
import { RULES } from "./kubernetes-monitors/rules.ts";
import {
  apiServerMonitor,
  coreDnsMonitor,
  kubeletJobs,
  type ScraperToken,
} from "./kubernetes-monitors/specs.ts";
import { grant, type Grantee } from "./support/grants.ts";
import { merge } from "./support/inputs.ts";
import { standardLabels } from "./support/labels.ts";
import { check } from "./support/validation.ts";

export * from "./kubernetes-monitors/args.ts";

const APPLICATION = "kubernetes-monitors";

/**
 * Scraping of the cluster's own programs: kubelets with cAdvisor, the API server, CoreDNS. What a managed cluster hides
 * (scheduler, controller manager, etcd) is left out, so that no target is down for ever.
 *
 * Kubelets and the API server want to know who asks. Scrapes show a token of an account that may read metrics and nothing
 * else, from a Secret that only monitors of this namespace can name. Prometheus' own token would be handed to any address
 * that somebody's monitor names.
 */
export class KubernetesMonitors extends pulumi.ComponentResource {
  /** Name of the ServiceAccount by which metrics are read; undefined when nothing needs one. */
  readonly scraperAccount: pulumi.Output<string | undefined>;

  constructor(name: string, args: KubernetesMonitorsArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    check(`KubernetesMonitors "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:KubernetesMonitors", name, { ...args }, opts);
    const namespace = args.namespace ?? "monitoring";
    const labels = standardLabels(APPLICATION, name);
    const child = { parent: this };
    const metadata = (suffix: string) => ({
      name: `${name}-${suffix}`,
      namespace,
      labels: merge(args.monitorLabels, labels),
    });
    const needsToken = args.kubelet?.enabled !== false || args.apiServer?.enabled !== false;
    const token = needsToken ? makeToken(this, name, namespace, args) : undefined;
    grantDiscovery(this, name, namespace, args);
    if (args.kubelet?.enabled !== false && token !== undefined) {
      for (const [suffix, spec] of Object.entries(kubeletJobs(args.kubelet ?? {}, token))) {
        new ScrapeConfig(`${name}-${suffix}`, { metadata: metadata(suffix), spec }, child);
      }
    }
    if (args.apiServer?.enabled !== false && token !== undefined) {
      const spec = apiServerMonitor(args.apiServer ?? {}, token);
      new ServiceMonitor(`${name}-apiserver`, { metadata: metadata("apiserver"), spec }, child);
    }
    if (args.coreDns?.enabled !== false) {
      const spec = coreDnsMonitor(args.coreDns ?? {});
      new PodMonitor(`${name}-coredns`, { metadata: metadata("coredns"), spec }, child);
    }
    this.scraperAccount = pulumi.output(token === undefined ? undefined : `${name}-scraper`);
    this.registerOutputs({ scraperAccount: this.scraperAccount });
  }
}

/** The account that reads metrics, its rights, and its token. */
function makeToken(
  component: KubernetesMonitors,
  name: string,
  namespace: pulumi.Input<string>,
  args: KubernetesMonitorsArgs,
): ScraperToken {
  const labels = standardLabels(APPLICATION, name);
  const metadata = { name: `${name}-scraper`, namespace, labels };
  const child = { parent: component };
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-scraper`,
    { metadata, automountServiceAccountToken: false },
    child,
  );
  const grantee: Grantee = { account: metadata.name, namespace, labels, component };
  grant(`${name}-scraper`, grantee, [
    ...(args.kubelet?.enabled === false
      ? []
      : [{ apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] }]),
    ...(args.apiServer?.enabled === false ? [] : [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }]),
  ]);
  const secret = new k8s.core.v1.Secret(
    `${name}-scraper-token`,
    {
      metadata: {
        ...metadata,
        name: `${name}-scraper-token`,
        annotations: { "kubernetes.io/service-account.name": account.metadata.name },
      },
      // The token controller writes the token into it.
      type: "kubernetes.io/service-account-token",
    },
    child,
  );
  return { secretName: secret.metadata.name };
}

/** What Prometheus' own account needs in order to find the targets. */
function grantDiscovery(
  component: KubernetesMonitors,
  name: string,
  namespace: pulumi.Input<string>,
  args: KubernetesMonitorsArgs,
): void {
  const { prometheusServiceAccount: account } = args;
  if (account === undefined) return;
  const grantee: Grantee = { account, namespace, labels: standardLabels(APPLICATION, name), component };
  if (args.kubelet?.enabled !== false) grant(`${name}-nodes`, grantee, prometheusNodeRules());
  if (args.isScoped !== true) return;
  if (args.apiServer?.enabled !== false)
    grant(`${name}-default`, grantee, prometheusDiscoveryRules(), "default");
  if (args.coreDns?.enabled !== false)
    grant(`${name}-kube-system`, grantee, prometheusDiscoveryRules(), "kube-system");
}
