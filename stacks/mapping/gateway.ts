import type * as pulumi from "@pulumi/pulumi";
import type {
  GatewayIngressArgs,
  GatewayRedisArgs,
  GatewayRoutingArgs,
  LiteLlmGatewayArgs,
} from "../../components/litellm-gateway.ts";
import type { GatewaySettings } from "../config/gateway.ts";
import type { Settings } from "../config/settings.ts";
import type { SecretOf } from "./alerting.ts";
import { defined, given, inOrder } from "./fields.ts";
import { givenStackSecret, type StackSecret } from "./secrets.ts";

/** Name of the component and of its objects. */
export const GATEWAY_NAME = "gateway";
/** Secret with the database's URL, which the stack makes. */
const DATABASE_SECRET = { name: "gateway-database", key: "url" };
/** Secret with the password of the Redis, which the stack makes. */
const REDIS_SECRET = { name: "gateway-redis", key: "password" };

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
      ...given("promptPricePerMillion", model.price?.promptPerMillion),
      ...given("outputPricePerMillion", model.price?.outputPerMillion),
    })),
    routing: routingArgs(gateway),
    ...given("redis", redisArgs(gateway)),
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

function routingArgs({ routing }: GatewaySettings): GatewayRoutingArgs {
  const { fallbacks, ...tries } = routing;
  return Object.keys(fallbacks).length === 0 ? tries : routing;
}

function redisArgs({ redis }: GatewaySettings): GatewayRedisArgs | undefined {
  if (redis === undefined) return undefined;
  const { host, port, passwordFromSecret } = redis;
  return { host, port, ...(passwordFromSecret === undefined ? {} : { passwordSecret: REDIS_SECRET }) };
}

/** Secrets that the gateway reads besides its master key, which the component keeps itself. */
export function gatewaySecrets({ gateway }: Settings): StackSecret[] {
  return [
    ...givenStackSecret(DATABASE_SECRET, gateway?.databaseUrlFromSecret),
    ...givenStackSecret(REDIS_SECRET, gateway?.redis?.passwordFromSecret),
  ];
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
