import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PodMonitor } from "./crds/monitoring.ts";
import type { DcgmExporterArgs } from "./dcgm/args.ts";
import {
  COUNTERS_KEY,
  countersOf,
  daemonSetArgs,
  DCGM_APPLICATION,
  DCGM_PORT,
  DCGM_PORT_NAME,
  needsPodLabels,
  type DcgmParts,
} from "./dcgm/daemon-set.ts";
import { metricRelabelings, targetRelabelings } from "./dcgm/monitor.ts";
import { RULES } from "./dcgm/rules.ts";
import { privilegedNamespaceLabels } from "./gpu/namespace.ts";
import { grant } from "./support/grants.ts";
import { merge } from "./support/inputs.ts";
import { selectorLabels, standardLabels } from "./support/labels.ts";
import { parseDuration } from "./support/quantity.ts";
import { check } from "./support/validation.ts";

export * from "./dcgm/args.ts";

/**
 * NVIDIA's DCGM exporter on every GPU node, with counters of its own (throttling, ECC, XID counts) and a PodMonitor whose
 * labels keep idle GPUs apart: `pod`, `namespace` and `container` are those of the pod that holds the GPU, and absent
 * where none does. `node` is always there; `UUID` tells GPUs apart.
 *
 * The pods run as root with SYS_ADMIN (see `profiling`) and a read-only mount of the kubelet's pod-resources socket, and
 * nothing else of the host. They need nothing of the API server unless `podLabels` are asked for.
 */
export class DcgmExporter extends pulumi.ComponentResource {
  /** Namespace of the DaemonSet. */
  readonly namespace: pulumi.Output<string>;
  /** Name of the PodMonitor. */
  readonly podMonitorName: pulumi.Output<string>;
  /** Value of the label `job` on the metrics. */
  readonly job: pulumi.Output<string>;

  constructor(name: string, args: DcgmExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`DcgmExporter "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:DcgmExporter", name, { ...args }, opts);
    const namespace = args.namespace ?? makeNamespace(this, name);
    const labels = standardLabels(DCGM_APPLICATION, name);
    const selector = selectorLabels(DCGM_APPLICATION, name);
    const metadata = { name, namespace, labels };
    const child = { parent: this };

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    if (needsPodLabels(args)) {
      grant(`${name}-pods`, { account: name, namespace, labels, component: this }, [
        { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
      ]);
    }
    const counters = new k8s.core.v1.ConfigMap(
      `${name}-counters`,
      {
        metadata: { ...metadata, name: `${name}-counters` },
        data: { [COUNTERS_KEY]: countersOf(args) },
      },
      child,
    );
    const policy = new k8s.networking.v1.NetworkPolicy(
      `${name}-ingress`,
      { metadata, spec: ingress(selector, args.monitoringNamespace ?? "monitoring") },
      child,
    );
    const parts: DcgmParts = {
      metadata,
      labels,
      selector,
      serviceAccount: account.metadata.name,
      configMap: counters.metadata.name,
    };
    new k8s.apps.v1.DaemonSet(`${name}-exporter`, daemonSetArgs(parts, args), {
      ...child,
      dependsOn: policy,
    });
    const monitor = makeMonitor(this, name, parts, args);

    this.namespace = pulumi.output(namespace);
    this.podMonitorName = monitor.metadata.name;
    this.job = pulumi.output(DCGM_APPLICATION);
    this.registerOutputs({
      namespace: this.namespace,
      podMonitorName: this.podMonitorName,
      job: this.job,
    });
  }
}

function makeNamespace(component: DcgmExporter, name: string): pulumi.Output<string> {
  const namespace = new k8s.core.v1.Namespace(
    `${name}-namespace`,
    {
      metadata: {
        name: "gpu-monitoring",
        labels: { ...standardLabels(DCGM_APPLICATION, name), ...privilegedNamespaceLabels },
      },
    },
    { parent: component },
  );
  return namespace.metadata.name;
}

/** Only Prometheus' namespace reads the metrics; probes come from the node, which policies don't cut. */
function ingress(
  selector: Record<string, pulumi.Input<string>>,
  monitoringNamespace: pulumi.Input<string>,
): k8s.types.input.networking.v1.NetworkPolicySpec {
  const from = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": monitoringNamespace } } };
  return {
    podSelector: { matchLabels: selector },
    policyTypes: ["Ingress"],
    ingress: [{ from: [from], ports: [{ port: DCGM_PORT, protocol: "TCP" }] }],
  };
}

function makeMonitor(
  component: DcgmExporter,
  name: string,
  { metadata, labels, selector }: DcgmParts,
  { interval = "15s", scrapeTimeout, monitorLabels }: DcgmExporterArgs,
): PodMonitor {
  const timeout = scrapeTimeout ?? ((parseDuration(interval) ?? 0) < 10 ? interval : "10s");
  return new PodMonitor(
    `${name}-monitor`,
    {
      metadata: { ...metadata, labels: merge(monitorLabels, labels) },
      spec: {
        jobLabel: "app.kubernetes.io/name",
        selector: { matchLabels: selector },
        podMetricsEndpoints: [
          {
            port: DCGM_PORT_NAME,
            path: "/metrics",
            interval,
            scrapeTimeout: timeout,
            honorLabels: false,
            relabelings: targetRelabelings,
            metricRelabelings,
          },
        ],
      },
    },
    { parent: component },
  );
}
