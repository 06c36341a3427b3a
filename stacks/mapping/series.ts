/** How many series an environment has: an estimate from what it runs. */
import type { Settings } from "../config/settings.ts";

/**
 * Series of what is scraped, rounded up from real expositions (test/fixtures/vllm, test/fixtures/metrics): a vLLM engine with
 * its API server 400, a further data-parallel engine or API server 350, a GPU 60 (DCGM), a node 1,500 (node-exporter,
 * kubelet and cAdvisor), a pod 60 (kube-state-metrics), and the monitoring with the API server 20,000.
 */
export const SERIES = {
  replica: 400,
  furtherEngine: 350,
  gpu: 60,
  node: 1500,
  pod: 60,
  base: 20_000,
} as const;

/** Room for growth and for recorded series. */
const HEADROOM = 1.5;

/** Series of one Prometheus replica, estimated. Sizes don't follow from it by themselves: a new model would change them. */
export function estimatedSeries({ fleet, nodeGroups }: Settings): number {
  const models = fleet.models.reduce((sum, model) => {
    const processes = Math.max(model.dataParallelSize, model.apiServerCount ?? 1);
    return sum + model.replicas * (SERIES.replica + (processes - 1) * SERIES.furtherEngine + SERIES.pod);
  }, 0);
  const nodes = nodeGroups.reduce(
    (sum, { maxSize, gpu }) => sum + maxSize * (SERIES.node + (gpu?.count ?? 0) * SERIES.gpu),
    0,
  );
  return Math.ceil(((SERIES.base + models + nodes) * HEADROOM) / 1000) * 1000;
}
