import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { resourcesOf, type GpuDaemonResourcesArgs, type GpuPlacementArgs } from "./gpu/daemon-set-args.ts";
import { placementOf } from "./gpu/daemon-set.ts";
import { NvidiaMigStrategy } from "./gpu/mig.ts";
import { DEVICE_PLUGIN_LABEL, DEVICE_PLUGIN_BUILT_IN } from "./gpu/node-labels.ts";
import { requireVersion } from "./support/image.ts";
import { lift } from "./support/inputs.ts";
import { selectorLabels, standardLabels } from "./support/labels.ts";
import { check, requireDnsLabel, requireOneOf, type Rule } from "./support/validation.ts";

export type * from "./gpu/daemon-set-args.ts";

export { NvidiaMigStrategy } from "./gpu/mig.ts";

/** Arguments of {@link NvidiaDevicePlugin}. */
export interface NvidiaDevicePluginArgs {
  /** Namespace, which must admit host paths. Default kube-system. */
  namespace?: pulumi.Input<string>;
  /** Image, with digest if it is to be pinned. Default nvcr.io/nvidia/k8s-device-plugin:v0.20.0. */
  image?: pulumi.Input<string>;
  /** Names of Secrets with registry credentials. */
  imagePullSecrets?: pulumi.Input<pulumi.Input<string>[]>;
  /** Default none. With the others the pods get the capability SYS_ADMIN, to see the partitions. */
  migStrategy?: NvidiaMigStrategy;
  /** End when no GPU is found, rather than wait. Default true: a GPU node without GPU should be seen. */
  failOnInitError?: pulumi.Input<boolean>;
  placement?: GpuPlacementArgs;
  resources?: GpuDaemonResourcesArgs;
  /** Nodes that are updated at a time. Default 1. Running pods keep their GPUs during an update. */
  maxUnavailable?: pulumi.Input<number>;
}

const APPLICATION = "nvidia-device-plugin";
const DEFAULT_IMAGE = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0";
const PLUGIN_DIRECTORY = "/var/lib/kubelet/device-plugins";

const RULES: Rule<pulumi.Unwrap<NvidiaDevicePluginArgs> & { componentName: string }>[] = [
  (args, report) => {
    requireDnsLabel(report, "name", args.componentName);
  },
  (args, report) => {
    requireDnsLabel(report, "namespace", args.namespace);
  },
  ({ image }, report) => {
    requireVersion(report, "image", image);
  },
  (args, report) => {
    requireOneOf(report, "migStrategy", args.migStrategy, NvidiaMigStrategy);
  },
  ({ maxUnavailable }, report) => {
    if (maxUnavailable === undefined || (Number.isSafeInteger(maxUnavailable) && maxUnavailable >= 1)) return;
    report("maxUnavailable", maxUnavailable, "must be a whole number of at least 1", "correct the number");
  },
];

/**
 * NVIDIA's device plugin, which offers the GPUs of a node as `nvidia.com/gpu`. AL2023 images need it. Bottlerocket and EKS
 * Auto Mode bring their own: nodes of a `GpuNodeGroup` with such an image and nodes of Auto Mode are left out, because two
 * plugins would answer for the same GPUs.
 */
export class NvidiaDevicePlugin extends pulumi.ComponentResource {
  /** Name of the DaemonSet. */
  readonly daemonSetName: pulumi.Output<string>;

  constructor(name: string, args: NvidiaDevicePluginArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`NvidiaDevicePlugin "${name}"`, { componentName: name, ...args }, RULES);
    super("vllm-monitoring:index:NvidiaDevicePlugin", name, { ...args }, opts);
    const metadata = {
      name,
      namespace: args.namespace ?? "kube-system",
      labels: standardLabels(APPLICATION, name),
    };
    const child = { parent: this };
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    const daemonSet = new k8s.apps.v1.DaemonSet(
      `${name}-plugin`,
      {
        metadata,
        spec: {
          selector: { matchLabels: selectorLabels(APPLICATION, name) },
          updateStrategy: {
            type: "RollingUpdate",
            rollingUpdate: { maxUnavailable: args.maxUnavailable ?? 1 },
          },
          template: {
            metadata: { labels: metadata.labels },
            spec: podSpec(account.metadata.name, args),
          },
        },
      },
      child,
    );
    this.daemonSetName = daemonSet.metadata.name;
    this.registerOutputs({ daemonSetName: this.daemonSetName });
  }
}

/** Leaves out nodes that bring their own plugin. */
const needsPlugin: k8s.types.input.core.v1.Affinity = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        {
          matchExpressions: [
            { key: DEVICE_PLUGIN_LABEL, operator: "NotIn", values: [DEVICE_PLUGIN_BUILT_IN] },
            { key: "eks.amazonaws.com/compute-type", operator: "NotIn", values: ["auto"] },
          ],
        },
      ],
    },
  },
};

function podSpec(
  serviceAccountName: pulumi.Input<string>,
  args: NvidiaDevicePluginArgs,
): k8s.types.input.core.v1.PodSpec {
  const { migStrategy = NvidiaMigStrategy.None } = args;
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    ...placementOf(args.placement ?? {}),
    affinity: needsPlugin,
    ...(args.imagePullSecrets === undefined
      ? {}
      : { imagePullSecrets: lift(args.imagePullSecrets, (names) => names.map((name) => ({ name }))) }),
    containers: [
      {
        name: "device-plugin",
        image: args.image ?? DEFAULT_IMAGE,
        env: [
          { name: "MIG_STRATEGY", value: migStrategy },
          { name: "FAIL_ON_INIT_ERROR", value: lift(args.failOnInitError ?? true, String) },
          { name: "NVIDIA_VISIBLE_DEVICES", value: "all" },
          { name: "NVIDIA_DRIVER_CAPABILITIES", value: "compute,utility" },
          ...(migStrategy === NvidiaMigStrategy.None
            ? []
            : [{ name: "NVIDIA_MIG_MONITOR_DEVICES", value: "all" }]),
        ],
        resources: resourcesOf(args.resources, {
          cpuRequest: "10m",
          memoryRequest: "64Mi",
          memoryLimit: "256Mi",
        }),
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: {
            drop: ["ALL"],
            ...(migStrategy === NvidiaMigStrategy.None ? {} : { add: ["SYS_ADMIN"] }),
          },
        },
        volumeMounts: [{ name: "device-plugins", mountPath: PLUGIN_DIRECTORY }],
      },
    ],
    volumes: [{ name: "device-plugins", hostPath: { path: PLUGIN_DIRECTORY, type: "Directory" } }],
  };
}
