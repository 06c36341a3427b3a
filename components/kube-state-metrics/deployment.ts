/** Deployment of kube-state-metrics. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { pullSecrets } from "../kube-prometheus/images.ts";
import { restrictedContainer, restrictedPod } from "../support/security.ts";
import type { KubeStateMetricsArgs } from "./args.ts";
import { DEFAULT_ANNOTATIONS, DEFAULT_KINDS, DEFAULT_LABELS, DEFAULT_METRIC_DENYLIST } from "./resources.ts";

export const KUBE_STATE_METRICS_APPLICATION = "kube-state-metrics";
/** Objects of the cluster. */
export const METRICS_PORT = 8080;
export const METRICS_PORT_NAME = "http-metrics";
/** kube-state-metrics itself. */
export const TELEMETRY_PORT = 8081;
export const TELEMETRY_PORT_NAME = "telemetry";
export const DEFAULT_KUBE_STATE_METRICS_IMAGE =
  "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.19.1";
/** uid of "nobody", which the image runs as. */
const NOBODY = 65534;

/** What the Deployment refers to. */
export interface KubeStateMetricsParts {
  metadata: k8s.types.input.meta.v1.ObjectMeta;
  labels: Record<string, pulumi.Input<string>>;
  selector: Record<string, pulumi.Input<string>>;
  serviceAccount: pulumi.Input<string>;
}

/** Kinds that it tells about. */
export function kindsOf({ kinds }: Pick<KubeStateMetricsArgs, "kinds">): string[] {
  return [...(kinds ?? DEFAULT_KINDS)].sort();
}

/** Command line. */
export function stateMetricsArguments(args: KubeStateMetricsArgs): string[] {
  const kinds = kindsOf(args);
  return [
    `--port=${String(METRICS_PORT)}`,
    `--telemetry-port=${String(TELEMETRY_PORT)}`,
    `--resources=${kinds.join(",")}`,
    ...(args.namespaces === undefined ? [] : [`--namespaces=${[...args.namespaces].sort().join(",")}`]),
    ...allowList("labels", args.labels ?? ofKinds(DEFAULT_LABELS, kinds)),
    ...allowList("annotations", args.annotations ?? ofKinds(DEFAULT_ANNOTATIONS, kinds)),
    ...list("metric-denylist", args.metricDenylist ?? DEFAULT_METRIC_DENYLIST),
    // Lists come from the API server's cache instead of etcd, which matters at every start in a large cluster.
    "--use-apiserver-cache",
    "--auto-gomemlimit",
  ];
}

function ofKinds(
  all: Readonly<Record<string, string[]>>,
  kinds: readonly string[],
): Record<string, string[]> {
  return Object.fromEntries(Object.entries(all).filter(([kind]) => kinds.includes(kind)));
}

function allowList(what: "labels" | "annotations", keys: Record<string, string[]>): string[] {
  const entries = Object.entries(keys)
    .filter(([, names]) => names.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, names]) => `${kind}=[${[...names].sort().join(",")}]`);
  return list(`metric-${what}-allowlist`, entries);
}

function list(flag: string, entries: readonly string[]): string[] {
  return entries.length === 0 ? [] : [`--${flag}=${entries.join(",")}`];
}

/** One replica: a second would tell everything twice. While it starts anew, rules that count objects see nothing. */
export function deploymentArgs(
  parts: KubeStateMetricsParts,
  args: KubeStateMetricsArgs,
): k8s.apps.v1.DeploymentArgs {
  const port = (name: string, containerPort: number) => ({ name, containerPort, protocol: "TCP" });
  return {
    metadata: parts.metadata,
    spec: {
      replicas: 1,
      // Two at once would make two series of each.
      strategy: { type: "Recreate" },
      selector: { matchLabels: parts.selector },
      template: {
        metadata: { labels: parts.labels },
        spec: {
          serviceAccountName: parts.serviceAccount,
          automountServiceAccountToken: true,
          enableServiceLinks: false,
          ...pullSecrets(args.imagePullSecrets),
          nodeSelector: args.nodeSelector ?? { "kubernetes.io/os": "linux" },
          ...(args.tolerations === undefined ? {} : { tolerations: args.tolerations }),
          ...(args.priorityClassName === undefined ? {} : { priorityClassName: args.priorityClassName }),
          securityContext: restrictedPod(NOBODY),
          containers: [
            {
              name: KUBE_STATE_METRICS_APPLICATION,
              image: args.image ?? DEFAULT_KUBE_STATE_METRICS_IMAGE,
              args: stateMetricsArguments(args),
              ports: [port(METRICS_PORT_NAME, METRICS_PORT), port(TELEMETRY_PORT_NAME, TELEMETRY_PORT)],
              resources: args.resources ?? {
                requests: { cpu: "50m", memory: "128Mi" },
                limits: { memory: "512Mi" },
              },
              readinessProbe: {
                httpGet: { path: "/readyz", port: TELEMETRY_PORT_NAME },
                periodSeconds: 10,
                timeoutSeconds: 5,
              },
              livenessProbe: {
                httpGet: { path: "/livez", port: METRICS_PORT_NAME },
                periodSeconds: 30,
                timeoutSeconds: 5,
                failureThreshold: 4,
              },
              securityContext: restrictedContainer,
              terminationMessagePolicy: "FallbackToLogsOnError",
            },
          ],
        },
      },
    },
  };
}
