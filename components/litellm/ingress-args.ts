/** Arguments that say how requests get to a gateway from outside of the cluster. */
import type * as pulumi from "@pulumi/pulumi";

type Input<T> = pulumi.Input<T>;

/** Kinds of ingress; each has its own object in {@link GatewayIngressArgs}. */
export const GatewayIngressKind = {
  /** An Ingress for an NGINX controller, the community's or F5's. */
  Nginx: "nginx",
  /** An HTTPRoute of the Gateway API, for a Gateway that exists. */
  GatewayApi: "gateway-api",
} as const;
export type GatewayIngressKind = (typeof GatewayIngressKind)[keyof typeof GatewayIngressKind];

/** For kind `nginx`. */
export interface NginxIngressArgs {
  /** IngressClass. Default `nginx`. */
  className?: Input<string>;
  /** Namespace of the controller's pods, which may reach the gateway. Default `ingress-nginx`. */
  controllerNamespace?: Input<string>;
  /** Secret with the certificate of the hosts. Needed unless `allowPlainHttp`. */
  tlsSecret?: Input<string>;
  /** Serve without TLS, when something in front of the controller ends it. Keys travel in clear. Default false. */
  allowPlainHttp?: boolean;
  /** Largest request, in the controller's spelling. Default `20m`. */
  maxBodySize?: Input<string>;
  /** More annotations of the Ingress. */
  annotations?: Record<string, Input<string>>;
}

/** For kind `gateway-api`. */
export interface GatewayApiIngressArgs {
  /** Gateway that the route attaches to. */
  gateway: Input<string>;
  /** Namespace of that Gateway. Default: the route's own. */
  gatewayNamespace?: Input<string>;
  /** Listener of that Gateway. Default: all. Name one with TLS where the Gateway has one without, too. */
  sectionName?: Input<string>;
  /** Namespace of the pods that carry the traffic, which may reach the gateway. Default: that of the Gateway. */
  dataPlaneNamespace?: Input<string>;
}

/** One way in: `kind`, and the object of that name. */
export interface GatewayIngressArgs {
  kind: GatewayIngressKind;
  /** Host names, at least one. */
  hosts: string[];
  /**
   * Paths that are let through, each with everything below it. Default `/v1`: neither /metrics nor the administration
   * of keys is there. A path that would let /metrics through is refused.
   */
  paths?: string[];
  nginx?: NginxIngressArgs;
  gatewayApi?: GatewayApiIngressArgs;
}
