/** DaemonSet of node-exporter. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { pullSecrets } from "../kube-prometheus/images.ts";
import { concat, lift } from "../support/inputs.ts";
import { restrictedContainer, restrictedPod } from "../support/security.ts";
import type { NodeExporterArgs } from "./args.ts";
import { collectorArguments, defaultCollectors } from "./collectors.ts";

export const NODE_EXPORTER_APPLICATION = "node-exporter";
export const NODE_EXPORTER_PORT = 9100;
export const NODE_EXPORTER_PORT_NAME = "metrics";
export const DEFAULT_NODE_EXPORTER_IMAGE = "quay.io/prometheus/node-exporter:v1.12.1";
/** Where the container sees the host's files. */
const ROOT = "/host/root";
/** uid of "nobody", which the image runs as. */
const NOBODY = 65534;

/** What the DaemonSet refers to. */
export interface NodeExporterParts {
  metadata: k8s.types.input.meta.v1.ObjectMeta;
  labels: Record<string, pulumi.Input<string>>;
  selector: Record<string, pulumi.Input<string>>;
  serviceAccount: pulumi.Input<string>;
}

/** Whether the pods are in the host's network. */
export function isInHostNetwork({ hostNetwork }: Pick<NodeExporterArgs, "hostNetwork">): boolean {
  return hostNetwork ?? true;
}

/** Command line of the exporter. */
export function exporterArguments(args: NodeExporterArgs): pulumi.Input<pulumi.Input<string>[]> {
  const collectors = args.collectors ?? defaultCollectors(isInHostNetwork(args));
  return concat<string>(
    [
      // In the host's network all addresses would be too many: the node's own is the one that Prometheus uses.
      `--web.listen-address=[$(POD_IP)]:${String(args.port ?? NODE_EXPORTER_PORT)}`,
      `--path.rootfs=${ROOT}`,
      `--path.procfs=${ROOT}/proc`,
      `--path.sysfs=${ROOT}/sys`,
      `--path.udev.data=${ROOT}/run/udev/data`,
      ...collectorArguments(collectors),
    ],
    args.extraArguments ?? [],
  );
}

export function daemonSetArgs(parts: NodeExporterParts, args: NodeExporterArgs): k8s.apps.v1.DaemonSetArgs {
  return {
    metadata: parts.metadata,
    spec: {
      selector: { matchLabels: parts.selector },
      updateStrategy: {
        type: "RollingUpdate",
        rollingUpdate: {
          // A number in quotes would be taken for a malformed percentage.
          maxUnavailable: lift(args.maxUnavailable ?? "10%", (text) =>
            text.endsWith("%") ? text : Number(text),
          ),
        },
      },
      template: { metadata: { labels: parts.labels }, spec: podSpec(parts, args) },
    },
  };
}

function podSpec(parts: NodeExporterParts, args: NodeExporterArgs): k8s.types.input.core.v1.PodSpec {
  const probe = { httpGet: { path: "/", port: NODE_EXPORTER_PORT_NAME }, timeoutSeconds: 5 };
  const port = args.port ?? NODE_EXPORTER_PORT;
  return {
    serviceAccountName: parts.serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(isInHostNetwork(args) ? { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" } : {}),
    ...pullSecrets(args.imagePullSecrets),
    nodeSelector: args.nodeSelector ?? { "kubernetes.io/os": "linux" },
    tolerations: args.tolerations ?? [{ operator: "Exists" }],
    priorityClassName: args.priorityClassName ?? "system-node-critical",
    securityContext: restrictedPod(NOBODY),
    containers: [
      {
        name: NODE_EXPORTER_APPLICATION,
        image: args.image ?? DEFAULT_NODE_EXPORTER_IMAGE,
        args: exporterArguments(args),
        env: [{ name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
        ports: [
          {
            name: NODE_EXPORTER_PORT_NAME,
            containerPort: port,
            protocol: "TCP",
            ...(isInHostNetwork(args) ? { hostPort: port } : {}),
          },
        ],
        resources: args.resources ?? {
          requests: { cpu: "20m", memory: "32Mi" },
          limits: { memory: "128Mi" },
        },
        // Everything it reads is readable for everyone: no capability, no root, nothing written.
        securityContext: restrictedContainer,
        readinessProbe: { ...probe, periodSeconds: 10 },
        livenessProbe: { ...probe, periodSeconds: 30, failureThreshold: 4 },
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: [
          {
            name: "root",
            mountPath: ROOT,
            readOnly: true,
            // File systems that the node mounts later are seen too.
            mountPropagation: "HostToContainer",
          },
        ],
      },
    ],
    volumes: [{ name: "root", hostPath: { path: "/", type: "Directory" } }],
  };
}
