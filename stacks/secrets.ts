import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { SecretOf } from "./mapping/alerting.ts";
import type { StackSecret } from "./mapping/secrets.ts";

/** Registers Secrets of a namespace, named in Pulumi as in the cluster. */
export function defineSecrets(
  secrets: readonly StackSecret[],
  namespace: pulumi.Input<string>,
  secretOf: SecretOf,
  options: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret[] {
  return secrets.map(
    ({ name, entries }) =>
      new k8s.core.v1.Secret(
        name,
        {
          metadata: { name, namespace },
          stringData: Object.fromEntries(
            Object.entries(entries).map(([key, entry]) => [
              key,
              "value" in entry ? entry.value : secretOf(entry.configKey),
            ]),
          ),
        },
        options,
      ),
  );
}
