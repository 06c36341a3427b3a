/** What differs between installations of the same dashboards. */
import type { Objectives } from "../alerts/slo/index.ts";
import type { ContextOptions } from "../metrics/promql/index.ts";
import type { EngineSpelling } from "../metrics/promql/index.ts";
import type { Threshold } from "./panels.ts";

/** Options of the dashboards. */
export interface DashboardOptions {
  /** How often an open dashboard asks again, 5s to 30s. Default `15s`. */
  readonly refresh?: string;
  /** Time between two samples, and so the shortest step of a query. Default `15s`. */
  readonly scrapeInterval?: string;
  /** Spellings of the engine's metrics that the fleet exposes. Default: as vLLM serves them. */
  readonly engines?: readonly EngineSpelling[];
  /** Objectives of the models; their thresholds become those of the panels. Default: none. */
  readonly objectives?: readonly Objectives[];
  /** Versions of the programs, where they differ from those that the catalogue was compared with. */
  readonly versions?: ContextOptions["versions"];
}

/** {@link DashboardOptions} with everything filled in. */
export interface ResolvedOptions {
  readonly refresh: string;
  readonly minStep: string;
  readonly engines: readonly EngineSpelling[];
  readonly objectives: readonly Objectives[];
  readonly context: ContextOptions;
}

/** Seconds of a duration that Grafana and Prometheus both read. */
function secondsOf(text: string): number | undefined {
  const match = /^(\d+)(s|m|h)$/.exec(text);
  return match === null
    ? undefined
    : Number(match[1]) * { s: 1, m: 60, h: 3600 }[match[2] as "s" | "m" | "h"];
}

/** @throws RangeError for a refresh outside of 5s to 30s, and a scrape interval that is none. */
export function resolveOptions(options: DashboardOptions): ResolvedOptions {
  const { refresh = "15s", scrapeInterval = "15s", engines = ["vllm"], objectives = [], versions } = options;
  const seconds = secondsOf(refresh);
  if (seconds === undefined || seconds < 5 || seconds > 30) {
    throw new RangeError(`refresh is "${refresh}"; write 5s to 30s: faster asks for more than is measured`);
  }
  if (!/^(\d+(ms|s|m|h))+$/.test(scrapeInterval)) {
    throw new RangeError(`scrapeInterval is "${scrapeInterval}"; write a duration such as 15s`);
  }
  if (engines.length === 0)
    throw new RangeError("engines is empty; name at least one spelling, such as vllm");
  return {
    refresh,
    minStep: scrapeInterval,
    engines: [...new Set(engines)],
    objectives,
    context: versions === undefined ? {} : { versions },
  };
}

type LatencyKind = "timeToFirstToken" | "interTokenLatency" | "endToEndLatency" | "queueTime";

/** Thresholds of a latency: the tightest objective of the models is yellow, the loosest red; one alone is red. */
export function latencyThresholds(objectives: readonly Objectives[], kind: LatencyKind): Threshold[] {
  const seconds = objectives.flatMap((objective) => objective[kind]?.thresholdSeconds ?? []);
  if (seconds.length === 0) return [];
  const [least, most] = [Math.min(...seconds), Math.max(...seconds)];
  const red: Threshold = { from: most, color: "red" };
  return least === most ? [red] : [{ from: least, color: "yellow" }, red];
}

/** Thresholds of a failed share: yellow from the tightest error budget on, red from the loosest. */
export function failureThresholds(objectives: readonly Objectives[]): Threshold[] {
  const budgets = objectives.flatMap(({ availability }) =>
    availability === undefined ? [] : Number((1 - availability.objectivePercent / 100).toPrecision(12)),
  );
  if (budgets.length === 0) return [];
  const [least, most] = [Math.min(...budgets), Math.max(...budgets)];
  const red: Threshold = { from: most, color: "red" };
  return least === most ? [red] : [{ from: least, color: "yellow" }, red];
}
