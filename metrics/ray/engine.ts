import { compareVersions, type MetricFamily } from "../family.ts";
import { isEngineFamily, rayColonFree, rayName } from "../engine/spelling.ts";
import { vllm, type VllmMetric } from "../vllm/index.ts";
import { rayLabels } from "./labels.ts";

/** First vLLM that labels its metrics with the replica of Ray Serve (PR vllm#24267). */
const replicaIdSince = "0.12.0";

/** `vllm:x` as Ray exports it. */
type RayName<N extends string> = N extends `vllm:${infer Rest}` ? `ray_vllm_${Rest}` : never;

type RayLabel<L extends string> = L | (typeof rayLabels)[number] | "ReplicaId";

/** A family of vLLM as Ray exports it: another name, more labels, everything else the same. */
export type RayFamily<F extends MetricFamily> = Omit<F, "name" | "labels"> & {
  readonly name: RayName<F["name"]>;
  readonly labels: readonly RayLabel<F["labels"][number]>[];
};

/** Keys of the engine's own families: those that Ray exports. */
export type RayMetric = {
  [K in VllmMetric]: (typeof vllm)[K]["name"] extends `vllm:${string}` ? K : never;
}[VllmMetric];

function derive(family: MetricFamily): MetricFamily {
  const early = compareVersions(family.since, rayColonFree) < 0;
  return {
    ...family,
    name: rayName(family.name),
    labels: [...family.labels, "ReplicaId", ...rayLabels],
    labelVersions: { ...family.labelVersions, ReplicaId: { since: replicaIdSince } },
    since: early ? rayColonFree : family.since,
    absentBeforeFirstRequest: "always",
    source: `vllm/v1/metrics/ray_wrappers.py; ${family.source}`,
  };
}

/**
 * The engine's families as Ray exports them (Ray Serve LLM, `log_engine_metrics`), derived from vLLM's. Versions are vLLM's; before
 * 0.11.0 the names had a colon. Increments of 0 are not exported, so a series is missing until it first moves; the HTTP
 * server's and the process' families don't exist: `ray_serve_*` replaces them.
 */
export const rayVllm = Object.fromEntries(
  Object.entries(vllm)
    .filter(([, family]) => isEngineFamily(family))
    .map(([key, family]) => [key, derive(family)]),
) as unknown as { readonly [K in RayMetric]: RayFamily<(typeof vllm)[K]> };
