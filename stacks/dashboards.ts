import * as pulumi from "@pulumi/pulumi";
import * as grafana from "@pulumiverse/grafana";
import { GrafanaContent } from "../components/grafana-content.ts";
import { GrafanaDashboards } from "../components/grafana-dashboards.ts";
import type { Settings } from "./config/settings.ts";
import type { SecretOf } from "./mapping/alerting.ts";
import { grafanaContentArgs, grafanaDashboardsArgs } from "./mapping/dashboards.ts";

/** Registers the dashboards in the way that the environment chose. @returns names of the ConfigMaps that hold them */
export function defineDashboards(
  settings: Settings,
  secretOf: SecretOf,
  options: pulumi.ComponentResourceOptions,
): pulumi.Output<string[]> {
  const { delivery } = settings.monitoring.grafana;
  const content = grafanaContentArgs(settings, secretOf);
  if (delivery.kind !== "api" || content === undefined)
    return new GrafanaDashboards("dashboards", grafanaDashboardsArgs(settings), options).configMapNames;
  // The options' provider is the cluster's, in which nothing is made here.
  const parent = options.parent === undefined ? {} : { parent: options.parent };
  const provider = new grafana.Provider(
    "grafana",
    { url: delivery.url, auth: secretOf(delivery.tokenFromSecret) },
    parent,
  );
  new GrafanaContent("dashboards", content, { ...parent, providers: [provider] });
  return pulumi.output([]);
}
