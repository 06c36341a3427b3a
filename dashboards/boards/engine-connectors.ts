/** Panels on KV connectors, and on the HTTP server and process that only vLLM's own server has. */
import { engine } from "../../metrics/engine/index.ts";
import { by, div, gt, max, not, rate, sum } from "../../metrics/promql/index.ts";
import type { BoardTools, Section } from "../board.ts";
import { own, perName, quantileByName, WINDOW } from "./engine-series.ts";
import { share, toModel } from "./models.ts";

/** KV transfer between engines. */
export function connectorPanels({ panels, choose }: BoardTools) {
  const nixl = "a NIXL connector";
  const hits = sum(rate(choose(engine.externalPrefixCacheHits.where(own)), WINDOW), perName);
  const queries = sum(rate(choose(engine.externalPrefixCacheQueries.where(own)), WINDOW), perName);
  const distribution95 = (
    title: string,
    description: string,
    family: "nixlBytesTransferred" | "nixlPostTime" | "nixlNumDescriptors",
  ) =>
    panels.lines({
      title,
      description,
      condition: nixl,
      drill: toModel,
      queries: [{ expr: quantileByName(choose, 0.95, family), legend: "{{model_name}}" }],
    });
  return [
    panels.lines({
      title: "External cache hit rate",
      description: "Share of prompt tokens that the connector's cache held.",
      condition: "a KV connector",
      max: 1,
      drill: toModel,
      queries: [{ expr: share(hits, queries), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "NIXL transfer time, p95",
      description: "How long a transfer of KV cache from prefill to decode takes.",
      condition: nixl,
      drill: toModel,
      queries: [{ expr: quantileByName(choose, 0.95, "nixlXferTime"), legend: "{{model_name}}" }],
    }),
    panels.lines({
      title: "NIXL throughput",
      description: "Bytes of KV cache transferred per second.",
      condition: nixl,
      unit: "bytes/s",
      drill: toModel,
      queries: [
        {
          expr: sum(rate(choose(engine.nixlBytesTransferred.sum.where(own)), WINDOW), perName),
          legend: "{{model_name}}",
        },
      ],
    }),
    panels.lines({
      title: "NIXL transfers",
      description: "Transfers per second.",
      condition: nixl,
      drill: toModel,
      queries: [
        {
          expr: sum(rate(choose(engine.nixlXferTime.count.where(own)), WINDOW), perName),
          legend: "{{model_name}}",
        },
      ],
    }),
    panels.lines({
      title: "NIXL failures",
      description:
        "Per second: transfers and notices that failed, requests whose KV cache expired before it was fetched, notices that came after that.",
      condition: nixl,
      unit: "events/s",
      queries: [
        {
          expr: sum(rate(choose(engine.nixlNumFailedTransfers.where(own)), WINDOW), perName),
          legend: "{{model_name}} failed",
        },
        {
          expr: sum(rate(choose(engine.nixlNumFailedNotifications.where(own)), WINDOW), perName),
          legend: "{{model_name}} notices failed",
        },
        {
          expr: sum(rate(choose(engine.nixlNumNotificationsAfterExpiry.where(own)), WINDOW), perName),
          legend: "{{model_name}} notices too late",
        },
        {
          expr: sum(rate(choose(engine.nixlNumKvExpiredReqs.where(own)), WINDOW), perName),
          legend: "{{model_name}} expired",
        },
      ],
    }),
    distribution95("NIXL size of a transfer, p95", "Bytes of one transfer.", "nixlBytesTransferred"),
    distribution95(
      "NIXL post time, p95",
      "How long it takes to hand a transfer over to the network.",
      "nixlPostTime",
    ),
    distribution95(
      "NIXL descriptors of a transfer, p95",
      "Pieces of memory in one transfer. Many small ones are slow.",
      "nixlNumDescriptors",
    ),
  ];
}

/** The HTTP server and its process: vLLM's own only, Ray has others. */
export function serverSection({ panels, choose }: BoardTools): Section {
  const ofModel = { model: not("") } as const;
  const single = "one API server per pod (with several the process families don't exist)";
  const size = engine.httpRequestSize.where(ofModel);
  return {
    title: "Server: does the front end keep up?",
    panels: [
      panels.lines({
        title: "HTTP answers",
        description:
          "Answers per second by class of status; probes and scrapes are left out by vLLM itself. Clients that hang up count as 2xx.",
        stacked: true,
        queries: [
          {
            expr: sum(rate(choose(engine.httpRequests.where(ofModel)), WINDOW), by("model", "status")),
            legend: "{{model}} {{status}}",
          },
        ],
      }),
      panels.lines({
        title: "Answers by endpoint",
        description: "Answers per second by path.",
        stacked: true,
        queries: [
          {
            expr: sum(rate(choose(engine.httpRequests.where(ofModel)), WINDOW), by("handler")),
            legend: "{{handler}}",
          },
        ],
      }),
      panels.lines({
        title: "Time of an answer by endpoint, mean",
        description: "Until the last byte, streams included.",
        queries: [
          {
            expr: share(
              sum(rate(choose(engine.httpRequestDuration.where(ofModel).sum), WINDOW), by("handler")),
              sum(rate(choose(engine.httpRequestDuration.where(ofModel).count), WINDOW), by("handler")),
            ),
            legend: "{{handler}}",
          },
        ],
        unit: "seconds",
      }),
      panels.lines({
        title: "Size of requests, mean",
        description: "Bytes of a request's body.",
        unit: "bytes",
        queries: [
          {
            expr: div(
              sum(rate(choose(size.sum), WINDOW), by("handler")),
              gt(sum(rate(choose(size.count), WINDOW), by("handler")), 0),
            ),
            legend: "{{handler}}",
          },
        ],
      }),
      panels.lines({
        title: "CPU of the server process",
        description: "Cores that the front end uses. Near 1 Python is the bottleneck, not the GPU.",
        condition: single,
        unit: "cores",
        queries: [
          {
            expr: max(rate(choose(engine.processCpuSeconds.where(ofModel)), WINDOW), by("model", "pod")),
            legend: "{{pod}}",
          },
        ],
      }),
      panels.lines({
        title: "Open files of the server process",
        description: "Share of the files that the process may open. Each client's connection is one.",
        condition: single,
        max: 1,
        unit: "ratio",
        queries: [
          {
            expr: div(
              max(choose(engine.processOpenFds.where(ofModel)), by("model", "pod")),
              gt(max(choose(engine.processMaxFds.where(ofModel)), by("model", "pod")), 0),
            ),
            legend: "{{pod}}",
          },
        ],
      }),
      panels.lines({
        title: "Memory of the server process",
        description: "Resident memory of the front end.",
        condition: single,
        queries: [
          {
            expr: max(choose(engine.processResidentMemory.where(ofModel)), by("model", "pod")),
            legend: "{{pod}}",
          },
        ],
      }),
    ],
  };
}
