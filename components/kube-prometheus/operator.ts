import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { selectorLabels, standardLabels } from "../support/labels.ts";
import { restrictedContainer, restrictedPod } from "../support/security.ts";
import { RepairPolicy, type KubePrometheusArgs } from "./args.ts";
import { imageReference, pullSecrets } from "./images.ts";

export const OPERATOR_APPLICATION = "prometheus-operator";
export const OPERATOR_PORT = 8080;
/** uid of "nobody", which the operator's image runs as. */
const NOBODY = 65534;

/** Command line of the operator. */
export function operatorArguments(
  namespace: pulumi.Input<string>,
  args: KubePrometheusArgs,
): pulumi.Input<string>[] {
  const operator = args.operator ?? {};
  const cpu = operator.configReloaderCpu ?? "10m";
  const memory = operator.configReloaderMemory ?? "50Mi";
  return [
    pulumi.interpolate`--prometheus-config-reloader=${imageReference(args.images, "configReloader")}`,
    pulumi.interpolate`--config-reloader-cpu-request=${cpu}`,
    // No CPU limit: a throttled reloader only delays a reload.
    "--config-reloader-cpu-limit=0",
    pulumi.interpolate`--config-reloader-memory-request=${memory}`,
    pulumi.interpolate`--config-reloader-memory-limit=${memory}`,
    "--enable-config-reloader-probes=true",
    // Everything that the operator makes, it makes here; see rbac.ts.
    ...["prometheus-instance", "alertmanager-instance", "thanos-ruler-instance", "alertmanager-config"].map(
      (what) => pulumi.interpolate`--${what}-namespaces=${namespace}`,
    ),
    ...(args.watchNamespaces === undefined
      ? []
      : [pulumi.interpolate`--namespaces=${watchedNamespaces(namespace, args.watchNamespaces)}`]),
    ...(operator.denyNamespaces === undefined
      ? []
      : [`--deny-namespaces=${operator.denyNamespaces.join(",")}`]),
    // Without selectors the operator would write an empty configuration and leave it alone: never wanted here.
    "--disable-unmanaged-prometheus-configuration=true",
    "--feature-gates=StatusForConfigurationResources=true",
    // The kubelets' Endpoints object needs rights on nodes and Endpoints; kubelets are found by other means.
    "--kubelet-endpoints=false",
    `--repair-policy-for-statefulsets=${operator.repairPolicy ?? RepairPolicy.None}`,
    "--auto-gomemlimit-ratio=0.9",
    pulumi.interpolate`--log-level=${operator.logLevel ?? "info"}`,
  ];
}

/** The named namespaces and the component's own, whose monitors always count. */
function watchedNamespaces(namespace: pulumi.Input<string>, watched: string[]): pulumi.Output<string> {
  return pulumi.output(namespace).apply((own) => [...new Set([own, ...watched])].join(","));
}

/** Deployment of the operator: one replica, because a second would only wait for nothing (it has no leader election). */
export function operatorDeployment(
  instance: string,
  namespace: pulumi.Input<string>,
  serviceAccountName: pulumi.Input<string>,
  args: KubePrometheusArgs,
): k8s.types.input.apps.v1.DeploymentSpec {
  const operator = args.operator ?? {};
  const probe = { httpGet: { path: "/healthz", port: "http" } };
  return {
    replicas: 1,
    // Two operators at once would fight over the same objects.
    strategy: { type: "Recreate" },
    selector: { matchLabels: selectorLabels(OPERATOR_APPLICATION, instance) },
    template: {
      metadata: {
        labels: standardLabels(OPERATOR_APPLICATION, instance),
        annotations: { "kubectl.kubernetes.io/default-container": OPERATOR_APPLICATION },
      },
      spec: {
        serviceAccountName,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        ...pullSecrets(args.imagePullSecrets),
        nodeSelector: operator.nodeSelector ?? { "kubernetes.io/os": "linux" },
        ...(operator.tolerations === undefined ? {} : { tolerations: operator.tolerations }),
        ...(operator.priorityClassName === undefined
          ? {}
          : { priorityClassName: operator.priorityClassName }),
        securityContext: restrictedPod(NOBODY),
        containers: [
          {
            name: OPERATOR_APPLICATION,
            image: imageReference(args.images, "operator"),
            args: operatorArguments(namespace, args),
            ports: [{ name: "http", containerPort: OPERATOR_PORT, protocol: "TCP" }],
            env: [
              // Collects garbage more often than by default: memory is mostly the informers' caches.
              { name: "GOGC", value: "30" },
            ],
            resources: operator.resources ?? {
              requests: { cpu: "50m", memory: "100Mi" },
              limits: { memory: "256Mi" },
            },
            readinessProbe: { ...probe, periodSeconds: 10, timeoutSeconds: 5 },
            livenessProbe: { ...probe, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 3 },
            securityContext: restrictedContainer,
            terminationMessagePolicy: "FallbackToLogsOnError",
          },
        ],
      },
    },
  };
}
