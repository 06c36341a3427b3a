import { engine } from "../../metrics/engine/index.ts";
import { target } from "../../metrics/monitoring/index.ts";
import {
  and,
  by,
  eq,
  lastOverTime,
  max,
  min,
  minOverTime,
  not,
  range,
  recorded,
  sub,
  timestamp,
  unless,
} from "../../metrics/promql/index.ts";

const replica = by("namespace", "pod", "model", "team", "owner");
const started = engine.processStartTime.where({ model: not("") });
const age = max(sub(timestamp(started), started), replica);
/** The same start as up to six hours ago: a replica that was not scraped for a while has not started anew. */
const known = max(lastOverTime(range(started.offset("5m"), "6h")), replica);
const same = eq(max(started, replica), known);
/** It did not answer before. A Prometheus that has just begun would take every replica for a new one. */
const loaded = eq(min(minOverTime(range(target.up.where({ model: not("") }), "15m")), replica), 0);

/**
 * How old the process of a replica was when it was first scraped, which is how long the model took to load; there for five
 * minutes after each start, growing with them, so that the least counts. Not with several API servers, nor under Ray: there
 * the start is not exposed.
 */
export const startSeconds = recorded("replica:vllm_start_seconds:max", and(unless(age, same), loaded));
