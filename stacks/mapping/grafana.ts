import type * as pulumi from "@pulumi/pulumi";
import type { GrafanaArgs, GrafanaDatasourceArgs, GrafanaOidcArgs } from "../../components/grafana.ts";
import type { MonitoringSettings } from "../config/monitoring.ts";
import type { Settings } from "../config/settings.ts";
import type { SecretOf } from "./alerting.ts";
import { given, inOrder } from "./fields.ts";
import { givenStackSecret, type StackSecret } from "./secrets.ts";
import { resourcesArgs, storageArgs } from "./monitoring.ts";

/** Secret of the OpenID Connect client, which the stack makes. */
const OIDC_SECRET = { name: "grafana-oidc", key: "client-secret" };

/** What the stack knows of the servers. */
export interface GrafanaWiring {
  prometheusUrl: pulumi.Input<string>;
  alertmanagerUrl: pulumi.Input<string>;
  /** Thanos' query, by its cache where there is one; undefined without long-term storage. */
  historyUrl?: pulumi.Input<string> | undefined;
}

/** Arguments of Grafana; undefined when the stack runs none. */
export function grafanaArgs(
  settings: Settings,
  secretOf: SecretOf,
  wiring: GrafanaWiring,
): GrafanaArgs | undefined {
  const { monitoring } = settings;
  const { server, sidecarLabel, sidecarLabelValue, folderAnnotation } = monitoring.grafana;
  if (server === undefined) return undefined;
  return {
    namespace: monitoring.namespace,
    seed: secretOf(server.seedFromSecret),
    datasources: datasourcesOf(wiring, monitoring.scrapeInterval),
    alertmanagerUrl: wiring.alertmanagerUrl,
    ...given("externalUrl", server.externalUrl),
    ...given("image", monitoring.images.grafana),
    ...given("sidecarImage", monitoring.images.grafanaSidecar),
    storage: storageArgs(server.storage),
    ...resourcesArgs(server.resources),
    ...given("oidc", oidcArgs(server.oidc)),
    sidecarLabel,
    sidecarLabelValue,
    folderAnnotation,
    ingressFrom: inOrder(server.ingressNamespaces, String).map((namespace) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    })),
  };
}

/** Prometheus first: it has the newest samples, and the rules. History and other clusters are a choice away. */
function datasourcesOf(
  { prometheusUrl, historyUrl }: GrafanaWiring,
  timeInterval: string,
): GrafanaDatasourceArgs[] {
  const prometheus = { name: "Prometheus", url: prometheusUrl, timeInterval };
  if (historyUrl === undefined) return [prometheus];
  return [prometheus, { name: "Thanos", kind: "Thanos", url: historyUrl, timeInterval }];
}

/** Secrets that Grafana reads besides those that the component derives from its seed. */
export function grafanaSecrets({ monitoring }: Settings): StackSecret[] {
  return givenStackSecret(OIDC_SECRET, monitoring.grafana.server?.oidc?.clientSecretFromSecret);
}

type Oidc = NonNullable<MonitoringSettings["grafana"]["server"]>["oidc"];

function oidcArgs(oidc: Oidc): GrafanaOidcArgs | undefined {
  if (oidc === undefined) return undefined;
  const { name, clientId, authUrl, tokenUrl, apiUrl } = oidc;
  return {
    name,
    clientId,
    authUrl,
    tokenUrl,
    apiUrl,
    clientSecret: OIDC_SECRET,
    ...given("roleAttributePath", oidc.roleAttributePath),
  };
}
