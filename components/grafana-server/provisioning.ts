/** Files that Grafana reads at its start: where data come from, and where dashboards are. */
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { GrafanaArgs, GrafanaDatasourceArgs } from "./args.ts";

/** Folder of the dashboards that the sidecar writes. */
export const DASHBOARDS = "/var/lib/grafana-dashboards";

/** Identity of a source. */
export function uidOf({ uid, name }: GrafanaDatasourceArgs): string {
  return (
    uid ??
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-")
      .replaceAll(/^-|-$/g, "")
  );
}

/** `datasources.yaml`. Headers are secret, and so is the whole file then. */
export function datasourcesFile({ datasources, alertmanagerUrl }: GrafanaArgs): pulumi.Output<string> {
  const chosen = Math.max(
    datasources.findIndex(({ isDefault }) => isDefault === true),
    0,
  );
  const sources = datasources.map((source, index) => {
    const headers = Object.entries(source.headers ?? {});
    return {
      name: source.name,
      uid: uidOf(source),
      type: "prometheus",
      access: "proxy",
      url: source.url,
      isDefault: index === chosen,
      editable: false,
      jsonData: {
        httpMethod: "POST",
        prometheusType: source.kind ?? "Prometheus",
        timeInterval: source.timeInterval ?? "15s",
        // Rules and alerts of the server are shown; Grafana itself evaluates none. Thanos' query has no rules of its own.
        manageAlerts: source.kind !== "Thanos",
        allowAsRecordingRulesTarget: false,
        ...(alertmanagerUrl === undefined ? {} : { alertmanagerUid: "alertmanager" }),
        ...Object.fromEntries(headers.map(([name], at) => [`httpHeaderName${String(at + 1)}`, name])),
      },
      ...(headers.length === 0
        ? {}
        : {
            secureJsonData: Object.fromEntries(
              headers.map(([, value], at) => [`httpHeaderValue${String(at + 1)}`, value]),
            ),
          }),
    };
  });
  const alertmanager =
    alertmanagerUrl === undefined
      ? []
      : [
          {
            name: "Alertmanager",
            uid: "alertmanager",
            type: "alertmanager",
            access: "proxy",
            url: alertmanagerUrl,
            editable: false,
            jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: false },
          },
        ];
  return pulumi
    .output([...sources, ...alertmanager])
    .apply((known) => stringify({ apiVersion: 1, prune: true, datasources: known }));
}

/** `dashboards.yaml`: one provider that makes folders as the sidecar does. */
export const dashboardsFile = stringify({
  apiVersion: 1,
  providers: [
    {
      name: "sidecar",
      type: "file",
      // What people change in a provisioned dashboard would be gone at the next start.
      allowUiUpdates: false,
      disableDeletion: false,
      updateIntervalSeconds: 30,
      options: { path: DASHBOARDS, foldersFromFilesStructure: true },
    },
  ],
});
