import type * as pulumi from "@pulumi/pulumi";
import { LiteLlmGateway } from "../components/litellm-gateway.ts";
import type { Settings } from "./config/settings.ts";
import { gatewayArgs, gatewaySecrets, GATEWAY_NAME } from "./mapping/gateway.ts";
import { defineSecrets } from "./secrets.ts";

/**
 * Registers the gateway in front of the models, with the Secrets of its database and its Redis.
 *
 * @param endpointOf base URL of a model by its name
 */
export function defineGateway(
  settings: Settings,
  secretOf: (key: string) => pulumi.Output<string>,
  endpointOf: (model: string) => pulumi.Input<string>,
  options: Omit<pulumi.ComponentResourceOptions, "dependsOn"> & { dependsOn: pulumi.Resource[] },
): LiteLlmGateway | undefined {
  const args = gatewayArgs(settings, secretOf, endpointOf);
  if (args === undefined) return undefined;
  const secrets = defineSecrets(gatewaySecrets(settings), args.namespace, secretOf, options);
  return new LiteLlmGateway(GATEWAY_NAME, args, {
    ...options,
    dependsOn: [...options.dependsOn, ...secrets],
  });
}
