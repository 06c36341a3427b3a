import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { selectorLabels, standardLabels } from "../support/labels.ts";
import { restrictedContainer, restrictedPod } from "../support/security.ts";
import type { DingTalkBridgeArgs } from "./args.ts";
import {
  ACCESS_TOKEN_KEY,
  checksum,
  CONFIG_FOLDER,
  CONFIG_KEY,
  DEFAULT_REPLICAS,
  SIGNING_SECRET_KEY,
} from "./config.ts";

export const BRIDGE_APPLICATION = "dingtalk-bridge";
export const BRIDGE_PORT = 8060;
export const BRIDGE_PORT_NAME = "http";
/** uid of the image. */
const BRIDGE_USER = 1000;
/** Readable for the group of the volume only. */
const SECRET_MODE = 0o440;

/** Name of the Secret of one robot. */
export function robotSecretName(instance: string, robot: string): string {
  return `${instance}-${robot}`;
}

/** Spec of the Deployment. Secrets are read at each use, so only a change of the configuration rolls the pods. */
export function bridgeDeployment(
  name: string,
  args: DingTalkBridgeArgs,
  config: pulumi.Output<string>,
): k8s.types.input.apps.v1.DeploymentSpec {
  const matchLabels = selectorLabels(BRIDGE_APPLICATION, name);
  return {
    replicas: args.replicas ?? DEFAULT_REPLICAS,
    // A new pod takes over before an old one goes: Alertmanager never calls nobody.
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    selector: { matchLabels },
    template: {
      metadata: {
        labels: standardLabels(BRIDGE_APPLICATION, name),
        annotations: { "vllm-monitoring/config-checksum": config.apply(checksum) },
      },
      spec: {
        serviceAccountName: name,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        // Longer than the bridge's own limit for a stop (10 s), in which it delivers what it holds.
        terminationGracePeriodSeconds: 30,
        nodeSelector: args.nodeSelector ?? { "kubernetes.io/os": "linux" },
        ...(args.tolerations === undefined ? {} : { tolerations: args.tolerations }),
        ...(args.priorityClassName === undefined ? {} : { priorityClassName: args.priorityClassName }),
        securityContext: restrictedPod(BRIDGE_USER, BRIDGE_USER),
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 100,
                podAffinityTerm: { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels } },
              },
            ],
          },
        },
        containers: [
          {
            name: BRIDGE_APPLICATION,
            image: args.image,
            args: [`--config=${CONFIG_FOLDER}/${CONFIG_KEY}`, `--listen-address=:${String(BRIDGE_PORT)}`],
            ports: [{ name: BRIDGE_PORT_NAME, containerPort: BRIDGE_PORT, protocol: "TCP" }],
            resources: args.resources ?? {
              requests: { cpu: "20m", memory: "96Mi" },
              limits: { memory: "192Mi" },
            },
            startupProbe: { ...probe("/-/healthy"), periodSeconds: 1, failureThreshold: 30 },
            readinessProbe: { ...probe("/-/ready"), periodSeconds: 5, timeoutSeconds: 3 },
            livenessProbe: { ...probe("/-/healthy"), periodSeconds: 20, timeoutSeconds: 5 },
            securityContext: restrictedContainer,
            terminationMessagePolicy: "FallbackToLogsOnError",
            volumeMounts: [{ name: "config", mountPath: CONFIG_FOLDER, readOnly: true }],
          },
        ],
        volumes: [{ name: "config", projected: configVolume(name, args) }],
      },
    },
  };
}

function probe(path: string) {
  return { httpGet: { path, port: BRIDGE_PORT_NAME } };
}

/** Configuration and secrets in one volume, so that no mount lies inside another one that is read-only. */
function configVolume(
  name: string,
  { robots }: DingTalkBridgeArgs,
): k8s.types.input.core.v1.ProjectedVolumeSource {
  return {
    defaultMode: SECRET_MODE,
    sources: [
      { configMap: { name, items: [{ key: CONFIG_KEY, path: CONFIG_KEY }] } },
      ...robots.map((robot) => ({
        secret: {
          name: robotSecretName(name, robot.name),
          items: [ACCESS_TOKEN_KEY, ...(robot.signingSecret === undefined ? [] : [SIGNING_SECRET_KEY])].map(
            (key) => ({ key, path: `secrets/${robot.name}/${key}` }),
          ),
        },
      })),
    ],
  };
}
