import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

import type { AlertRoutesArgs } from "./alert-routes/args.ts";
import { alertmanagerConfig } from "./alert-routes/config.ts";
import { credentialsOf } from "./alert-routes/credentials.ts";
import { RULES } from "./alert-routes/rules.ts";
import { standardLabels } from "./support/labels.ts";
import { check } from "./support/validation.ts";

export * from "./alert-routes/args.ts";
export { matchAny } from "./alert-routes/config.ts";

/**
 * Who gets which alerts: Alertmanager's configuration in a Secret, and its credentials in another one, which Alertmanager
 * mounts as files, so that the configuration itself is free of secrets.
 */
export class AlertRoutes extends pulumi.ComponentResource {
  /** Secret with alertmanager.yaml, for `KubePrometheus` `alertmanager.configSecret`. */
  public readonly configSecretName: pulumi.Output<string>;
  /** Secrets that Alertmanager has to mount, for `KubePrometheus` `alertmanager.secrets`. */
  public readonly mountedSecretNames: pulumi.Output<string[]>;
  /** The configuration file, without secrets. */
  public readonly configuration: pulumi.Output<string>;

  constructor(name: string, args: AlertRoutesArgs, opts?: pulumi.ComponentResourceOptions) {
    check(`AlertRoutes "${name}"`, args, RULES);
    super("vllm-monitoring:index:AlertRoutes", name, withoutCredentials(args), opts);
    const labels = standardLabels("alert-routes", name);
    const metadata = (secretName: string) => ({ name: secretName, namespace: args.namespace, labels });
    const credentialsName = `${name}-credentials`;
    const credentials = credentialsOf(args.receivers);
    const hasCredentials = Object.keys(credentials).length > 0;
    const mounted = hasCredentials
      ? [
          new k8s.core.v1.Secret(
            credentialsName,
            { metadata: metadata(credentialsName), stringData: pulumi.secret(credentials) },
            { parent: this },
          ).metadata.name,
        ]
      : [];

    this.configuration = pulumi.output(alertmanagerConfig(args, credentialsName)).apply((config) =>
      // A line is never folded: templates hold spaces that count.
      stringify(config, { lineWidth: 0 }),
    );
    const config = new k8s.core.v1.Secret(
      name,
      { metadata: metadata(name), stringData: { "alertmanager.yaml": this.configuration } },
      { parent: this },
    );
    this.configSecretName = config.metadata.name;
    this.mountedSecretNames = pulumi.output(mounted);
    this.registerOutputs({
      configSecretName: this.configSecretName,
      mountedSecretNames: this.mountedSecretNames,
      configuration: this.configuration,
    });
  }
}

/** The arguments as the engine keeps them with the component: credentials are in the Secrets alone. */
function withoutCredentials(args: AlertRoutesArgs): pulumi.Inputs {
  return { namespace: args.namespace, route: args.route, receivers: args.receivers.map(({ name }) => name) };
}
