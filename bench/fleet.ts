import type { ProjectCopy } from "../test/support/project-copy.ts";
import type { Measurement } from "./report.ts";

/** Numbers of models at which growth is measured. */
export const sizes = [10, 100, 1000] as const;
/** Nodes of each group for each model, so that all their replicas find a place. */
const MOST_REPLICAS = 4;

/** The production environment with its models as often as wanted, and nodes enough for them. */
export function useFleet(copy: ProjectCopy, count: number): void {
  copy.configure("prod", (config) => {
    const fleet = config["vllm-monitoring:fleet"] as { models: Record<string, unknown>[] };
    const groups = config["vllm-monitoring:nodeGroups"] as Record<string, unknown>[];
    const models = fleet.models.filter(({ source }) => (source as { kind: string }).kind !== "nfs");
    fleet.models = Array.from({ length: count }, (_, index) => ({
      ...models[index % models.length],
      name: `model-${String(index)}`,
      servedModelName: `bench/model-${String(index)}`,
    }));
    for (const group of groups) group["maxSize"] = Math.max(Number(group["maxSize"]), MOST_REPLICAS * count);
    // The configuration is refused where the fleet is estimated to have more series than sizes are made for.
    config["vllm-monitoring:thanos"] = {
      ...(config["vllm-monitoring:thanos"] as object),
      expectedSeries: Math.min(100_000_000, 200_000 * count),
    };
  });
}

/** What 900 more models cost, for each, against what 90 more cost: 1 is linear. @param seconds at each of {@link sizes} */
export function growthOf(what: string, seconds: readonly number[]): Measurement {
  const [small = 0, medium = 0, large = 0] = seconds;
  const first = (medium - small) / (sizes[1] - sizes[0]);
  const rest = (large - medium) / (sizes[2] - sizes[1]);
  return {
    what: `${what}: a model among 1,000 / a model among 100`,
    value: rest / first,
    unit: "×",
    limit: 1.3,
    details: seconds.map((value, index) => `${String(sizes[index])}: ${value.toFixed(1)} s`).join(", "),
  };
}
