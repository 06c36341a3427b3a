import type { GrafanaDashboardsArgs } from "../../components/grafana-dashboards.ts";
import { dashboards, type DashboardOptions } from "../../dashboards/index.ts";
import type { EngineSpelling } from "../../metrics/promql/context.ts";
import type { ModelSettings } from "../config/model.ts";
import type { Settings } from "../config/settings.ts";
import { isRayModel } from "./ray-model.ts";

/** What of an environment the dashboards depend on: refresh, scrape interval, and the models' objectives and engines. */
export function dashboardOptions({ monitoring, fleet }: Settings): DashboardOptions {
  return {
    refresh: monitoring.grafana.refresh,
    scrapeInterval: monitoring.scrapeInterval,
    objectives: fleet.models.map(({ slos }) => slos),
    ...(fleet.models.length === 0 ? {} : { engines: spellingsOf(fleet.models) }),
  };
}

/** How the metrics of the fleet's engines are spelled: Ray has its own names for them. */
function spellingsOf(models: readonly ModelSettings[]): EngineSpelling[] {
  const spellings = models.map((model) => (isRayModel(model) ? "ray" : "vllm"));
  return (["vllm", "ray"] as const).filter((spelling) => spellings.includes(spelling));
}

/** Arguments of the dashboards, for Grafana's sidecar or for grafana-operator. */
export function grafanaDashboardsArgs(settings: Settings): GrafanaDashboardsArgs {
  const { monitoring } = settings;
  const { folder, folderAnnotation, sidecarLabel, sidecarLabelValue, delivery } = monitoring.grafana;
  const shared = { namespace: monitoring.namespace, dashboards: boardsOf(settings), folder };
  if (delivery.kind === "sidecar") return { ...shared, folderAnnotation, sidecarLabel, sidecarLabelValue };
  return {
    ...shared,
    operator: {
      instanceSelector: delivery.instanceLabels,
      allowCrossNamespaceImport: delivery.otherNamespaces,
      resyncPeriod: delivery.resyncPeriod,
    },
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
