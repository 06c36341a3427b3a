/** DaemonSet of the DCGM exporter. */
import { createHash } from "node:crypto";
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { resourcesOf } from "../gpu/daemon-set-args.ts";
import { placementOf } from "../gpu/daemon-set.ts";
import { lift } from "../support/inputs.ts";
import { parseDuration } from "../support/quantity.ts";
import type { DcgmExporterArgs } from "./args.ts";
import { countersFile, dcgmCounters } from "./counters.ts";

export const DCGM_APPLICATION = "dcgm-exporter";
export const DCGM_PORT = 9400;
export const DCGM_PORT_NAME = "metrics";
export const DEFAULT_DCGM_IMAGE = "nvcr.io/nvidia/k8s/dcgm-exporter:4.5.3-4.8.2-distroless";
export const COUNTERS_KEY = "counters.csv";

const COUNTERS_DIRECTORY = "/etc/dcgm-exporter/counters";
const POD_RESOURCES = "/var/lib/kubelet/pod-resources";

/** What the DaemonSet refers to. */
export interface DcgmParts {
  metadata: k8s.types.input.meta.v1.ObjectMeta;
  labels: Record<string, pulumi.Input<string>>;
  selector: Record<string, pulumi.Input<string>>;
  serviceAccount: pulumi.Input<string>;
  configMap: pulumi.Input<string>;
}

/** Contents of the counters file. */
export function countersOf({ profiling = true, extraCounters = [] }: DcgmExporterArgs): string {
  return countersFile([...dcgmCounters(profiling), ...extraCounters]);
}

export function daemonSetArgs(parts: DcgmParts, args: DcgmExporterArgs): k8s.apps.v1.DaemonSetArgs {
  return {
    metadata: parts.metadata,
    spec: {
      selector: { matchLabels: parts.selector },
      updateStrategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxUnavailable: lift(args.maxUnavailable ?? "10%", numberOrPercentage) },
      },
      template: {
        metadata: {
          labels: parts.labels,
          // The file is read at the start only.
          annotations: { "vllm-monitoring/counters-hash": digest(countersOf(args)) },
        },
        spec: podSpec(parts, args),
      },
    },
  };
}

/** A number in quotes would be taken for a malformed percentage. */
function numberOrPercentage(text: string): string | number {
  return text.endsWith("%") ? text : Number(text);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function podSpec(parts: DcgmParts, args: DcgmExporterArgs): k8s.types.input.core.v1.PodSpec {
  return {
    serviceAccountName: parts.serviceAccount,
    automountServiceAccountToken: needsPodLabels(args),
    ...placementOf(args.placement ?? {}),
    ...(args.imagePullSecrets === undefined
      ? {}
      : { imagePullSecrets: lift(args.imagePullSecrets, (names) => names.map((name) => ({ name }))) }),
    containers: [
      {
        name: "exporter",
        image: args.image ?? DEFAULT_DCGM_IMAGE,
        args: ["--collectors", `${COUNTERS_DIRECTORY}/${COUNTERS_KEY}`],
        env: environment(args),
        ports: [{ name: DCGM_PORT_NAME, containerPort: DCGM_PORT, protocol: "TCP" }],
        resources: resourcesOf(args.resources, {
          cpuRequest: "100m",
          memoryRequest: "256Mi",
          memoryLimit: "1Gi",
        }),
        securityContext: {
          // The kubelet's socket and the device files are root's.
          runAsUser: 0,
          runAsNonRoot: false,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"], ...(args.profiling === false ? {} : { add: ["SYS_ADMIN"] }) },
        },
        startupProbe: { ...healthProbe, periodSeconds: 5, failureThreshold: 24 },
        readinessProbe: { ...healthProbe, periodSeconds: 10 },
        livenessProbe: { ...healthProbe, periodSeconds: 30, failureThreshold: 4 },
        volumeMounts: [
          { name: "pod-resources", mountPath: POD_RESOURCES, readOnly: true },
          { name: "counters", mountPath: COUNTERS_DIRECTORY, readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "pod-resources", hostPath: { path: POD_RESOURCES, type: "Directory" } },
      {
        name: "counters",
        configMap: { name: parts.configMap, items: [{ key: COUNTERS_KEY, path: COUNTERS_KEY }] },
      },
    ],
  };
}

const healthProbe = { httpGet: { path: "/health", port: DCGM_PORT_NAME }, timeoutSeconds: 5 };

/** Whether the exporter asks the API server for labels of pods. */
export function needsPodLabels({ podLabels = [] }: DcgmExporterArgs): boolean {
  return podLabels.length > 0;
}

function environment(args: DcgmExporterArgs): k8s.types.input.core.v1.EnvVar[] {
  const window = String(milliseconds(args.eventWindow ?? "5m"));
  return [
    { name: "DCGM_EXPORTER_KUBERNETES", value: "true" },
    { name: "DCGM_EXPORTER_LISTEN", value: `:${String(DCGM_PORT)}` },
    { name: "DCGM_EXPORTER_INTERVAL", value: String(milliseconds(args.interval ?? "15s")) },
    { name: "DCGM_EXPORTER_XID_COUNT_WINDOW_SIZE", value: window },
    { name: "DCGM_EXPORTER_CLOCK_EVENTS_COUNT_WINDOW_SIZE", value: window },
    ...(needsPodLabels(args)
      ? [
          { name: "DCGM_EXPORTER_KUBERNETES_ENABLE_POD_LABELS", value: "true" },
          {
            name: "DCGM_EXPORTER_KUBERNETES_POD_LABEL_ALLOWLIST_REGEX",
            value: args.podLabels?.join(",") ?? "",
          },
        ]
      : []),
    { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
  ];
}

function milliseconds(duration: string): number {
  return Math.round((parseDuration(duration) ?? 0) * 1000);
}
