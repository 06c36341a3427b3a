import { z } from "zod";
import { expects } from "./messages.ts";
import { choice, integer, mapping, seconds } from "./types.ts";

const perReplicaError = expects("a number over 0", "write how many requests are fine for one replica");
const perReplica = mapping(
  {
    perReplica: z
      .number({ error: perReplicaError })
      .gt(0, { error: perReplicaError })
      .meta({ description: "Requests that one replica is meant for." }),
  },
  "Requests, per replica.",
);

const percent = (what: string) =>
  mapping({ percent: integer(1, 99, "percent").meta({ description: "What replicas are kept at." }) }, what);

export const autoscalingSchema = mapping(
  {
    scaler: choice(["keda", "hpa"])
      .default("keda")
      .meta({ description: "KEDA, or a HorizontalPodAutoscaler behind prometheus-adapter." }),
    maxReplicas: integer(1, 10_000).meta({ description: "Most pods; `replicas` are the fewest." }),
    signals: mapping(
      {
        waitingRequests: perReplica
          .optional()
          .meta({ description: "Requests that wait for capacity, per replica." }),
        runningRequests: perReplica.optional().meta({ description: "Requests in execution, per replica." }),
        kvCacheUsage: percent("Use of the KV cache.").optional(),
        timeToFirstToken: mapping(
          {
            seconds: seconds(7680).meta({ description: "Target in seconds." }),
            percentile: integer(1, 99).default(95).meta({ description: "Percentile that is compared." }),
          },
          "Time to first token; beside another signal only.",
        ).optional(),
        gpuUtilisation: percent("GPU utilisation by DCGM.").optional(),
      },
      "What asks for replicas, at least one. Of several the one that asks for most counts.",
    ),
    scaleDownSeconds: integer(0, 3600, "seconds").optional().meta({
      description:
        "Time that demand must stay low before pods go, at least loadSeconds. Default: the longer of 300 and twice loadSeconds.",
    }),
    idleSeconds: integer(1, 86_400, "seconds").optional().meta({
      description:
        "With replicas 0: time without demand before the last pod goes. Default: the longer of 900 and three times loadSeconds.",
    }),
  },
  "An autoscaler owns the number of pods. Default: none.",
);
