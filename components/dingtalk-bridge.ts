import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { PodMonitor } from "./crds/monitoring.ts";
import type { DingTalkBridgeArgs } from "./dingtalk-bridge/args.ts";
import { ACCESS_TOKEN_KEY, bridgeConfig, CONFIG_KEY, SIGNING_SECRET_KEY } from "./dingtalk-bridge/config.ts";
import {
  BRIDGE_APPLICATION,
  BRIDGE_PORT,
  BRIDGE_PORT_NAME,
  bridgeDeployment,
  robotSecretName,
} from "./dingtalk-bridge/deployment.ts";
import { RULES } from "./dingtalk-bridge/rules.ts";
import { concat } from "./support/inputs.ts";
import { selectorLabels, standardLabels } from "./support/labels.ts";
import { check } from "./support/validation.ts";

export * from "./dingtalk-bridge/args.ts";

/**
 * The bridge between Alertmanager and DingTalk robots (services/dingtalk-bridge): it signs, shortens and paces messages,
 * and tells Alertmanager when to try again.
 *
 * All objects are named after the component, the Secrets of robots with the robot's name behind it.
 */
export class DingTalkBridge extends pulumi.ComponentResource {
  /** Address of the bridge inside the cluster, for `AlertRoutes` receivers. */
  public readonly url: pulumi.Output<string>;
  /** Name of the Deployment and of its Service. */
  public readonly deploymentName: pulumi.Output<string>;

  constructor(name: string, args: DingTalkBridgeArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`DingTalkBridge "${name}"`, args, RULES);
    const robots = args.robots.map((robot) => robot.name);
    super("vllm-monitoring:index:DingTalkBridge", name, { ...args, robots }, opts);
    const labels = standardLabels(BRIDGE_APPLICATION, name);
    const metadata = { name, namespace: args.namespace, labels };
    const matchLabels = selectorLabels(BRIDGE_APPLICATION, name);
    const child = { parent: this };

    const config = bridgeConfig(args);
    const configMap = new k8s.core.v1.ConfigMap(name, { metadata, data: { [CONFIG_KEY]: config } }, child);
    const secrets = args.robots.map(
      (robot) =>
        new k8s.core.v1.Secret(
          robotSecretName(name, robot.name),
          {
            metadata: { ...metadata, name: robotSecretName(name, robot.name) },
            stringData: {
              [ACCESS_TOKEN_KEY]: pulumi.secret(robot.accessToken),
              ...(robot.signingSecret === undefined
                ? {}
                : { [SIGNING_SECRET_KEY]: pulumi.secret(robot.signingSecret) }),
            },
          },
          child,
        ),
    );
    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    const policy = new k8s.networking.v1.NetworkPolicy(
      name,
      { metadata, spec: networkPolicy(args, matchLabels) },
      child,
    );
    const deployment = new k8s.apps.v1.Deployment(
      name,
      { metadata, spec: bridgeDeployment(name, args, config) },
      { parent: this, dependsOn: [configMap, ...secrets, account, policy] },
    );
    const service = new k8s.core.v1.Service(
      name,
      {
        // The Deployment's own readiness is what is waited for.
        metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
        spec: {
          type: "ClusterIP",
          selector: matchLabels,
          ports: [
            { name: BRIDGE_PORT_NAME, port: BRIDGE_PORT, targetPort: BRIDGE_PORT_NAME, protocol: "TCP" },
          ],
        },
      },
      child,
    );
    new k8s.policy.v1.PodDisruptionBudget(
      name,
      { metadata, spec: { maxUnavailable: 1, selector: { matchLabels } } },
      child,
    );
    new PodMonitor(
      name,
      {
        metadata,
        spec: {
          jobLabel: "app.kubernetes.io/name",
          selector: { matchLabels },
          podMetricsEndpoints: [{ port: BRIDGE_PORT_NAME, path: "/metrics" }],
        },
      },
      child,
    );

    this.url = pulumi.interpolate`http://${service.metadata.name}.${args.namespace}.svc:${BRIDGE_PORT}`;
    this.deploymentName = deployment.metadata.name;
    this.registerOutputs({ url: this.url, deploymentName: this.deploymentName });
  }
}

/** Alertmanager and Prometheus of the namespace, and who else is let in. */
function networkPolicy(
  args: DingTalkBridgeArgs,
  matchLabels: Record<string, pulumi.Input<string>>,
): k8s.types.input.networking.v1.NetworkPolicySpec {
  const servers = {
    podSelector: {
      matchExpressions: [
        { key: "app.kubernetes.io/name", operator: "In", values: ["alertmanager", "prometheus"] },
      ],
    },
  };
  return {
    podSelector: { matchLabels },
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: concat<k8s.types.input.networking.v1.NetworkPolicyPeer>([servers], args.ingressFrom ?? []),
        ports: [{ protocol: "TCP", port: BRIDGE_PORT }],
      },
    ],
  };
}
