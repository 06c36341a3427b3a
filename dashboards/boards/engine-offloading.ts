/** Panels on KV cache that is kept in the memory of the host. */
import { engine } from "../../metrics/engine/index.ts";
import { by, max, rate, sum } from "../../metrics/promql/index.ts";
import type { BoardTools } from "../board.ts";
import { own, perName, quantileByName, WINDOW } from "./engine-series.ts";
import { share } from "./models.ts";

/** vLLM's offloading connector. */
export function offloadingPanels({ panels, choose }: BoardTools) {
  const condition = "KV cache offloading";
  const rates = {
    stored: sum(rate(choose(engine.kvOffloadStoreBytes.where(own)), WINDOW), perName),
    loaded: sum(rate(choose(engine.kvOffloadLoadBytes.where(own)), WINDOW), perName),
  };
  const storing = sum(rate(choose(engine.kvOffloadStoreTime.where(own)), WINDOW), perName);
  const loading = sum(rate(choose(engine.kvOffloadLoadTime.where(own)), WINDOW), perName);
  const mean = (family: "kvOffloadStoreSize" | "kvOffloadLoadSize") =>
    share(
      sum(rate(choose(engine[family].sum.where(own)), WINDOW), perName),
      sum(rate(choose(engine[family].count.where(own)), WINDOW), perName),
    );
  return [
    panels.lines({
      title: "Offloaded and loaded",
      description: "Bytes of KV cache stored in the host and loaded back per second.",
      condition,
      queries: [
        { expr: rates.stored, legend: "{{model_name}} stored" },
        { expr: rates.loaded, legend: "{{model_name}} loaded" },
      ],
    }),
    panels.lines({
      title: "Bandwidth of offloading",
      description: "Bytes per second of the time in which something was transferred.",
      condition,
      unit: "bytes/s",
      queries: [
        { expr: share(rates.stored, storing), legend: "{{model_name}} stored" },
        { expr: share(rates.loaded, loading), legend: "{{model_name}} loaded" },
      ],
    }),
    panels.lines({
      title: "Size of a transfer to the host, mean",
      description: "Bytes of one operation.",
      condition,
      unit: "bytes",
      queries: [
        { expr: mean("kvOffloadStoreSize"), legend: "{{model_name}} stored" },
        { expr: mean("kvOffloadLoadSize"), legend: "{{model_name}} loaded" },
      ],
    }),
    panels.lines({
      title: "Look-up of offloaded blocks, p99",
      description: "How long a look-up in the host's cache takes: at once, and of those that are put off.",
      condition,
      queries: [
        { expr: quantileByName(choose, 0.99, "kvOffloadLookupSyncDelay"), legend: "{{model_name}} at once" },
        { expr: quantileByName(choose, 0.99, "kvOffloadLookupAsyncDelay"), legend: "{{model_name}} put off" },
      ],
    }),
    panels.lines({
      title: "Stores that fail or are left out",
      description:
        "Per second: no room in the host's cache, or blocks that are not used often enough to be kept.",
      condition,
      queries: [
        {
          expr: sum(rate(choose(engine.kvOffloadAllocationFailure.where(own)), WINDOW), perName),
          legend: "{{model_name}} no room",
        },
        {
          expr: sum(rate(choose(engine.kvOffloadStoresSkipped.where(own)), WINDOW), perName),
          legend: "{{model_name}} left out",
        },
      ],
    }),
    panels.lines({
      title: "Host cache in use",
      description:
        "Share of the host's KV cache in use, fullest engine; and held by stores and loads under way.",
      condition: `${condition} to CPU memory`,
      max: 1,
      queries: [
        { expr: max(choose(engine.kvOffloadCpuCacheUsage.where(own)), perName), legend: "{{model_name}}" },
        {
          expr: max(choose(engine.kvOffloadCpuCacheWriteUsage.where(own)), perName),
          legend: "{{model_name}} by stores",
        },
        {
          expr: max(choose(engine.kvOffloadCpuCacheReadUsage.where(own)), perName),
          legend: "{{model_name}} by loads",
        },
      ],
    }),
  ];
}

/** vLLM's simple offloading connector. */
export function simpleOffloadingPanels({ panels, choose }: BoardTools) {
  const condition = "the simple CPU offloading connector";
  return [
    panels.lines({
      title: "Blocks offered to the simple host cache",
      description: "Blocks per second by what became of them.",
      condition,
      stacked: true,
      queries: [
        {
          expr: sum(rate(choose(engine.simpleKvOffloadSaveOutcomes.where(own)), WINDOW), by("outcome")),
          legend: "{{outcome}}",
        },
      ],
    }),
    panels.lines({
      title: "Blocks loaded from the simple host cache",
      description: "Per second: what need not be computed again.",
      condition,
      queries: [
        {
          expr: sum(rate(choose(engine.simpleKvOffloadLoadBlocks.where(own)), WINDOW), perName),
          legend: "{{model_name}}",
        },
      ],
    }),
    panels.lines({
      title: "Blocks held in the simple host cache",
      description:
        "Pinned by transfers or hits, and waiting to be stored. Growing for long: a transfer hangs.",
      condition,
      queries: [
        {
          expr: sum(choose(engine.simpleKvOffloadUsedBlocks.where(own)), perName),
          legend: "{{model_name}} pinned",
        },
        {
          expr: sum(choose(engine.simpleKvOffloadPendingStoreBlocks.where(own)), perName),
          legend: "{{model_name}} to be stored",
        },
      ],
    }),
  ];
}
