import { recordingRules } from "../recording-rule.ts";
import type { RuleSet } from "../types.ts";
import { gpuAlerts } from "./alerts.ts";
import { gpuLevels } from "./recording.ts";

/** Rules on GPUs; without an exporter they find nothing, and cost next to nothing. */
export const gpuRules: RuleSet = {
  name: "gpu",
  groups: [{ name: "gpu", recordings: recordingRules(gpuLevels), alerts: gpuAlerts }],
};
