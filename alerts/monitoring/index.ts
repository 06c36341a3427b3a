import type { RuleSet } from "../types.ts";
import { watchdog } from "./watchdog.ts";

/** Alerts on the monitoring itself. */
export const monitoringRules: RuleSet = {
  name: "monitoring",
  groups: [{ name: "alert-path", alerts: [watchdog] }],
};
