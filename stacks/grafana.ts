import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { Grafana } from "../components/grafana.ts";
import type { Settings } from "./config/settings.ts";
import type { SecretOf } from "./mapping/alerting.ts";
import { grafanaArgs, OIDC_SECRET, type GrafanaWiring } from "./mapping/grafana.ts";

/** Registers Grafana, with the Secret of its single sign-on; undefined when the stack runs none. */
export function defineGrafana(
  settings: Settings,
  secretOf: SecretOf,
  wiring: GrafanaWiring,
  options: Omit<pulumi.ComponentResourceOptions, "dependsOn"> & { dependsOn: pulumi.Resource[] },
): Grafana | undefined {
  const args = grafanaArgs(settings, secretOf, wiring);
  if (args === undefined) return undefined;
  const key = settings.monitoring.grafana.server?.oidc?.clientSecretFromSecret;
  const secrets =
    key === undefined
      ? []
      : [
          new k8s.core.v1.Secret(
            OIDC_SECRET.name,
            {
              metadata: { name: OIDC_SECRET.name, namespace: settings.monitoring.namespace },
              stringData: { [OIDC_SECRET.key]: secretOf(key) },
            },
            options,
          ),
        ];
  return new Grafana("grafana", args, { ...options, dependsOn: [...options.dependsOn, ...secrets] });
}
