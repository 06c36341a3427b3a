import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HttpRoute } from "./crds/gateway-api.ts";
import { PodMonitor } from "./crds/monitoring.ts";
import type { LiteLlmGatewayArgs } from "./litellm/args.ts";
import { gatewayConfig } from "./litellm/config-file.ts";
import { gatewayDeployment } from "./litellm/deployment.ts";
import { CONFIG_KEY, gatewayIdentity, gatewayMetadata, HTTP_PORT, MASTER_KEY } from "./litellm/identity.ts";
import { gatewayApiRoute, nginxIngress } from "./litellm/ingress.ts";
import { GatewayIngressKind } from "./litellm/ingress-args.ts";
import { gatewayMonitor } from "./litellm/monitor.ts";
import {
  gatewayAutoscaler,
  gatewayBudget,
  gatewayNetworkPolicy,
  gatewayService,
  needsBudget,
} from "./litellm/network.ts";
import { RULES } from "./litellm/rules.ts";
import { check } from "./support/validation.ts";

export * from "./litellm/args.ts";
export * from "./litellm/ingress-args.ts";

/**
 * A LiteLLM proxy in front of the fleet: Deployment of several workers, Service, PodMonitor, NetworkPolicy, PodDisruptionBudget,
 * autoscaler, and a way in from outside that lets nothing but the API through.
 *
 * Wrong arguments are refused before anything is registered, all at once (`pulumi.InputPropertiesError`); those
 * whose values come later fail the deployment when they do.
 */
export class LiteLlmGateway extends pulumi.ComponentResource {
  /** Base URL inside the cluster, `http://name.namespace.svc:4000`. */
  readonly endpoint: pulumi.Output<string>;
  /** Name of the Deployment. */
  readonly deploymentName: pulumi.Output<string>;
  /** Name of the Service. */
  readonly serviceName: pulumi.Output<string>;
  /** Name of the Secret with the master key. */
  readonly masterKeySecretName: pulumi.Output<string>;
  /** Name of the PodMonitor. */
  readonly podMonitorName: pulumi.Output<string>;

  constructor(name: string, args: LiteLlmGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`LiteLlmGateway "${name}"`, { componentName: name, ...args }, RULES);
    const { masterKey, ...shown } = args;
    super("vllm-monitoring:index:LiteLlmGateway", name, { ...shown }, opts);
    const identity = gatewayIdentity(name, args);
    const metadata = gatewayMetadata(identity);
    const child = { parent: this };

    const config = gatewayConfig(args);
    const configMap = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      { metadata, data: { [CONFIG_KEY]: config } },
      child,
    );
    const secrets =
      masterKey === undefined
        ? []
        : [
            new k8s.core.v1.Secret(
              `${name}-key`,
              { metadata, stringData: { [MASTER_KEY]: pulumi.secret(masterKey) } },
              child,
            ),
          ];
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    // Traffic rules first, so that no pod is ever reachable without them.
    const policy = new k8s.networking.v1.NetworkPolicy(
      `${name}-ingress`,
      gatewayNetworkPolicy(identity, args),
      child,
    );
    const deployment = new k8s.apps.v1.Deployment(
      `${name}-proxy`,
      gatewayDeployment(identity, args, config),
      { ...child, dependsOn: [configMap, ...secrets, account, policy] },
    );
    const service = new k8s.core.v1.Service(`${name}-service`, gatewayService(identity), child);
    const monitor = new PodMonitor(`${name}-monitor`, gatewayMonitor(identity, args), child);
    if (needsBudget(args)) {
      new k8s.policy.v1.PodDisruptionBudget(`${name}-budget`, gatewayBudget(identity), child);
    }
    if (args.autoscaling !== undefined) {
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        `${name}-autoscaler`,
        gatewayAutoscaler(identity, args.autoscaling),
        child,
      );
    }
    if (args.ingress?.kind === GatewayIngressKind.Nginx) {
      new k8s.networking.v1.Ingress(`${name}-nginx`, nginxIngress(identity, args, args.ingress), child);
    } else if (args.ingress?.kind === GatewayIngressKind.GatewayApi) {
      new HttpRoute(`${name}-route`, gatewayApiRoute(identity, args, args.ingress), child);
    }

    this.endpoint = pulumi.interpolate`http://${service.metadata.name}.${service.metadata.namespace}.svc:${HTTP_PORT}`;
    this.deploymentName = deployment.metadata.name;
    this.serviceName = service.metadata.name;
    this.masterKeySecretName = pulumi.output(identity.masterKey.name);
    this.podMonitorName = monitor.metadata.name;
    this.registerOutputs({
      endpoint: this.endpoint,
      deploymentName: this.deploymentName,
      serviceName: this.serviceName,
      masterKeySecretName: this.masterKeySecretName,
      podMonitorName: this.podMonitorName,
    });
  }
}
