import { engine } from "../../metrics/engine/index.ts";
import { boundsOf } from "../../metrics/promql/index.ts";
import { vllm } from "../../metrics/vllm/index.ts";
import { rounded, greatestBurn, unreachableBurn } from "./windows.ts";

/** Objective on the share of events that are good. */
export interface AvailabilityObjective {
  /** Percent, for example 99.5. */
  objectivePercent: number;
}

/** Objective on the share of events within a threshold. */
export interface LatencyObjective extends AvailabilityObjective {
  /** Seconds; a bucket bound of the histogram. */
  thresholdSeconds: number;
}

/** Objectives of one model; as in the configuration. */
export interface Objectives {
  /** Rolling period of the error budget. */
  periodDays: number;
  availability?: AvailabilityObjective | undefined;
  timeToFirstToken?: LatencyObjective | undefined;
  interTokenLatency?: LatencyObjective | undefined;
  endToEndLatency?: LatencyObjective | undefined;
  queueTime?: LatencyObjective | undefined;
}

/** Bounds of bucket families that the model's `--custom-histogram-buckets` replaces, by vLLM's key. */
export type CustomBuckets = Readonly<Record<string, readonly number[]>>;

/** The latencies: their histogram, the value of the label `slo`, and how people call them. */
export const latencies = {
  timeToFirstToken: {
    slo: "time-to-first-token",
    title: "time to first token",
    family: vllm.timeToFirstToken,
    series: engine.timeToFirstToken,
  },
  interTokenLatency: {
    slo: "inter-token-latency",
    title: "inter-token latency",
    family: vllm.interTokenLatency,
    series: engine.interTokenLatency,
  },
  endToEndLatency: {
    slo: "end-to-end-latency",
    title: "end-to-end latency",
    family: vllm.e2eRequestLatency,
    series: engine.e2eRequestLatency,
  },
  queueTime: {
    slo: "queue-time",
    title: "queue time",
    family: vllm.requestQueueTime,
    series: engine.requestQueueTime,
  },
} as const;
export type LatencyKind = keyof typeof latencies;
export const latencyKinds = Object.keys(latencies) as LatencyKind[];

/** One wrong field of the objectives. */
export interface ObjectiveProblem {
  /** Path within the objectives. */
  path: string[];
  value: unknown;
  expected: string;
  remedy: string;
}

/** Everything that would make an objective one that is never measured, or whose alert never fires. */
export function objectiveProblems(objectives: Objectives, custom: CustomBuckets = {}): ObjectiveProblem[] {
  const kinds = ["availability", ...latencyKinds] as const;
  return kinds.flatMap((kind): ObjectiveProblem[] => {
    const objective = objectives[kind];
    if (objective === undefined) return [];
    return [
      ...burnProblems(kind, objective.objectivePercent, objectives.periodDays),
      ...(kind === "availability"
        ? []
        : boundProblems(kind, (objective as LatencyObjective).thresholdSeconds, custom)),
    ];
  });
}

function burnProblems(kind: string, objectivePercent: number, periodDays: number): ObjectiveProblem[] {
  const path = [kind, "objectivePercent"];
  if (!(objectivePercent > 0 && objectivePercent < 100)) {
    const expected = "a percentage between 0 and 100, both excluded: 100 leaves no error budget";
    return [{ path, value: objectivePercent, expected, remedy: "write 99.5 for 99.5 %" }];
  }
  const unreachable = unreachableBurn(objectivePercent, periodDays);
  if (unreachable === undefined) return [];
  const { factor, long } = unreachable;
  return [
    {
      path,
      value: objectivePercent,
      expected:
        `an objective whose alerts can fire: over ${long} the alert needs a burn over ${String(factor)} in a period of ` +
        `${String(periodDays)} days, and even if every event failed it would be ${String(greatestBurn(objectivePercent))}`,
      remedy: nearestObjectives(objectivePercent, periodDays),
    },
  ];
}

function nearestObjectives(objectivePercent: number, periodDays: number): string {
  // In hundredths of a percent, upwards: the least that can be reached.
  let hundredths = Math.ceil(objectivePercent * 100);
  while (hundredths < 10_000 && unreachableBurn(hundredths / 100, periodDays) !== undefined) hundredths += 1;
  const days = Array.from({ length: periodDays }, (_, index) => periodDays - index).find(
    (candidate) => unreachableBurn(objectivePercent, candidate) === undefined,
  );
  const percent = `raise it to at least ${String(rounded(hundredths / 100))}`;
  return days === undefined ? percent : `${percent}, or set periodDays to at most ${String(days)}`;
}

function boundProblems(kind: LatencyKind, threshold: number, custom: CustomBuckets): ObjectiveProblem[] {
  const { family } = latencies[kind];
  const bounds = boundsOf(family, { buckets: custom });
  if (bounds.includes(threshold)) return [];
  const near = [bounds.findLast((bound) => bound < threshold), bounds.find((bound) => bound > threshold)];
  return [
    {
      path: [kind, "thresholdSeconds"],
      value: threshold,
      expected: `an upper bound of a bucket of ${family.name}: nothing else can be counted (${bounds.join(", ")})`,
      remedy: `use ${near.filter((bound) => bound !== undefined).join(" or ")}`,
    },
  ];
}

/**
 * What vLLM's `--custom-histogram-buckets` replaces, from a model's arguments.
 * @returns no bounds when the argument is absent or no JSON object, which vLLM itself refuses.
 */
export function customBucketsOf(args: readonly string[]): CustomBuckets {
  const argument = args.findLast((arg) => arg.startsWith("--custom-histogram-buckets="));
  if (argument === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(argument.slice(argument.indexOf("=") + 1));
    if (typeof parsed !== "object" || parsed === null) return {};
    return Object.fromEntries(
      Object.entries(parsed).filter(
        (entry): entry is [string, number[]] =>
          Array.isArray(entry[1]) && entry[1].every((bound) => typeof bound === "number"),
      ),
    );
  } catch {
    return {};
  }
}
