/** How long a model takes to load, as far as its size tells. */

/** Mebibytes a second that even a hub gives on a bad day; object stores and file systems in the region give more. */
const SLOWEST = 100;
/** Seconds for what does not depend on the size: imports, compilation, CUDA graphs, profiling of memory. */
const ENGINE_SECONDS = 180;

/** Seconds from container start to the first good /health where nothing is known of the model. */
export const DEFAULT_LOAD_SECONDS = 600;

/**
 * Seconds from container start to the first good /health, at worst; the start-up probe allows twice of it.
 *
 * @param weightsGiB all weights of the model, in GiB
 */
export function loadSecondsFor(weightsGiB: number): number {
  return ENGINE_SECONDS + Math.ceil((weightsGiB * 1024) / SLOWEST);
}
