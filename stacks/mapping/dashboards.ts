import type { GrafanaDashboardsArgs } from "../../components/grafana-dashboards.ts";
import { fleetOverview } from "../../dashboards/fleet-overview.ts";
import type { Settings } from "../config/settings.ts";

/** Arguments of the dashboards for Grafana's sidecar. */
export function grafanaDashboardsArgs({ monitoring }: Settings): GrafanaDashboardsArgs {
  const { folder, folderAnnotation, sidecarLabel, sidecarLabelValue } = monitoring.grafana;
  return {
    namespace: monitoring.namespace,
    dashboards: [{ name: "fleet-overview", json: JSON.stringify(fleetOverview()) }],
    folder,
    folderAnnotation,
    sidecarLabel,
    sidecarLabelValue,
  };
}
