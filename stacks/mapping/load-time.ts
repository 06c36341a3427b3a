import { weightFormatOf, weightsGiB, type GpuWeightFormat } from "../../components/gpu/weights.ts";
import { DEFAULT_LOAD_SECONDS, loadSecondsFor } from "../../components/vllm/load-time.ts";
import type { ModelSettings } from "../config/model.ts";

/** How a model's weights are kept: as told, or as its quantisation says. Undefined where neither does. */
export function formatOf({
  size,
  quantization,
}: Pick<ModelSettings, "size" | "quantization">): GpuWeightFormat | undefined {
  return size?.weightFormat ?? weightFormatOf(quantization);
}

/** Seconds that a start of a model takes at worst: as told, or what follows from its size. */
export function loadSecondsOf({ loadSeconds, size, quantization }: ModelSettings): number {
  if (loadSeconds !== undefined) return loadSeconds;
  const format = formatOf({ size, quantization });
  if (size === undefined || format === undefined) return DEFAULT_LOAD_SECONDS;
  return loadSecondsFor(weightsGiB(size.parametersBillion, format, size.unquantisedBillion));
}
