import type { Catalogue, MetricFamily } from "../family.ts";
import type { Context } from "../promql/context.ts";
import { PromqlError } from "../promql/error.ts";
import { defineSeries } from "../promql/series.ts";
import { rayTargetLabels } from "../targets.ts";
import { rayVllm } from "./engine.ts";
import { serveRequests } from "./serve-requests.ts";
import { serveState } from "./serve-state.ts";

export { rayVllm, type RayMetric } from "./engine.ts";
export { rayLabels } from "./labels.ts";

/**
 * Families of Ray Serve, read in the package's source. Ray also exports each counter as a gauge without `_total`
 * (until Ray 3.0; RAY_EXPORT_COUNTER_AS_GAUGE=0 stops it): those are not listed.
 */
export const rayServe = { ...serveRequests, ...serveState } as const satisfies Catalogue;

/** Series of Ray Serve: the proxy, deployments, replicas, autoscaling. */
export const serve = defineSeries(
  { product: "ray", targetLabels: rayTargetLabels, nameOf: ({ name }) => name },
  rayServe,
);

function nameUnderRay(family: MetricFamily, context: Context): string {
  if (context.engine === "ray") return family.name;
  throw new PromqlError(
    `${family.name} exists under Ray only, but the context's engine is ${context.engine}; use the same family of metrics/engine, which is printed in every spelling`,
  );
}

/** Series of the engine with the labels that only Ray gives them (ReplicaId, …); elsewhere use `engine`. */
export const rayEngine = defineSeries(
  { product: "vllm", targetLabels: rayTargetLabels, nameOf: nameUnderRay },
  rayVllm,
);
