import { recordingRules } from "../recording-rule.ts";
import type { RuleSet } from "../types.ts";
import { gatewayAlerts } from "./alerts.ts";
import { gatewayLevels } from "./recording.ts";

/** Rules on the gateway; without one they find nothing. */
export const gatewayRules: RuleSet = {
  name: "gateway",
  groups: [{ name: "gateway", recordings: recordingRules(gatewayLevels), alerts: gatewayAlerts }],
};
