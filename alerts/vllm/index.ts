import type { RuleSet } from "../types.ts";
import {
  engineErrors,
  engineMetricsAbsent,
  engineRestarting,
  engineStuck,
  kvCachePressure,
  prefixCacheCollapse,
  requestsRejected,
} from "./engine-alerts.ts";
import { highWaitingRequests } from "./high-waiting-requests.ts";
import { engineRecordings } from "./recording.ts";

/** Alerts on the engines. */
export const vllmRules: RuleSet = {
  name: "vllm",
  groups: [
    { name: "vllm-queue", alerts: [highWaitingRequests] },
    {
      name: "vllm-engine",
      recordings: engineRecordings,
      alerts: [kvCachePressure, engineStuck, engineErrors, requestsRejected, prefixCacheCollapse],
    },
    { name: "vllm-replica", alerts: [engineRestarting, engineMetricsAbsent] },
  ],
};
