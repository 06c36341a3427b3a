/** How requests get in: an Ingress or an HTTPRoute that lets only the API's paths through. */
import type * as k8s from "@pulumi/kubernetes";
import { lift, merge } from "../support/inputs.ts";
import type { HttpRouteArgs } from "../crds/gateway-api.ts";
import type { LiteLlmGatewayArgs } from "./args.ts";
import { DEFAULT_REQUEST_TIMEOUT } from "./config-file.ts";
import { gatewayMetadata, HTTP_PORT, HTTP_PORT_NAME, type GatewayIdentity } from "./identity.ts";
import type { GatewayIngressArgs } from "./ingress-args.ts";

export const DEFAULT_PATHS: readonly string[] = ["/v1"];

/** Whether a path element by element lies below a prefix, as both APIs define it: /v1 has /v1 and /v1/x, not /v1x. */
export function isBelow(path: string, prefix: string): boolean {
  const bare = prefix.replace(/\/+$/, "");
  return bare === "" || path === bare || path.startsWith(`${bare}/`);
}

/**
 * An Ingress for either NGINX controller: each reads its own annotations and none of the other's. Answers are not buffered,
 * so that tokens arrive as they are made.
 */
export function nginxIngress(
  identity: GatewayIdentity,
  args: LiteLlmGatewayArgs,
  { hosts: unordered, paths = [...DEFAULT_PATHS], nginx = {} }: GatewayIngressArgs,
): k8s.networking.v1.IngressArgs {
  const hosts = unordered.toSorted();
  const seconds = lift(args.requestTimeoutSeconds ?? DEFAULT_REQUEST_TIMEOUT, String);
  const size = nginx.maxBodySize ?? "20m";
  const own = {
    "nginx.ingress.kubernetes.io/proxy-read-timeout": seconds,
    "nginx.ingress.kubernetes.io/proxy-send-timeout": seconds,
    "nginx.ingress.kubernetes.io/proxy-buffering": "off",
    "nginx.ingress.kubernetes.io/proxy-body-size": size,
    "nginx.ingress.kubernetes.io/ssl-redirect": nginx.allowPlainHttp === true ? "false" : "true",
    "nginx.org/proxy-read-timeout": lift(seconds, (text) => `${text}s`),
    "nginx.org/proxy-send-timeout": lift(seconds, (text) => `${text}s`),
    "nginx.org/proxy-buffering": "False",
    "nginx.org/client-max-body-size": size,
  };
  const metadata = gatewayMetadata(identity);
  const service = { name: identity.name, port: { name: HTTP_PORT_NAME } };
  const rules = hosts.map((host) => ({
    host,
    http: { paths: paths.map((path) => ({ path, pathType: "Prefix", backend: { service } })) },
  }));
  return {
    metadata: {
      ...metadata,
      annotations: merge(args.annotations, nginx.annotations, own, {
        // The address comes with the controller, which may be installed later.
        "pulumi.com/skipAwait": "true",
      }),
    },
    spec: {
      ingressClassName: nginx.className ?? "nginx",
      rules,
      ...(nginx.tlsSecret === undefined ? {} : { tls: [{ hosts, secretName: nginx.tlsSecret }] }),
    },
  };
}

/** An HTTPRoute whose every match is a prefix of the API's paths. */
export function gatewayApiRoute(
  identity: GatewayIdentity,
  args: LiteLlmGatewayArgs,
  { hosts: unordered, paths = [...DEFAULT_PATHS], gatewayApi }: GatewayIngressArgs,
): HttpRouteArgs {
  const hosts = unordered.toSorted();
  const timeout = lift(args.requestTimeoutSeconds ?? DEFAULT_REQUEST_TIMEOUT, (known) => `${String(known)}s`);
  const { gateway = "", gatewayNamespace, sectionName } = gatewayApi ?? {};
  return {
    metadata: gatewayMetadata(identity),
    spec: {
      parentRefs: [
        {
          group: "gateway.networking.k8s.io",
          kind: "Gateway",
          name: gateway,
          ...(gatewayNamespace === undefined ? {} : { namespace: gatewayNamespace }),
          ...(sectionName === undefined ? {} : { sectionName }),
        },
      ],
      hostnames: hosts,
      rules: [
        {
          matches: paths.map((value) => ({ path: { type: "PathPrefix", value } })),
          backendRefs: [{ group: "", kind: "Service", name: identity.name, port: HTTP_PORT, weight: 1 }],
          timeouts: { request: timeout, backendRequest: timeout },
        },
      ],
    },
  };
}
