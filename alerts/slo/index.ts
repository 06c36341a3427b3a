export type { SloModel } from "./indicators.ts";
export {
  customBucketsOf,
  objectiveProblems,
  type AvailabilityObjective,
  type CustomBuckets,
  type LatencyObjective,
  type ObjectiveProblem,
  type Objectives,
} from "./objectives.ts";
export { recordedWindows, sloGroups, sloSeries } from "./rules.ts";
