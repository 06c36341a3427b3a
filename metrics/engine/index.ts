import { defineSeries } from "../promql/series.ts";
import { engineTargetLabels } from "../targets.ts";
import { vllm, vllmRemoved } from "../vllm/index.ts";
import { spell } from "./spelling.ts";

const source = { product: "vllm", targetLabels: engineTargetLabels, nameOf: spell } as const;

/**
 * Series of vLLM: one definition for all spellings, for the context of a query says whether it is printed as vLLM serves it
 * (`vllm:…`), as Ray exports it (`ray_vllm_…`) or as KServe renames it (`kserve_vllm:…`).
 */
export const engine = defineSeries(source, vllm);

/** Series that older versions of vLLM had. */
export const engineRemoved = defineSeries(source, vllmRemoved);
