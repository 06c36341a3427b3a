/** Names, labels and numbers by which the objects of one `LiteLlmGateway` find each other. */
import type * as pulumi from "@pulumi/pulumi";
import { merge } from "../support/inputs.ts";
import { selectorLabels, standardLabels } from "../support/labels.ts";
import type { SecretKeyArgs } from "../vllm/model-args.ts";
import type { LiteLlmGatewayArgs } from "./args.ts";

export const GATEWAY_APPLICATION = "litellm";
export const HTTP_PORT = 4000;
export const HTTP_PORT_NAME = "http";
export const METRICS_PORT = 4001;
export const METRICS_PORT_NAME = "metrics";
/** The mounted application redirects the path without the slash. */
export const METRICS_PATH = "/metrics/";
export const CONFIG_KEY = "config.yaml";
/** Key of the master key in the component's own Secret. */
export const MASTER_KEY = "master-key";

export interface GatewayIdentity {
  name: string;
  namespace: pulumi.Input<string>;
  /** Selects the pods; never changes, because a Deployment's selector can't. */
  selector: Record<string, pulumi.Input<string>>;
  labels: Record<string, pulumi.Input<string>>;
  annotations: LiteLlmGatewayArgs["annotations"];
  /** The Secret with the master key. */
  masterKey: SecretKeyArgs;
}

export function gatewayIdentity(componentName: string, args: LiteLlmGatewayArgs): GatewayIdentity {
  const name = args.name ?? componentName;
  return {
    name,
    namespace: args.namespace,
    selector: selectorLabels(GATEWAY_APPLICATION, name),
    labels: { ...standardLabels(GATEWAY_APPLICATION, name), "app.kubernetes.io/component": "gateway" },
    annotations: args.annotations,
    masterKey: args.masterKeySecret ?? { name, key: MASTER_KEY },
  };
}

/** Metadata of one of the objects. */
export function gatewayMetadata(
  identity: GatewayIdentity,
  annotations?: Record<string, pulumi.Input<string>>,
) {
  const all = annotations === undefined ? identity.annotations : merge(identity.annotations, annotations);
  return {
    name: identity.name,
    namespace: identity.namespace,
    labels: identity.labels,
    ...(all === undefined ? {} : { annotations: all }),
  };
}
