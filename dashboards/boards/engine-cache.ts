/** Panels on what becomes of the blocks of the KV cache, and how it is set up. */
import { engine } from "../../metrics/engine/index.ts";
import { add, by, group, rate, sum } from "../../metrics/promql/index.ts";
import type { BoardTools } from "../board.ts";
import { own, perName, quantileByName, WINDOW } from "./engine-series.ts";
import { toModel } from "./models.ts";

/** Blocks: whence tokens come, how long blocks stay, how many there are. */
export function cachePanels({ panels, choose }: BoardTools) {
  const condition = "--kv-cache-metrics";
  const age = (
    title: string,
    description: string,
    family: "kvBlockLifetime" | "kvBlockIdleBeforeEvict" | "kvBlockReuseGap",
  ) =>
    panels.lines({
      title,
      description: `${description} Of the blocks that --kv-cache-metrics-sample picks.`,
      condition,
      drill: toModel,
      queries: [{ expr: quantileByName(choose, 0.95, family), legend: "{{model_name}}" }],
    });
  return [
    panels.lines({
      title: "Cached prompt tokens by tier",
      description:
        "Prompt tokens per second that a cache held, by where: device memory, host memory, disk, another engine.",
      stacked: true,
      queries: [
        {
          expr: sum(rate(choose(engine.promptTokensCachedBySource.where(own)), WINDOW), by("source")),
          legend: "{{source}}",
        },
      ],
    }),
    panels.bars({
      title: "Blocks of the KV cache",
      description: "How each engine has set up its cache: blocks, tokens in a block, type of a number.",
      unit: "engines",
      queries: [
        {
          expr: group(
            choose(engine.cacheConfigInfo),
            by("pod", "engine", "num_gpu_blocks", "block_size", "cache_dtype"),
          ),
          legend: "{{pod}} {{engine}}: {{num_gpu_blocks}} of {{block_size}} tokens, {{cache_dtype}}",
        },
      ],
    }),
    age("Life of a block, p95", "From the allocation of a block to its eviction.", "kvBlockLifetime"),
    age(
      "Idle before eviction, p95",
      "How long an evicted block had not been used. Short: useful blocks are thrown away.",
      "kvBlockIdleBeforeEvict",
    ),
    age("Time between uses of a block, p95", "From one use of a block to the next.", "kvBlockReuseGap"),
    panels.lines({
      title: "Requests that wait for KV cache",
      description: "Requests whose cache is fetched from elsewhere, by how far the fetching is.",
      condition: "a KV connector that consumes",
      stacked: true,
      queries: [
        {
          expr: sum(choose(engine.numRequestsKvFetchByStage.where(own)), by("stage")),
          legend: "{{stage}}",
        },
      ],
    }),
    panels.lines({
      title: "Estimated memory traffic of a GPU",
      description: "Bytes per second and GPU read and written, estimated from the model's shape.",
      condition: "--enable-mfu-metrics",
      drill: toModel,
      queries: [
        {
          expr: add(
            sum(rate(choose(engine.estimatedReadBytes.where(own)), WINDOW), perName),
            sum(rate(choose(engine.estimatedWriteBytes.where(own)), WINDOW), perName),
          ),
          legend: "{{model_name}}",
        },
      ],
    }),
  ];
}
