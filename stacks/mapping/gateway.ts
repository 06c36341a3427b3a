import type * as pulumi from "@pulumi/pulumi";
import type { GatewayIngressArgs, LiteLlmGatewayArgs } from "../../components/litellm-gateway.ts";
import type { GatewaySettings } from "../config/gateway.ts";
import type { Settings } from "../config/settings.ts";
import type { SecretOf } from "./alerting.ts";
import { defined, given, inOrder } from "./fields.ts";

/** Name of the component and of its objects. */
export const GATEWAY_NAME = "gateway";
/** Secret with the database's URL, which the stack makes. */
export const DATABASE_SECRET = { name: "gateway-database", key: "url" };

/** Labels of the gateway's pods, by which the models let them in. */
export const gatewayPodLabels = {
  "app.kubernetes.io/name": "litellm",
  "app.kubernetes.io/instance": GATEWAY_NAME,
};

/**
 * Arguments of the gateway; undefined when there is none.
 *
 * @param endpointOf base URL of a model by its name
 */
export function gatewayArgs(
  settings: Settings,
  secretOf: SecretOf,
  endpointOf: (model: string) => pulumi.Input<string>,
): LiteLlmGatewayArgs | undefined {
  const { gateway, fleet, monitoring } = settings;
  if (gateway === undefined) return undefined;
  const { cpu, memory } = gateway.resources;
  return {
    name: GATEWAY_NAME,
    namespace: gateway.namespace,
    image: gateway.image,
    models: inOrder(fleet.models, ({ name }) => name).map((model) => ({
      id: model.name,
      name: model.servedModelName,
      endpoint: endpointOf(model.name),
    })),
    masterKey: secretOf(gateway.masterKeyFromSecret),
    ...(gateway.databaseUrlFromSecret === undefined ? {} : { databaseUrlSecret: DATABASE_SECRET }),
    ...given("replicas", gateway.replicas),
    ...given("autoscaling", gateway.autoscaling),
    workers: gateway.workers,
    requestTimeoutSeconds: gateway.requestTimeoutSeconds,
    drain: { requestSeconds: gateway.drainSeconds },
    metrics: {
      access: gateway.metricsAccess,
      interval: monitoring.scrapeInterval,
      timeout: monitoring.scrapeTimeout,
    },
    resources: { ...given("cpuRequest", cpu), ...given("memory", memory) },
    network: {
      monitoringNamespace: monitoring.namespace,
      clients: inOrder(gateway.clientNamespaces, String).map((namespace) => ({ namespace })),
    },
    ...given("ingress", ingressArgs(gateway)),
  };
}

function ingressArgs({ ingress }: GatewaySettings): GatewayIngressArgs | undefined {
  if (ingress === undefined) return undefined;
  // In the order of the file, so that a refusal names the element that is meant.
  const common = { hosts: ingress.hosts, paths: ingress.paths };
  if (ingress.kind === "nginx") {
    const { className, controllerNamespace, tlsSecret, allowPlainHttp } = ingress;
    const nginx = { className, controllerNamespace, allowPlainHttp, ...given("tlsSecret", tlsSecret) };
    return { kind: ingress.kind, ...common, nginx };
  }
  const { gateway, gatewayNamespace, sectionName, dataPlaneNamespace } = ingress;
  const gatewayApi = { gateway, ...defined({ gatewayNamespace, sectionName, dataPlaneNamespace }) };
  return { kind: ingress.kind, ...common, gatewayApi };
}
