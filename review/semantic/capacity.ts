/** How few and how many replicas workloads may have, where an autoscaler says it before or after. */

import { isKubernetes, kindOf } from "../model/documents.ts";
import { at, compareText, textOf } from "../model/json.ts";
import type { ResourceRecord, Snapshot } from "../model/snapshot.ts";
import { autoscaledWorkloads, rayScaleOf, type Bounds } from "./scaling.ts";

/** A workload that may have fewer replicas than before. */
export interface LessCapacity {
  /** `vllm/llama-8b`. */
  workload: string;
  /** Which bound is lower, `no autoscaler` when nothing says any more how many there are. */
  what: "at least" | "at most" | "no autoscaler";
  before: number;
  after: number;
}

/** Lower bounds of workloads that stay. Numbers that are fixed on both sides are compared elsewhere. */
export function lessCapacity(base: Snapshot, head: Snapshot): LessCapacity[] {
  const [old, now] = [capacities(base.resources), capacities(head.resources)];
  return [...old]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([workload, before]): LessCapacity[] => {
      const after = now.get(workload);
      if (after === undefined || !(before.isScaled || after.isScaled)) return [];
      const { bounds: from } = before;
      const { bounds: to } = after;
      if (from === undefined) return [];
      if (to === undefined)
        return [{ workload, what: "no autoscaler", before: from.maximum, after: from.minimum }];
      return (
        [
          ["at least", "minimum"],
          ["at most", "maximum"],
        ] as const
      )
        .filter(([, bound]) => to[bound] < from[bound])
        .map(([what, bound]) => ({ workload, what, before: from[bound], after: to[bound] }));
    });
}

interface Capacity {
  /** Undefined when nothing says it. */
  bounds: Bounds | undefined;
  isScaled: boolean;
}

const scalable = ["Deployment", "StatefulSet", "LeaderWorkerSet", "RayService"];

function capacities(resources: readonly ResourceRecord[]): Map<string, Capacity> {
  const autoscaled = autoscaledWorkloads(resources);
  return new Map(
    resources
      .filter((resource) => isKubernetes(resource) && scalable.includes(kindOf(resource)))
      .map((resource): [string, Capacity] => {
        const name = ["namespace", "name"].map((key) => textOf(at(resource.inputs, "metadata", key)));
        const key = name.join("/");
        const ray = kindOf(resource) === "RayService" ? rayScaleOf(resource)?.bounds : undefined;
        const scaled = autoscaled.get(key) ?? ray;
        return [key, { bounds: scaled ?? fixed(resource), isScaled: scaled !== undefined }];
      }),
  );
}

function fixed({ inputs }: ResourceRecord): Bounds | undefined {
  const replicas = at(inputs, "spec", "replicas");
  return typeof replicas === "number" ? { minimum: replicas, maximum: replicas } : undefined;
}
