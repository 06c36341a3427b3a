import type { RuleSet } from "../types.ts";
import { highWaitingRequests } from "./high-waiting-requests.ts";

/** Alerts on the engines. */
export const vllmRules: RuleSet = {
  name: "vllm",
  groups: [{ name: "vllm-queue", alerts: [highWaitingRequests] }],
};
