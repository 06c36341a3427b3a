import { weightFormatOf, weightsGiB } from "../../components/gpu/weights.ts";
import { DEFAULT_LOAD_SECONDS, loadSecondsFor } from "../../components/vllm/load-time.ts";
import type { ModelSettings } from "../config/model.ts";

/** Seconds that a start of a model takes at worst: as told, or what follows from its size. */
export function loadSecondsOf({ loadSeconds, size, quantization }: ModelSettings): number {
  if (loadSeconds !== undefined) return loadSeconds;
  const format = size?.weightFormat ?? weightFormatOf(quantization);
  if (size === undefined || format === undefined) return DEFAULT_LOAD_SECONDS;
  return loadSecondsFor(weightsGiB(size.parametersBillion, format, size.unquantisedBillion));
}
