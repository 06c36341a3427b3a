import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "./config/settings.ts";
import type { SecretOf } from "./mapping/alerting.ts";
import { remoteWriteSecrets } from "./mapping/remote-write.ts";

/** Registers the Secrets with the credentials of the receivers that Prometheus sends its samples to. */
export function defineRemoteWriteSecrets(
  settings: Settings,
  secretOf: SecretOf,
  options: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret[] {
  return remoteWriteSecrets(settings).map(
    ({ name, entries }) =>
      new k8s.core.v1.Secret(
        name,
        {
          metadata: { name, namespace: settings.monitoring.namespace },
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
