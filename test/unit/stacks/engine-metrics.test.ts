/** What is stored of an engine when only what somebody reads is: nothing that an autoscaler asks for may be missing. */
import { describe, expect, test } from "vitest";
import { autoscalerPlan, type KnownAutoscaler } from "../../../components/autoscaling/plan.ts";
import { sampleNames } from "../../../metrics/family.ts";
import { vllm } from "../../../metrics/vllm/index.ts";
import { modelAutoscalerArgs } from "../../../stacks/mapping/autoscaling.ts";
import { droppedMetrics, engineUsage } from "../../../stacks/mapping/metrics.ts";
import { settingsOf } from "./support.ts";

const names = Object.values(vllm).flatMap((family) => [...sampleNames(family)]);
const signals = {
  waitingRequests: { perReplica: 5 },
  runningRequests: { perReplica: 20 },
  kvCacheUsage: { percent: 75 },
  timeToFirstToken: { seconds: 2 },
};

describe.each(Object.entries(signals))("a model that is scaled by %s", (name, signal) => {
  // The time to first token is refused alone.
  const chosen = { waitingRequests: signals.waitingRequests, [name]: signal };
  const { settings } = settingsOf("local", [
    ["monitoring.engineMetrics", "used"],
    ["nodeGroups[0].maxSize", 9],
    ["fleet.models[0].autoscaling", { maxReplicas: 3, signals: chosen }],
  ]);
  const [model] = settings.fleet.models;
  if (model === undefined) throw new Error("the local environment has no model");
  const args = modelAutoscalerArgs(model, settings, "http://prometheus:9090");
  if (args === undefined) throw new Error("the model has no autoscaler");
  const queries = autoscalerPlan(args as KnownAutoscaler).queries.map(({ query }) => query);
  const asked = names.filter((metric) => queries.some((query) => new RegExp(`\\b${metric}\\b`).test(query)));

  test("keeps every metric that its queries name", () => {
    expect(asked.length).toBeGreaterThan(0);
    const dropped = new RegExp(`^(?:${droppedMetrics(model, settings) ?? ""})$`);
    expect(asked.filter((metric) => dropped.test(metric))).toEqual([]);
    expect(engineUsage(model, settings).used).toEqual(expect.arrayContaining(asked));
  });
});
