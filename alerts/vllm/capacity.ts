/** How much room a model has, and how long it lasts: for capacity planning, not to be woken by. */
import {
  clampMin,
  div,
  max,
  by,
  maxOverTime,
  or,
  predictLinear,
  range,
  recorded,
  sub,
  subquery,
  withUnit,
} from "../../metrics/promql/index.ts";
import { byModel, byReplica } from "./recording.ts";

const HOUR = 3600;
const model = by("namespace", "model_name", "team", "owner");

/** Most tokens per second that one replica of the model wrote within a day, read every five minutes; at first, now. */
const peak = recorded(
  "model:vllm_replica_generation_tokens:peak1d",
  max(or(maxOverTime(subquery(byReplica.generationTokens, "1d", "5m")), byReplica.generationTokens), model),
);

/** Where the trends lead in an hour, and what is left of the throughput that the replicas have shown. */
export const capacityByModel = {
  cacheUsageAhead: recorded(
    "model:vllm_kv_cache_usage:predicted1h",
    clampMin(predictLinear(range(byModel.cacheUsage, "1h"), HOUR), 0),
  ),
  waitingAhead: recorded(
    "model:vllm_requests_waiting:predicted1h",
    clampMin(predictLinear(range(byModel.waiting, "1h"), HOUR), 0),
  ),
  replicaPeak: peak,
  /** 1: nothing to do. 0: as much as the replicas have ever done within a day. */
  throughputHeadroom: recorded(
    "model:vllm_throughput_headroom:ratio",
    sub(1, withUnit(div(div(byModel.generationTokens, byModel.replicas), peak), "ratio")),
  ),
} as const;
