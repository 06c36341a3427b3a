import type { GrafanaDashboardsArgs } from "../../components/grafana-dashboards.ts";
import { dashboards, type DashboardOptions } from "../../dashboards/index.ts";
import type { Settings } from "../config/settings.ts";

/** What of an environment the dashboards depend on: refresh, scrape interval, and the models' objectives. */
export function dashboardOptions({ monitoring, fleet }: Settings): DashboardOptions {
  return {
    refresh: monitoring.grafana.refresh,
    scrapeInterval: monitoring.scrapeInterval,
    objectives: fleet.models.map(({ slos }) => slos),
  };
}

/** Arguments of the dashboards for Grafana's sidecar. */
export function grafanaDashboardsArgs(settings: Settings): GrafanaDashboardsArgs {
  const { monitoring } = settings;
  const { folder, folderAnnotation, sidecarLabel, sidecarLabelValue } = monitoring.grafana;
  return {
    namespace: monitoring.namespace,
    dashboards: boardsOf(settings),
    folder,
    folderAnnotation,
    sidecarLabel,
    sidecarLabelValue,
  };
}

/** Boards of environments: they are asked for when the configuration is checked, when it is used, and by each model. */
const boards = new WeakMap<Settings, { name: string; json: string }[]>();

function boardsOf(settings: Settings): { name: string; json: string }[] {
  const known = boards.get(settings);
  if (known !== undefined) return known;
  const made = dashboards(dashboardOptions(settings)).map(({ name, dashboard }) => ({
    name,
    json: JSON.stringify(dashboard),
  }));
  boards.set(settings, made);
  return made;
}
