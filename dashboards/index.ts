/** All dashboards of an installation. */
/* eslint-disable @typescript-eslint/no-deprecated */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { engine as series } from "../metrics/engine/index.ts";
import { rate, seriesNames, type EngineSpelling } from "../metrics/promql/index.ts";
import { buildBoard, type BoardDefinition } from "./board.ts";
import { capacityBoard } from "./boards/capacity.ts";
import { comparisonBoard } from "./boards/comparison.ts";
import { serverSection } from "./boards/engine-connectors.ts";
import { engineBoard } from "./boards/engine.ts";
import { fleetOverview } from "./boards/fleet-overview.ts";
import { gatewayBoard } from "./boards/gateway.ts";
import { gpuNodesBoard } from "./boards/gpu-nodes.ts";
import { modelBoard } from "./boards/model.ts";
import { monitoringBoard } from "./boards/monitoring.ts";
import { queueBoard } from "./boards/queue.ts";
import { rayBoard } from "./boards/ray.ts";
import { sloBoard } from "./boards/slo.ts";
import { resolveOptions, type DashboardOptions } from "./options.ts";

export type { DashboardOptions } from "./options.ts";

/** A dashboard with the name of its file. */
export interface NamedDashboard {
  /** A DNS label; the same for every installation. */
  readonly name: string;
  readonly dashboard: Dashboard;
}

/** Of the recorded and of other products' series: the same whatever the engines' metrics are called. */
const shared: readonly BoardDefinition[] = [
  fleetOverview,
  modelBoard,
  queueBoard,
  comparisonBoard,
  sloBoard,
  capacityBoard,
  gpuNodesBoard,
  gatewayBoard,
  rayBoard,
  monitoringBoard,
];

/**
 * The dashboards in the classic schema. All but one read what the rules of alerts/ record, which has one name for every
 * spelling of the engine's metrics; the one on the engines themselves exists once for each spelling.
 *
 * @throws Error for a query that can't be right, such as on a label that the series lack.
 */
export function dashboards(options: DashboardOptions = {}): NamedDashboard[] {
  const resolved = resolveOptions(options);
  return [
    ...shared.map((definition) => named(buildBoard(definition, resolved))),
    ...resolved.engines.map((engine) => {
      const variant = engine === "vllm" ? "" : engine;
      return named(buildBoard(engineDefinition(engine), resolved, { engine }, variant));
    }),
  ];
}

/** The engine's dashboard; only vLLM's own server has HTTP and process families. */
function engineDefinition(engine: EngineSpelling): BoardDefinition {
  const [name = engineBoard.listed.name] = seriesNames(rate(series.generationTokens, "5m"), { engine });
  const spelled = { ...engineBoard, listed: { ...engineBoard.listed, name } };
  if (engine !== "vllm") return spelled;
  return { ...spelled, sections: (tools) => [...engineBoard.sections(tools), serverSection(tools)] };
}

function named(dashboard: Dashboard): NamedDashboard {
  return { name: (dashboard.uid ?? "").replace(/^vllm-/, ""), dashboard };
}
