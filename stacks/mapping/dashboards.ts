import type { GrafanaContentArgs } from "../../components/grafana-content.ts";
import type { GrafanaDashboardsArgs } from "../../components/grafana-dashboards.ts";
import { once } from "../../components/support/once.ts";
import { dashboards, type DashboardOptions } from "../../dashboards/index.ts";
import type { Settings } from "../config/settings.ts";
import type { SecretOf } from "./alerting.ts";
import { given } from "./fields.ts";
import { spellingsOf } from "./spelling.ts";

/** What of an environment the dashboards depend on: refresh, scrape interval, and the models' objectives and engines. */
export function dashboardOptions({ monitoring, fleet }: Settings): DashboardOptions {
  return {
    refresh: monitoring.grafana.refresh,
    scrapeInterval: monitoring.scrapeInterval,
    objectives: fleet.models.map(({ slos }) => slos),
    ...(fleet.models.length === 0 ? {} : { engines: spellingsOf(fleet.models) }),
  };
}

/** Arguments of the dashboards, for Grafana's sidecar or for grafana-operator. */
export function grafanaDashboardsArgs(settings: Settings): GrafanaDashboardsArgs {
  const { monitoring } = settings;
  const { folder, folderAnnotation, sidecarLabel, sidecarLabelValue, delivery } = monitoring.grafana;
  const shared = { namespace: monitoring.namespace, dashboards: boardsOf(settings), folder };
  if (delivery.kind !== "operator") return { ...shared, folderAnnotation, sidecarLabel, sidecarLabelValue };
  return {
    ...shared,
    operator: {
      instanceSelector: delivery.instanceLabels,
      allowCrossNamespaceImport: delivery.otherNamespaces,
      resyncPeriod: delivery.resyncPeriod,
    },
  };
}

/** Arguments of the dashboards for Grafana's HTTP API; undefined where they go another way. */
export function grafanaContentArgs(settings: Settings, secretOf: SecretOf): GrafanaContentArgs | undefined {
  const { folder, delivery } = settings.monitoring.grafana;
  if (delivery.kind !== "api") return undefined;
  const { dataSource: source, contactPoints, rights } = delivery;
  const token = source?.tokenFromSecret;
  return {
    folder,
    dashboards: boardsOf(settings),
    ...(source === undefined
      ? {}
      : {
          dataSource: {
            url: source.url,
            isThanos: source.isThanos,
            scrapeInterval: settings.monitoring.scrapeInterval,
            ...(token === undefined ? {} : { bearerToken: secretOf(token) }),
          },
        }),
    contactPoints: contactPoints.map(({ name, kind, addresses, secretFromSecret }) => ({
      name,
      kind,
      ...given("addresses", addresses),
      ...(secretFromSecret === undefined ? {} : { secret: secretOf(secretFromSecret) }),
    })),
    ...(rights === undefined
      ? {}
      : {
          rights: rights.map(({ teamId, role, right }) => ({
            right,
            ...given("teamId", teamId),
            ...given("role", role),
          })),
        }),
  };
}

/** Boards of environments: they are asked for when the configuration is checked, when it is used, and by each model. */
const boardsOf = once((settings: Settings) =>
  dashboards(dashboardOptions(settings)).map(({ name, dashboard }) => ({
    name,
    json: JSON.stringify(dashboard),
  })),
);
