import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CustomResourceArgsOf } from "./monitoring.ts";
import type { Input } from "./monitoring/scrape-types.ts";

/**
 * Typed HTTPRoute of the Gateway API; only the fields that this project writes.
 *
 * Source: sigs.k8s.io/gateway-api v1.5, apis/v1/httproute_types.go. As with the monitoring kinds, tokens are those of
 * `k8s.apiextensions.CustomResource`.
 */
export interface ParentReference {
  group: Input<string>;
  kind: Input<string>;
  name: Input<string>;
  namespace?: Input<string>;
  sectionName?: Input<string>;
}

export interface HttpBackendReference {
  group: Input<string>;
  kind: Input<string>;
  name: Input<string>;
  port: Input<number>;
  weight: Input<number>;
}

export interface HttpRouteRule {
  matches: Input<Input<{ path: Input<{ type: Input<string>; value: Input<string> }> }>[]>;
  backendRefs: Input<Input<HttpBackendReference>[]>;
  /** Durations of the Gateway API: `600s`, `1h`. */
  timeouts?: Input<{ request: Input<string>; backendRequest: Input<string> }>;
}

export interface HttpRouteSpec {
  parentRefs: Input<Input<ParentReference>[]>;
  hostnames: Input<Input<string>[]>;
  rules: Input<Input<HttpRouteRule>[]>;
}

export type HttpRouteArgs = CustomResourceArgsOf<HttpRouteSpec>;

/** Routes of HTTP requests from a Gateway to Services. */
export class HttpRoute extends k8s.apiextensions.CustomResource {
  constructor(name: string, args: HttpRouteArgs, opts?: pulumi.CustomResourceOptions) {
    super(name, { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", ...args }, opts);
  }
}
