import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { LiteLlmGateway } from "../components/litellm-gateway.ts";
import type { Settings } from "./config/settings.ts";
import { DATABASE_SECRET, gatewayArgs, GATEWAY_NAME } from "./mapping/gateway.ts";

/**
 * Registers the gateway in front of the models, with the Secret of its database.
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
  const databaseKey = settings.gateway?.databaseUrlFromSecret;
  if (args === undefined) return undefined;
  const secrets =
    databaseKey === undefined
      ? []
      : [
          new k8s.core.v1.Secret(
            DATABASE_SECRET.name,
            {
              metadata: { name: DATABASE_SECRET.name, namespace: args.namespace },
              stringData: { [DATABASE_SECRET.key]: secretOf(databaseKey) },
            },
            options,
          ),
        ];
  return new LiteLlmGateway(GATEWAY_NAME, args, {
    ...options,
    dependsOn: [...options.dependsOn, ...secrets],
  });
}
