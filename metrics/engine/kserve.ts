import type { MetricFamily } from "../family.ts";
import { vllm } from "../vllm/index.ts";
import type { RayMetric } from "../ray/engine.ts";
import { isEngineFamily, kserveName } from "./spelling.ts";

/** A family of vLLM under KServe's prefix. */
export type KserveFamily<F extends MetricFamily> = Omit<F, "name"> & { readonly name: `kserve_${F["name"]}` };

/** The engine's families as KServe's and Open Data Hub's PodMonitors rename them, derived from vLLM's. */
export const kserveVllm = Object.fromEntries(
  Object.entries(vllm)
    .filter(([, family]) => isEngineFamily(family))
    .map(([key, family]) => [key, { ...family, name: kserveName(family.name) }]),
) as unknown as { readonly [K in RayMetric]: KserveFamily<(typeof vllm)[K]> };
