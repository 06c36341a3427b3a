import type * as pulumi from "@pulumi/pulumi";
import { Grafana } from "../components/grafana.ts";
import type { Settings } from "./config/settings.ts";
import type { SecretOf } from "./mapping/alerting.ts";
import { grafanaArgs, grafanaSecrets, type GrafanaWiring } from "./mapping/grafana.ts";
import { defineSecrets } from "./secrets.ts";

/** Registers Grafana, with the Secret of its single sign-on; undefined when the stack runs none. */
export function defineGrafana(
  settings: Settings,
  secretOf: SecretOf,
  wiring: GrafanaWiring,
  options: Omit<pulumi.ComponentResourceOptions, "dependsOn"> & { dependsOn: pulumi.Resource[] },
): Grafana | undefined {
  const args = grafanaArgs(settings, secretOf, wiring);
  if (args === undefined) return undefined;
  const secrets = defineSecrets(grafanaSecrets(settings), settings.monitoring.namespace, secretOf, options);
  return new Grafana("grafana", args, { ...options, dependsOn: [...options.dependsOn, ...secrets] });
}
